import {describe, it} from 'node:test';
import type {InspectDocument} from '../../src/answers/inspect.js';
import type {InspectedInterface} from '../../src/answers/inspection.js';
import {renderInspection} from '../../src/render/inspect.js';
import {plainPaint} from '../../src/render/paint.js';
import {assertEscaped, hostileName, shows, terminal, wide} from './support.js';

const eth0: InspectedInterface = {
  name: 'eth0',
  ifindex: 21,
  kind: 'veth',
  mac: '02:42:0a:00:01:05',
  mtu: 1450,
  state: 'UP',
  addresses: ['10.0.1.5/24'],
  attachment: {
    network: 'uber-net',
    networkId: 'ft3hjmt9wa',
    driver: 'overlay',
    internal: false,
    encrypted: true,
  },
  matchedBy: 'mac',
  peer: {
    netns: '1-ft3hjmt9wa',
    owner: 'overlay uber-net',
    name: 'veth0',
    ifindex: 22,
    bridge: 'br0',
    portState: 'forwarding',
    vni: 4097,
    up: true,
    tunnelUp: true,
    proof: 'nsid',
  },
  peerReason: null,
  parent: null,
  mode: null,
};

const mac0: InspectedInterface = {
  ...eth0,
  name: 'mac0',
  ifindex: 30,
  kind: 'macvlan',
  mode: 'bridge',
  state: 'DOWN',
  mtu: null,
  attachment: null,
  matchedBy: null,
  peer: null,
  peerReason: 'its other end was not read',
  parent: {name: 'ens3', ifindex: 2},
};

const inspection: InspectDocument = {
  schemaVersion: 2,
  hosts: [],
  problems: [],
  verdict:
    'web1 on node1: 1 of 6 endpoints UNREACHABLE: web2 (10.0.1.9, uber-net) on node1 at vxlan0: no FDB entry for 02:42:0a:00:01:09 (fdb-row-missing)',
  unreachable: [
    {
      network: 'uber-net',
      endpointName: 'web2',
      address: '10.0.1.9',
      direction: 'forward',
      largeOnly: false,
      host: 'node1',
      device: 'vxlan0',
      code: 'fdb-row-missing',
      reason: 'no FDB entry for 02:42:0a:00:01:09',
    },
  ],
  walked: 6,
  undecided: 0,
  judged: 0,
  host: 'node1',
  container: {
    name: 'web1',
    id: '0123456789abcdef0123456789abcdef',
    status: 'running',
    running: true,
    task: 'web.1',
    service: 'web',
    networkMode: 'uber-net',
  },
  mode: 'own',
  sharedWith: [],
  namespace: {netns: 'aaaaaaaaaaaa', inode: 4026532500, state: 'live'},
  interfaces: [eth0, mac0],
  routes: [
    {
      type: 'unicast',
      family: 'inet',
      dst: 'default',
      gateway: '172.18.0.1',
      device: 'eth1',
      table: 'main',
      flags: [],
    },
    {type: 'blackhole', family: 'inet', dst: '10.9.0.0/16', table: '100', flags: []},
  ],
  defaultGateway: {address: '172.18.0.1', device: 'eth1', network: 'docker_gwbridge'},
  gatewayLeg: {interface: 'eth1', address: '172.18.0.3/16', hostLink: 'veth9'},
  neighbours: [
    {
      address: '10.0.1.9',
      device: 'eth0',
      mac: '02:42:0a:00:01:09',
      state: ['REACHABLE'],
      endpointName: 'web2',
      usedSeconds: 3,
    },
    {address: '10.0.1.99', device: 'eth0', state: ['FAILED'], endpointName: null},
  ],
  ports: {requested: {}, mapped: {'80/tcp': ['0.0.0.0:8080']}, note: 'published by Docker'},
  dropRules: [],
  reach: ['eth0 leads to the endpoints of uber-net.', 'Everything else leaves through eth1.'],
};

describe("a container's networking", () => {
  it('is told from top to bottom', async () => {
    shows(
      await renderInspection(inspection, terminal(), plainPaint),
      `
web1 on node1: 1 of 6 endpoints UNREACHABLE: web2 (10.0.1.9, uber-net) on node1
    at vxlan0: no FDB entry for 02:42:0a:00:01:09 (fdb-row-missing)

Unreachable endpoints
ENDPOINT  ADDRESS   NETWORK   ON     AT      REASON
web2      10.0.1.9  uber-net  node1  vxlan0  no FDB entry for 02:42:0a:00:01:09…

container:       web1  0123456789ab  running
host:            node1
task:            web.1 of web
namespace:       aaaaaaaaaaaa  inode 4026532500  live
default route:   via 172.18.0.1 dev eth1 (docker_gwbridge)
docker_gwbridge: eth1 172.18.0.3/16, veth9 on the host
ports:           80/tcp from 0.0.0.0:8080; published by Docker

Interfaces
eth0 (21)  10.0.1.5/24  02:42:0a:00:01:05  mtu 1450  up
    network: uber-net (overlay, encrypted, VNI 4097), matched by MAC
    peer: veth0 (22) in 1-ft3hjmt9wa (overlay uber-net), port of br0,
    forwarding; proof: nsid
mac0 (30)  10.0.1.5/24  02:42:0a:00:01:05  down  macvlan bridge
    network: not known to Docker
    peer: not found: its other end was not read
    parent: ens3 (2) of the host

Routes
TO                     VIA         DEV   SOURCE  TABLE
default                172.18.0.1  eth1  -       main
blackhole 10.9.0.0/16  -           -     -       100

Neighbours
ADDRESS    MAC                DEV   STATE      ENDPOINT  USED
10.0.1.9   02:42:0a:00:01:09  eth0  reachable  web2       3 s
10.0.1.99  -                  eth0  failed     -            -

Reachability (from tables, no packets sent)
eth0 leads to the endpoints of uber-net.
Everything else leaves through eth1.
`,
    );
    shows(
      await renderInspection(inspection, wide, plainPaint),
      `
web1 on node1: 1 of 6 endpoints UNREACHABLE: web2 (10.0.1.9, uber-net) on node1 at vxlan0: no FDB entry for 02:42:0a:00:01:09 (fdb-row-missing)

Unreachable endpoints
ENDPOINT  ADDRESS   NETWORK   ON     AT      REASON
web2      10.0.1.9  uber-net  node1  vxlan0  no FDB entry for 02:42:0a:00:01:09 (fdb-row-missing)

container:       web1  0123456789ab  running
host:            node1
task:            web.1 of web
namespace:       aaaaaaaaaaaa  inode 4026532500  live
default route:   via 172.18.0.1 dev eth1 (docker_gwbridge)
docker_gwbridge: eth1 172.18.0.3/16, veth9 on the host
ports:           80/tcp from 0.0.0.0:8080; published by Docker

Interfaces
eth0 (21)  10.0.1.5/24  02:42:0a:00:01:05  mtu 1450  up
    network: uber-net (overlay, encrypted, VNI 4097), matched by MAC
    peer: veth0 (22) in 1-ft3hjmt9wa (overlay uber-net), port of br0, forwarding; proof: nsid
mac0 (30)  10.0.1.5/24  02:42:0a:00:01:05  down  macvlan bridge
    network: not known to Docker
    peer: not found: its other end was not read
    parent: ens3 (2) of the host

Routes
TO                     VIA         DEV   SOURCE  TABLE
default                172.18.0.1  eth1  -       main
blackhole 10.9.0.0/16  -           -     -       100

Neighbours
ADDRESS    MAC                DEV   STATE      ENDPOINT  USED
10.0.1.9   02:42:0a:00:01:09  eth0  reachable  web2       3 s
10.0.1.99  -                  eth0  failed     -            -

Reachability (from tables, no packets sent)
eth0 leads to the endpoints of uber-net.
Everything else leaves through eth1.
`,
    );
  });

  it('is short where it has nothing of its own', async () => {
    const bare: InspectDocument = {
      ...inspection,
      mode: 'host',
      container: {...inspection.container, task: null, service: null, networkMode: 'host'},
      namespace: null,
      interfaces: [],
      routes: [],
      neighbours: [],
      defaultGateway: null,
      gatewayLeg: null,
      ports: {requested: {}, mapped: {}, note: null},
      reach: ["It uses the host's own network namespace."],
    };
    shows(
      await renderInspection(bare, terminal(), plainPaint),
      `
web1 on node1: 1 of 6 endpoints UNREACHABLE: web2 (10.0.1.9, uber-net) on node1
    at vxlan0: no FDB entry for 02:42:0a:00:01:09 (fdb-row-missing)

Unreachable endpoints
ENDPOINT  ADDRESS   NETWORK   ON     AT      REASON
web2      10.0.1.9  uber-net  node1  vxlan0  no FDB entry for 02:42:0a:00:01:09…

container:    web1  0123456789ab  running
host:         node1
network mode: host

Reachability (from tables, no packets sent)
It uses the host's own network namespace.
`,
    );
  });

  it('lets nothing of a name through', async () => {
    const hostile: InspectDocument = {
      ...inspection,
      host: hostileName,
      container: {...inspection.container, name: hostileName, task: hostileName, service: hostileName},
      interfaces: [
        {
          ...eth0,
          name: hostileName,
          attachment: {
            network: hostileName,
            networkId: 'x',
            driver: hostileName,
            internal: true,
            encrypted: false,
          },
        },
      ],
      routes: [{type: 'unicast', family: 'inet', dst: hostileName, table: hostileName, flags: []}],
      neighbours: [{address: '10.0.1.9', device: hostileName, state: [], endpointName: hostileName}],
      reach: [hostileName],
    };
    for (const at of [terminal(), wide]) assertEscaped(await renderInspection(hostile, at, plainPaint));
  });
});
