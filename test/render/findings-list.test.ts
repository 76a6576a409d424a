import {describe, it} from 'node:test';
import type {ReportedFinding} from '../../src/answers/merge-hosts.js';
import {findingsList} from '../../src/render/findings-list.js';
import {plainPaint} from '../../src/render/paint.js';
import {assertEscaped, hostileName, shows, terminal, wide} from './support.js';

function finding(more: Partial<ReportedFinding> = {}): ReportedFinding {
  return {
    code: 'fdb-row-missing',
    severity: 'error',
    host: 'node1',
    network: 'uber-net',
    subject: 'web2 (10.0.1.9)',
    evidence: [],
    cause: '',
    check: [],
    fix: {by: 'unknown', reason: 'it is a test'},
    basis: 'one-host',
    at: {},
    folded: [],
    hosts: more.host === null ? [] : [more.host ?? 'node1'],
    ...more,
  };
}

const folded = {because: 'follows' as const, finding: finding()};
const some = [
  finding({folded: [folded, folded]}),
  finding({code: 'clock-skew', severity: 'warning', network: null, host: 'node2', subject: 'its clock'}),
];
const alike = ['node1', 'node2', 'node3', 'node4'].map((host) => finding({host, subject: 'web2'}));

const view = (findings: ReportedFinding[], at = terminal()) => findingsList(findings, at, plainPaint);

describe('many findings', () => {
  it('are a line each', async () => {
    shows(
      await view(some),
      `
SEVERITY  CODE             NETWORK   HOST   WHAT             FOLDED
error     fdb-row-missing  uber-net  node1  web2 (10.0.1.9)      +2
warning   clock-skew       -         node2  its clock
Evidence and fixes: --verbose, or --only CODE
`,
    );
    shows(
      await view(some, wide),
      `
SEVERITY  CODE             NETWORK   HOST   WHAT             FOLDED
error     fdb-row-missing  uber-net  node1  web2 (10.0.1.9)      +2
warning   clock-skew       -         node2  its clock
Evidence and fixes: --verbose, or --only CODE
`,
    );
  });

  it('of one code are one line, where the first of them stands', async () => {
    shows(
      await view([...some, ...alike.slice(1)]),
      `
SEVERITY  CODE             NETWORK   HOST              WHAT        FOLDED
error     fdb-row-missing  uber-net  node1 and 3 more  4 findings      +2
warning   clock-skew       -         node2             its clock
Evidence and fixes: --verbose, or --only CODE
`,
    );
    shows(
      await view(alike),
      `
SEVERITY  CODE             NETWORK   HOST              WHAT              FOLDED
error     fdb-row-missing  uber-net  node1 and 3 more  4 findings: web2
Evidence and fixes: --verbose, or --only CODE
`,
    );
  });

  it('are cut after thirty lines, and the rest counted', async () => {
    const codes = Array.from({length: 33}, (_, index) =>
      finding({code: `code-${index}` as ReportedFinding['code']}),
    );
    const text = await view(codes);
    shows(
      text.split('\n').slice(-4).join('\n'),
      `
error     code-28  uber-net  node1  web2 (10.0.1.9)
error     code-29  uber-net  node1  web2 (10.0.1.9)
and 3 findings more. Evidence and fixes: --verbose, or --only CODE
`,
    );
  });

  it('let nothing of a name through', async () => {
    const hostile = finding({host: hostileName, network: hostileName, subject: hostileName});
    for (const at of [terminal(), wide]) assertEscaped(await view([hostile], at));
  });
});
