import {describe, it} from 'node:test';
import type {Diff} from '../../src/diff/diff.js';
import type {Difference, HostMatch} from '../../src/diff/types.js';
import type {HostModel} from '../../src/model/host.js';
import {renderDiff} from '../../src/render/diff.js';
import {plainPaint} from '../../src/render/paint.js';
import {assertEscaped, hostileName, shows, terminal, wide} from './support.js';

/** Of the hosts themselves a view tells the names alone. */
function pair(name: string, match: HostMatch = 'identity', before = name): Diff['pairs'][number] {
  return {before: {name: before} as HostModel, after: {name} as HostModel, match, label: name};
}

function difference(more: Partial<Difference> = {}): Difference {
  return {
    change: 'vanished',
    kind: 'fdb-row',
    place: {key: 'uber-net', host: 'node1', title: 'overlay uber-net', network: 'uber-net'},
    name: 'FDB entry for web2',
    detail: '02:42:0a:00:01:09 → 192.168.1.5',
    facts: [],
    about: [],
    explains: [],
    ...more,
  };
}

const container = difference({
  kind: 'container',
  place: {key: 'host', host: 'node1', title: 'host'},
  name: 'container web2',
  detail: 'nginx',
});
const link = difference({
  change: 'changed',
  kind: 'link',
  name: 'vxlan0',
  facts: [{fact: 'state', before: 'up', after: 'down'}],
});
const on = (host: string, one: Difference): Difference => ({...one, place: {...one.place, host}});

const view = (of: Partial<Diff>, at = terminal(), verbose = false) =>
  renderDiff({pairs: [pair('node1')], differences: [], notCompared: [], ...of}, at, plainPaint, {verbose});

describe('differences', () => {
  it('are told by host and place, what comes with another counted below it', () => {
    const differences = [container, {...difference(), follows: 0}, link];
    shows(
      view({differences}),
      `
node1
├── container web2 vanished (nginx)
│       with it: 1 FDB entry
└── overlay uber-net
    └── vxlan0: state up → down

2 differences, and 1 that comes with them (--verbose lists all).
`,
    );
    shows(
      view({differences}, wide),
      `
node1
├── container web2 vanished (nginx)
│       with it: 1 FDB entry
└── overlay uber-net
    └── vxlan0: state up → down

2 differences, and 1 that comes with them (--verbose lists all).
`,
    );
    shows(
      view({differences}, terminal(), true),
      `
node1
├── container web2 vanished (nginx)
│   └── overlay uber-net on node1: FDB entry for web2 vanished
│           (02:42:0a:00:01:09 → 192.168.1.5)
└── overlay uber-net
    └── vxlan0: state up → down

2 differences, and 1 that comes with them (--verbose lists all).
`,
    );
  });

  it('that are many alike are one line', () => {
    const differences = ['web1', 'web2', 'web3', 'web4', 'web5'].map((name) =>
      difference({name: `FDB entry for ${name}`}),
    );
    shows(
      view({differences}),
      `
node1
└── overlay uber-net
    └── 5 FDB entries vanished: web1, web2, web3 and 2 more

5 differences.
`,
    );
  });

  it('that many hosts have are told once', () => {
    const hosts = ['node1', 'node2', 'node3'];
    shows(
      view({pairs: hosts.map((name) => pair(name)), differences: hosts.map((host) => on(host, link))}),
      `
on 3 hosts: node1, node2, node3
└── overlay uber-net
    └── vxlan0: state up → down

3 differences.
`,
    );
  });

  it('are none on the hosts that were compared', () => {
    shows(
      view({}),
      `
No difference on node1.
`,
    );
    shows(
      view({pairs: ['node1', 'node2', 'node3', 'node4', 'node5'].map((name) => pair(name))}),
      `
No difference on 5 hosts: node1, node2, node3 and 2 more.
`,
    );
  });

  it('have beside them what was not compared, and hosts that were matched by less', () => {
    const of: Partial<Diff> = {
      pairs: [pair('node1', 'name'), pair('node2', 'node-id', 'old2')],
      notCompared: [
        {
          host: 'node1',
          place: 'overlay uber-net',
          kinds: ['fdb-row', 'neighbour'],
          missingIn: 'second',
          reason: 'the table was not read',
        },
        {host: 'node2', place: 'host', kinds: ['sysctl'], missingIn: 'both', reason: 'it was not read'},
        {
          host: 'node3',
          place: 'host',
          kinds: [],
          missingIn: 'second',
          reason: 'the host is only in the first',
        },
      ],
    };
    shows(
      view(of),
      `
No difference on 2 hosts: node1, node2.
node1 was matched by its name alone.
node2 was matched with old2 by its swarm node id; it was rebooted, or its engine
    has another network namespace.
Not compared: FDB entries, neighbour entries of overlay uber-net on node1: the
    table was not read in the second.
Not compared: node3: the host is only in the first.
In neither snapshot, so not compared: 1 place (--verbose lists them).
`,
    );
    shows(
      view(of, wide, true),
      `
No difference on 2 hosts: node1, node2.
node1 was matched by its name alone.
node2 was matched with old2 by its swarm node id; it was rebooted, or its engine has another network namespace.
Not compared: FDB entries, neighbour entries of overlay uber-net on node1: the table was not read in the second.
Not compared: sysctls of host on node2: it was not read in either.
Not compared: node3: the host is only in the first.
`,
    );
  });

  it('let nothing of a name through', () => {
    const hostile = difference({
      name: hostileName,
      detail: hostileName,
      place: {key: 'x', host: hostileName, title: hostileName},
    });
    const of: Partial<Diff> = {
      pairs: [pair(hostileName, 'name')],
      differences: [hostile],
      notCompared: [
        {host: hostileName, place: hostileName, kinds: ['link'], missingIn: 'first', reason: hostileName},
      ],
    };
    for (const at of [terminal(), wide]) assertEscaped(view(of, at));
  });
});
