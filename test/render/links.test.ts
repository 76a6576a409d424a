import {describe, it} from 'node:test';
import type {LinkGroup, LinkRow} from '../../src/answers/link-rows.js';
import {type LinksViewOptions, renderLinks} from '../../src/render/links.js';
import {plainPaint} from '../../src/render/paint.js';
import {assertEscaped, hostileName, shows, terminal, wide} from './support.js';

function link(name: string, ifindex: number, more: Partial<LinkRow> = {}): LinkRow {
  return {
    name,
    ifindex,
    kind: null,
    mac: null,
    mtu: 1450,
    state: 'UP',
    flags: ['UP', 'LOWER_UP'],
    master: null,
    addresses: [],
    vxlan: null,
    portState: null,
    mode: null,
    peer: null,
    peerReason: null,
    stats: null,
    ...more,
  };
}

const stats = {
  rxBytes: 2048,
  rxPackets: 20,
  rxErrors: 0,
  rxDropped: 1,
  txBytes: 100,
  txPackets: 2,
  txErrors: 0,
  txDropped: 0,
  txCarrierErrors: 0,
};
const web1 = {
  netns: 'aaaaaaaaaaaa',
  owner: 'container web1',
  name: 'eth0',
  ifindex: 21,
  mac: '02:42:0a:00:01:05',
  mtu: 1500,
  state: 'UP',
  addresses: ['10.0.1.5/24'],
  proof: 'nsid' as const,
};

const group: LinkGroup = {
  host: 'node1',
  netns: '1-ft3hjmt9wa',
  kind: 'overlay',
  owner: 'overlay uber-net',
  network: 'uber-net',
  vnis: [4097],
  links: [
    link('lo', 1, {state: 'UNKNOWN'}),
    link('br0', 2, {kind: 'bridge', addresses: ['10.0.1.1/24'], mac: '02:42:00:00:00:01'}),
    link('vxlan0', 20, {
      kind: 'vxlan',
      master: 'br0',
      vxlan: {vni: 4097, port: 4789, proxy: true, l2miss: true},
      stats,
    }),
    link('veth0', 22, {
      kind: 'veth',
      master: 'br0',
      mac: '02:42:00:00:00:02',
      peer: web1,
      portState: 'forwarding',
      stats,
    }),
    link('veth1', 24, {
      kind: 'veth',
      master: 'br0',
      state: 'DOWN',
      flags: [],
      portState: 'disabled',
      peerReason: 'no link points back at it',
    }),
  ],
};
const onHost: LinkGroup = {
  ...group,
  netns: '@host',
  owner: '@host',
  kind: 'host',
  vnis: [],
  host: 'node2',
  links: [link('mac0', 5, {kind: 'macvlan', mode: 'bridge', mtu: null})],
};

const view = (
  namespaces: LinkGroup[],
  at = terminal(),
  options: Partial<LinksViewOptions> = {},
  isKnownEmpty = false,
) =>
  Promise.resolve(
    renderLinks(
      {document: {schemaVersion: 2, hosts: [], problems: [], namespaces}, isKnownEmpty},
      at,
      plainPaint,
      {
        table: false,
        stats: false,
        ...options,
      },
    ),
  );

describe('links', () => {
  it('are a tree of hosts, namespaces, bridges and their ports', async () => {
    shows(
      await view([group, onHost]),
      `
node1
└── 1-ft3hjmt9wa  overlay uber-net  VNI 4097
    └── br0 (2)  bridge  10.0.1.1/24  mtu 1450  up
        ├── vxlan0 (20)  VNI 4097  port 4789  proxy l2miss  mtu 1450  up
        ├── veth0 (22)  ⇄ container web1 eth0 (21)  02:42:0a:00:01:05
        │       10.0.1.5/24  mtu 1450 (peer 1500)  up
        └── veth1 (24)  mtu 1450  port disabled  down
                no other end found: no link points back at it
node2
└── @host
    └── mac0 (5)  macvlan bridge  up
`,
    );
    shows(
      await view([group, onHost], wide),
      `
node1
└── 1-ft3hjmt9wa  overlay uber-net  VNI 4097
    └── br0 (2)  bridge  10.0.1.1/24  mtu 1450  up
        ├── vxlan0 (20)  VNI 4097  port 4789  proxy l2miss  mtu 1450  up
        ├── veth0 (22)  ⇄ container web1 eth0 (21)  02:42:0a:00:01:05  10.0.1.5/24  mtu 1450 (peer 1500)  up
        └── veth1 (24)  mtu 1450  port disabled  down
                no other end found: no link points back at it
node2
└── @host
    └── mac0 (5)  macvlan bridge  up
`,
    );
    shows(
      await view([group], wide, {stats: true}),
      `
node1
└── 1-ft3hjmt9wa  overlay uber-net  VNI 4097
    └── br0 (2)  bridge  10.0.1.1/24  mtu 1450  up
        ├── vxlan0 (20)  VNI 4097  port 4789  proxy l2miss  mtu 1450  up
        │       rx 20 packets, 2.0 KiB, 0 errors, 1 dropped; tx 2 packets, 100 B, 0 errors, 0 dropped
        ├── veth0 (22)  ⇄ container web1 eth0 (21)  02:42:0a:00:01:05  10.0.1.5/24  mtu 1450 (peer 1500)  up
        │       rx 20 packets, 2.0 KiB, 0 errors, 1 dropped; tx 2 packets, 100 B, 0 errors, 0 dropped
        └── veth1 (24)  mtu 1450  port disabled  down
                no other end found: no link points back at it
`,
    );
  });

  it('are a line each in a table', async () => {
    shows(
      await view([group], terminal(), {table: true}),
      `
NAMESPACE     IF  LINK    KIND    MASTER  STATE    ADDRESS      OTHER END
1-ft3hjmt9wa   1  lo      -       -       unknown  -            -
1-ft3hjmt9wa   2  br0     bridge  -       up       10.0.1.1/24  -
1-ft3hjmt9wa  20  vxlan0  vxlan   br0     up       -            -
1-ft3hjmt9wa  22  veth0   veth    br0     up       -            containe…h0 (21)
1-ft3hjmt9wa  24  veth1   veth    br0     down     -            not found
Not shown: OWNER, MTU, MAC, VNI, PROOF (--wide shows all)
`,
    );
    shows(
      await view([group, onHost], wide, {table: true}),
      `
HOST   NAMESPACE     OWNER             IF  LINK    KIND     MASTER  STATE     MTU  MAC                ADDRESS      VNI   OTHER END                 PROOF
node1  1-ft3hjmt9wa  overlay uber-net   1  lo      -        -       unknown  1450  -                  -            -     -                         -
node1  1-ft3hjmt9wa  overlay uber-net   2  br0     bridge   -       up       1450  02:42:00:00:00:01  10.0.1.1/24  -     -                         -
node1  1-ft3hjmt9wa  overlay uber-net  20  vxlan0  vxlan    br0     up       1450  -                  -            4097  -                         -
node1  1-ft3hjmt9wa  overlay uber-net  22  veth0   veth     br0     up       1450  02:42:00:00:00:02  -            -     container web1 eth0 (21)  nsid
node1  1-ft3hjmt9wa  overlay uber-net  24  veth1   veth     br0     down     1450  -                  -            -     not found                 no link points back at it
node2  @host         @host              5  mac0    macvlan  -       up          -  -                  -            -     -                         -
`,
    );
    shows(
      await view([group], wide, {table: true, stats: true}),
      `
NAMESPACE     OWNER             IF  LINK    KIND    MASTER  STATE     MTU  MAC                ADDRESS      VNI   OTHER END                 PROOF                      RX  RX ERR  RX DROP  TX  TX ERR  TX DROP
1-ft3hjmt9wa  overlay uber-net   1  lo      -       -       unknown  1450  -                  -            -     -                         -                           -       -        -   -       -        -
1-ft3hjmt9wa  overlay uber-net   2  br0     bridge  -       up       1450  02:42:00:00:00:01  10.0.1.1/24  -     -                         -                           -       -        -   -       -        -
1-ft3hjmt9wa  overlay uber-net  20  vxlan0  vxlan   br0     up       1450  -                  -            4097  -                         -                          20       0        1   2       0        0
1-ft3hjmt9wa  overlay uber-net  22  veth0   veth    br0     up       1450  02:42:00:00:00:02  -            -     container web1 eth0 (21)  nsid                       20       0        1   2       0        0
1-ft3hjmt9wa  overlay uber-net  24  veth1   veth    br0     down     1450  -                  -            -     not found                 no link points back at it   -       -        -   -       -        -
`,
    );
  });

  it('are told to be none only where that is known', async () => {
    shows(
      await view([], wide, {}, true),
      `
No overlay sandbox on this host: normal until a task or container here needs an overlay network.
`,
    );
    shows(await view([]), '');
  });

  it('let nothing of a name through', async () => {
    const hostile: LinkGroup = {
      ...group,
      host: hostileName,
      owner: hostileName,
      links: [
        link(hostileName, 2, {peer: {...web1, owner: hostileName}}),
        link('veth1', 3, {peerReason: hostileName}),
      ],
    };
    for (const at of [terminal(), wide]) {
      assertEscaped(await view([hostile], at));
      assertEscaped(await view([hostile], at, {table: true}));
    }
  });
});
