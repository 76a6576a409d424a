import {describe, it} from 'node:test';
import type {NetworkRow} from '../../src/answers/network-rows.js';
import {renderNetworks} from '../../src/render/networks.js';
import {plainPaint} from '../../src/render/paint.js';
import {assertEscaped, hostileName, shows, terminal, wide} from './support.js';

const overlay: NetworkRow = {
  networkId: 'ft3hjmt9wa1234567890abcde',
  network: 'uber-net',
  driver: 'overlay',
  scope: 'swarm',
  subnets: ['10.0.1.0/24'],
  vni: 4097,
  vnis: [4097],
  mtu: 1450,
  flags: ['attachable', 'encrypted'],
  instantiatedOn: ['node1'],
  knownOn: ['node1'],
  endpointCount: 7,
  note: null,
};
const bridge = (host: string): NetworkRow => ({
  ...overlay,
  networkId: `bridge-of-${host}`,
  network: 'bridge',
  driver: 'bridge',
  scope: 'local',
  subnets: ['172.17.0.0/16'],
  vni: null,
  vnis: [],
  mtu: 1500,
  flags: [],
  instantiatedOn: [host],
  knownOn: [host],
  endpointCount: 1,
});

const host = (name: string) => ({
  name,
  source: name,
  startedAt: '',
  finishedAt: '',
  engine: null,
  kernel: null,
});

interface Shown {
  on?: string[];
  at?: typeof wide;
  all?: boolean;
  isAbsent?: boolean;
  drivers?: string[];
}

const view = (
  networks: NetworkRow[],
  {on = ['node1'], at = terminal(), all = false, isAbsent = false, drivers}: Shown = {},
) =>
  renderNetworks(
    {document: {schemaVersion: 2, hosts: on.map(host), problems: [], networks}, isAbsent},
    at,
    plainPaint,
    {all, drivers},
  );

describe('networks', () => {
  it('of one host say whether each is here', async () => {
    shows(
      await view([overlay, bridge('node1')]),
      `
NETWORK   DRIVER   SCOPE  SUBNETS        VNIS   MTU  FLAGS                  HERE
uber-net  overlay  swarm  10.0.1.0/24    4097  1450  attachable, encrypted  yes
bridge    bridge   local  172.17.0.0/16  -     1500  -                      yes
Not shown: ENDPOINTS, ID, NOTE (--wide shows all)
`,
    );
    shows(
      await view([overlay, bridge('node1')], {at: wide}),
      `
NETWORK   DRIVER   SCOPE  SUBNETS        VNIS   MTU  FLAGS                  HERE  ENDPOINTS  ID            NOTE
uber-net  overlay  swarm  10.0.1.0/24    4097  1450  attachable, encrypted  yes           7  ft3hjmt9wa12
bridge    bridge   local  172.17.0.0/16  -     1500  -                      yes           1  bridge-of-no
`,
    );
  });

  it('that are not here are explained', async () => {
    const absent = {
      ...overlay,
      instantiatedOn: [],
      mtu: null,
      endpoints: null,
      note: 'not instantiated on node1: normal until a task there needs it',
    };
    shows(
      await view([absent], {isAbsent: true}),
      `
NETWORK   DRIVER   SCOPE  SUBNETS      VNIS  MTU  FLAGS                  HERE
uber-net  overlay  swarm  10.0.1.0/24  4097    -  attachable, encrypted  no
Not shown: ENDPOINTS, ID, NOTE (--wide shows all)

"no" under HERE is normal for an overlay: a node builds its sandbox when a task there first needs it.
`,
    );
  });

  it('of many hosts are folded where each has the same for itself', async () => {
    const on = ['node1', 'node2', 'node3', 'node4'];
    const rows = [{...overlay, instantiatedOn: on}, ...on.map(bridge)];
    shows(
      await view(rows, {on}),
      `
NETWORK   DRIVER   SCOPE  SUBNETS        VNIS   MTU  FLAGS                 HERE
uber-net  overlay  swarm  10.0.1.0/24    4097  1450  attachable, encrypt…  all 4
bridge    bridge   local  172.17.0.0/16  -     1500  -                     all 4
Not shown: ENDPOINTS, ID, NOTE (--wide shows all)
`,
    );
    shows(
      await view(rows, {on, at: wide, all: true}),
      `
NETWORK   DRIVER   SCOPE  SUBNETS        VNIS   MTU  FLAGS                  HERE                        ENDPOINTS  ID            NOTE
uber-net  overlay  swarm  10.0.1.0/24    4097  1450  attachable, encrypted  node1, node2, node3, node4          7  ft3hjmt9wa12
bridge    bridge   local  172.17.0.0/16  -     1500  -                      node1                               1  bridge-of-no
bridge    bridge   local  172.17.0.0/16  -     1500  -                      node2                               1  bridge-of-no
bridge    bridge   local  172.17.0.0/16  -     1500  -                      node3                               1  bridge-of-no
bridge    bridge   local  172.17.0.0/16  -     1500  -                      node4                               1  bridge-of-no
`,
    );
  });

  it('are told to be none of a driver, and nothing where none was asked for', async () => {
    shows(
      await view([], {drivers: ['macvlan', 'ipvlan']}),
      `
No network here has the driver macvlan or ipvlan.
`,
    );
    shows(await view([]), '');
  });

  it('let nothing of a name through', async () => {
    const hostile = {
      ...overlay,
      name: hostileName,
      driver: hostileName,
      flags: [hostileName],
      note: hostileName,
    };
    for (const at of [terminal(), wide]) assertEscaped(await view([hostile], {at}));
    assertEscaped(await view([], {drivers: [hostileName]}));
  });
});
