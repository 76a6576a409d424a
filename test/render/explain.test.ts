import {describe, it} from 'node:test';
import type {Explanation} from '../../src/findings/explanation.js';
import {explanationPage, renderCodes, renderExplanation} from '../../src/render/explain.js';
import {plainPaint} from '../../src/render/paint.js';
import {shows, terminal, wide} from './support.js';

const explanation: Explanation = {
  code: 'fdb-row-missing',
  title: 'an endpoint has no row in the forwarding database',
  severity: 'error',
  needs: 'one host',
  meaning:
    'The host answers ARP for the endpoint and then drops every frame to it, because nothing says which host it is on.',
  behaviour: 'The device counts each as dropped.',
  check: [
    {
      command:
        'nsenter --net=/run/docker/netns/ID bridge fdb show dev vxlan0 | grep MAC # a command is never broken',
    },
  ],
  fix: [
    {command: 'docker network disconnect NETWORK CONTAINER', affects: 'that endpoint'},
    {words: 'Or let the router pass it.'},
  ],
  references: ['moby libnetwork/drivers/overlay/peerdb.go'],
  explains: ['l2-miss', 'hosts-disagree'],
};
const {explains: _, ...alone} = explanation;

describe('an explanation', () => {
  it('is prose in lines that can be read, with whole commands', () => {
    shows(
      renderExplanation(explanation, terminal(), plainPaint),
      `
fdb-row-missing: an endpoint has no row in the forwarding database
error; reported by ovdiag doctor; needs one host

What it means
The host answers ARP for the endpoint and then drops every frame to it, because
nothing says which host it is on.

Impact
The device counts each as dropped.

Check
  nsenter --net=/run/docker/netns/ID bridge fdb show dev vxlan0 | grep MAC # a command is never broken

Fix
  docker network disconnect NETWORK CONTAINER
      affects: that endpoint
  Or let the router pass it.

Findings that follow from it
l2-miss, hosts-disagree

See
moby libnetwork/drivers/overlay/peerdb.go
`,
    );
    shows(
      renderExplanation({...alone, fix: [], references: [], traceOnly: true}, wide, plainPaint),
      `
fdb-row-missing: an endpoint has no row in the forwarding database
error; reported by ovdiag trace; needs one host

What it means
The host answers ARP for the endpoint and then drops every frame to it, because nothing says which
host it is on.

Impact
The device counts each as dropped.

Check
  nsenter --net=/run/docker/netns/ID bridge fdb show dev vxlan0 | grep MAC # a command is never broken
`,
    );
  });

  it('is a line among all codes', async () => {
    shows(
      await renderCodes([explanation], terminal(), plainPaint),
      `
CODE             SEVERITY  NEEDS     WHAT IS WRONG
fdb-row-missing  error     one host  an endpoint has no row in the forwarding d…
`,
    );
    shows(
      await renderCodes([explanation], wide, plainPaint),
      `
CODE             SEVERITY  NEEDS     WHAT IS WRONG
fdb-row-missing  error     one host  an endpoint has no row in the forwarding database
`,
    );
  });

  it('is a page of Markdown', () => {
    shows(
      explanationPage(explanation),
      `
# fdb-row-missing

An endpoint has no row in the forwarding database.

Severity: error. Reported by: \`ovdiag doctor\`. Needs: one host.

## What it means

The host answers ARP for the endpoint and then drops every frame to it, because nothing says which host it is on.

## Impact

The device counts each as dropped.

## Check

\`\`\`sh
nsenter --net=/run/docker/netns/ID bridge fdb show dev vxlan0 | grep MAC # a command is never broken
\`\`\`

## Fix

\`\`\`sh
docker network disconnect NETWORK CONTAINER
\`\`\`

Affects: that endpoint.

Or let the router pass it.

## Findings that follow from it

- [l2-miss](l2-miss.md)
- [hosts-disagree](hosts-disagree.md)

## See

- moby libnetwork/drivers/overlay/peerdb.go
`,
    );
  });
});
