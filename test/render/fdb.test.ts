import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Network} from '../../src/model/docker-types.js';
import {renderFdbAnswer} from '../../src/render/fdb.js';
import {plainPaint} from '../../src/render/paint.js';
import type {Terminal} from '../../src/render/terminal.js';
import type {FdbEntry} from '../../src/rows/entry.js';
import type {RawFdbRow} from '../../src/rows/fdb-raw.js';
import {assertEscaped, hostileName, shows, terminal, wide} from './support.js';

const network: Network = {
  id: 'ft3hjmt9wa0000000000000000',
  name: 'uber-net',
  driver: 'overlay',
  scope: 'swarm',
  internal: false,
  attachable: true,
  ingress: false,
  encrypted: false,
  dsr: false,
  oldIngress: false,
  configOnly: false,
  subnets: [{subnet: '10.0.1.0/24'}],
  vnis: [4097],
};

function entry(more: Partial<FdbEntry> = {}): FdbEntry {
  return {
    host: 'node1',
    netns: '1-ft3hjmt9wa',
    vni: 4097,
    mac: '02:42:0a:00:01:09',
    address: '10.0.1.9',
    vtep: '192.168.1.5',
    node: 'node2',
    endpoint: {kind: 'container', name: 'web2', id: null},
    self: 'permanent',
    master: 'vxlan0',
    neighbour: 'PERMANENT',
    usedSeconds: 12,
    updatedSeconds: 75,
    status: 'ok',
    reason: '',
    ...more,
  };
}

const local = entry({
  mac: '02:42:0a:00:01:05',
  address: '10.0.1.5',
  vtep: null,
  node: 'node1',
  endpoint: {kind: 'container', name: 'web1', id: null},
  self: null,
  master: 'veth0',
  neighbour: null,
  updatedSeconds: null,
  status: 'local',
});

const missing = entry({
  self: null,
  vni: null,
  status: 'fdb-row-missing',
  reason: 'no row of vxlan0 has its MAC, so frames to it are dropped',
});

const view = (entries: FdbEntry[], at: Terminal, more: Partial<Network> = {}) =>
  renderFdbAnswer({kind: 'entries', entries, network: {...network, ...more}}, at, plainPaint, {all: false});

describe('endpoints of an overlay', () => {
  it('are a row each, with the sum below', async () => {
    shows(
      await view([entry(), local], terminal()),
      `
ENDPOINT  ADDRESS   MAC                VTEP         NODE   SELF       STATUS
web2      10.0.1.9  02:42:0a:00:01:09  192.168.1.5  node2  permanent  ok
web1      10.0.1.5  02:42:0a:00:01:05  -            node1  -          local
Not shown: VNI, MASTER, NEIGH, UPDATED (--wide shows all)

2 endpoints: 1 ok, 1 local
`,
    );
    shows(
      await view([entry(), local], wide),
      `
ENDPOINT  ADDRESS   MAC                VTEP         NODE   VNI   SELF       MASTER  NEIGH         UPDATED  STATUS
web2      10.0.1.9  02:42:0a:00:01:09  192.168.1.5  node2  4097  permanent  vxlan0  permanent  1 min 15 s  ok
web1      10.0.1.5  02:42:0a:00:01:05  -            node1  4097  -          veth0   -                   -  local

2 endpoints: 1 ok, 1 local
`,
    );
  });

  it('have a sentence each where they are not as they should be, and their host where there are several', async () => {
    shows(
      await view([missing, entry({host: 'node2', status: 'ok'})], terminal()),
      `
HOST   ENDPOINT  ADDRESS   MAC                VTEP         STATUS
node1  web2      10.0.1.9  02:42:0a:00:01:09  192.168.1.5  fdb-row-missing
node2  web2      10.0.1.9  02:42:0a:00:01:09  192.168.1.5  ok
Not shown: NODE, VNI, SELF, MASTER, NEIGH, UPDATED (--wide shows all)

fdb-row-missing: web2 on node1: no row of vxlan0 has its MAC, so frames to
    it are dropped

2 endpoints: 1 ok, 1 fdb-row-missing
`,
    );
    shows(
      await view([missing, entry({host: 'node2', status: 'ok'})], wide),
      `
HOST   ENDPOINT  ADDRESS   MAC                VTEP         NODE   VNI   SELF       MASTER  NEIGH         UPDATED  STATUS
node1  web2      10.0.1.9  02:42:0a:00:01:09  192.168.1.5  node2  -     -          vxlan0  permanent  1 min 15 s  fdb-row-missing
node2  web2      10.0.1.9  02:42:0a:00:01:09  192.168.1.5  node2  4097  permanent  vxlan0  permanent  1 min 15 s  ok

fdb-row-missing: web2 on node1: no row of vxlan0 has its MAC, so frames to it are dropped

2 endpoints: 1 ok, 1 fdb-row-missing
`,
    );
  });

  it('say what their tables leave out of an encrypted network', async () => {
    shows(
      await view([], wide, {encrypted: true}),
      `
ENDPOINT  ADDRESS  MAC  VTEP  NODE  VNI  SELF  MASTER  NEIGH  UPDATED  STATUS

0 endpoints
uber-net is encrypted; IPsec states are not part of these tables: ovdiag trace checks them.
`,
    );
  });

  it('let nothing of a name through', async () => {
    const hostile = entry({
      host: hostileName,
      node: hostileName,
      endpoint: {kind: 'container', name: hostileName, id: null},
      status: 'fdb-stale',
      reason: hostileName,
    });
    for (const at of [terminal(), wide]) assertEscaped(await view([hostile, local], at));
  });
});

describe("the kernel's rows", () => {
  const row: RawFdbRow = {
    host: 'node1',
    netns: '1-ft3hjmt9wa',
    mac: '02:42:0a:00:01:09',
    device: 'vxlan0',
    plane: 'self',
    state: 'permanent',
    vtep: '192.168.1.5',
    usedSeconds: 12,
    updatedSeconds: 75,
    note: 'web2 is behind this VTEP',
  };
  const {vtep: _, ...without} = row;
  const port: RawFdbRow = {
    ...without,
    plane: 'master',
    master: 'br0',
    state: 'reachable',
    vlan: 1,
    note: 'learned',
  };
  const raw = (rows: RawFdbRow[], at: Terminal) =>
    renderFdbAnswer({kind: 'rows', rows}, at, plainPaint, {all: false});

  it('are shown as they are, with what each means', async () => {
    shows(
      await raw([row, port], terminal()),
      `
MAC                DEV     DST          PLANE       STATE      MEANING
02:42:0a:00:01:09  vxlan0  192.168.1.5  self        permanent  web2 is behind t…
02:42:0a:00:01:09  vxlan0  -            master br0  dynamic    learned
Not shown: NAMESPACE, VLAN, USED, UPDATED (--wide shows all)
`,
    );
    shows(
      await raw([row, port], wide),
      `
NAMESPACE     MAC                DEV     DST          PLANE       STATE      VLAN  USED     UPDATED  MEANING
1-ft3hjmt9wa  02:42:0a:00:01:09  vxlan0  192.168.1.5  self        permanent  -     12 s  1 min 15 s  web2 is behind this VTEP
1-ft3hjmt9wa  02:42:0a:00:01:09  vxlan0  -            master br0  dynamic    1     12 s  1 min 15 s  learned
`,
    );
  });

  it('let nothing of a note through', async () => {
    for (const at of [terminal(), wide])
      assertEscaped(await raw([{...row, host: hostileName, note: hostileName}, row], at));
  });
});

describe('entries with one fault for one reason', () => {
  it('are one line below the table, however many, and those of another host or reason are another', async () => {
    const many = Array.from({length: 10_000}, (_, index) => {
      const address = `10.0.${index >> 8}.${index & 255}`;
      const endpoint = {kind: 'container' as const, name: `c${index}`, id: null};
      return entry({address, endpoint, status: 'fdb-row-missing', reason: `no FDB entry for ${address}`});
    });
    const other = {...entry({host: 'node2', status: 'fdb-stale', reason: 'old'})};
    const shown = {kind: 'entries' as const, entries: [...many, other], network};
    const text = await renderFdbAnswer(shown, wide, plainPaint, {all: false});
    const lines = text.split('\n').filter((line) => /^(fdb-row-missing|fdb-stale):/.test(line));
    assert.deepEqual(lines, [
      'fdb-row-missing: 10000 endpoints, c0, c1, c2 and 9997 more on node1: no FDB entry for 10.0.0.0',
      'fdb-stale: web2 on node2: old',
    ]);
  });
});
