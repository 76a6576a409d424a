import assert from 'node:assert/strict';
import {existsSync, readdirSync} from 'node:fs';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import fc from 'fast-check';
import {type HostModel, hostModel} from '../../src/model/host.js';
import type {FdbEntry} from '../../src/rows/entry.js';
import {fdbEntries} from '../../src/rows/fdb.js';
import {rowsDigest} from '../../src/rows/rows-digest.js';
import {judgeNetworks, type KeptHost} from '../../src/rows/rows-swarm.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {knownHost} from '../../src/topology/known-host.js';
import {
  derived,
  dropSections,
  editAnswers,
  editTable,
  overlayOf,
  type Raw,
  recordedEvidence,
  recordedModel,
} from '../support/evidence.js';

const root = fileURLToPath(new URL('../../fixtures/recorded', import.meta.url));
const folders = readdirSync(root, {recursive: true, withFileTypes: true})
  .filter((entry) => entry.name === 'node1.json.gz')
  .map(({parentPath}) => parentPath.slice(root.length + 1));

function kept(model: HostModel): KeptHost {
  const vtep = knownHost(model).vtep?.address;
  return {
    name: model.name,
    key: model.key,
    ...(vtep === undefined ? {} : {vtep}),
    startedAt: model.startedAt,
    digest: rowsDigest(model),
  };
}

/** Of an endpoint whose rows are packed it is not kept whether it is a task's. */
const line = ({host, netns, vni, address: ip, mac, vtep, status, endpoint: {kind}, reason}: FdbEntry) =>
  [host, netns, vni, ip, mac, vtep, status, kind.replace('task', 'container'), reason].join(' ');

/** Where the sources contradict each other, the order in which they are held makes the words. */
const plain = (lines: string[]) =>
  lines
    .map((text) =>
      text.replace(
        / (?:(?:fdb|neighbour)-(?:row-)?)?(ok|local|missing|wrong|points|stale|unknown|learned)\S*.*$/,
        ' $1',
      ),
    )
    .sort();

/** What fdb says of every network, of all that is neither right nor local. */
function byModels(models: HostModel[]): string[] {
  const ids = new Set(
    models.flatMap(({docker}) =>
      (docker?.networks ?? []).filter(({driver}) => driver === 'overlay').map(({id}) => id),
    ),
  );
  return [...ids]
    .flatMap((id) => fdbEntries(models, id))
    .filter(({status}) => status !== 'ok' && status !== 'local')
    .map(line)
    .sort();
}

function byDigests(models: HostModel[]): string[] {
  return [...judgeNetworks(models.map(kept))]
    .flatMap(({entries}) => entries.map(({judged}) => line(judged.entry)))
    .sort();
}

describe('what is kept of a host', () => {
  for (const folder of folders) {
    it(`is judged as the whole of it is: ${folder || 'healthy'}`, () => {
      const path = folder === '' ? '' : `${folder}/`;
      const both = ['node1', 'node2']
        .filter((name) => existsSync(`${root}/${path}${name}.json.gz`))
        .map((name) => recordedModel(`${path}${name}`));
      for (const models of [...both.map((one) => [one]), both])
        assert.deepEqual(byDigests(models), byModels(models));
    });
  }
});

describe('what is kept of a host whose tables were changed at random', () => {
  const {file} = overlayOf(recordedEvidence('node1'), 'uber-net');
  const [node1, node2] = ['node1', 'node2'].map((name) =>
    derived(recordedEvidence(name), (draft) =>
      dropSections(draft, ({netns}) => netns !== undefined && netns !== '@host' && netns !== file),
    ),
  ) as [HostEvidence, HostEvidence];
  const vteps = ['172.31.1.5', '192.168.1.5', '192.168.1.77'];
  const macOf = (last: number) => `02:42:0a:00:01:${last.toString(16).padStart(2, '0')}`;
  const host = fc.constantFrom(0, 1);
  // Addresses of the recording's endpoints, and some that nobody has.
  const last = fc.integer({min: 2, max: 18});
  const vtep = fc.constantFrom(...vteps);
  const edit = fc.oneof(
    fc.record({kind: fc.constantFrom('no-fdb', 'no-neighbour', 'no-gossip', 'no-endpoint'), host, last}),
    fc.record({kind: fc.constantFrom('fdb', 'learned', 'gossip', 'pair'), host, last, vtep}),
    fc.record({kind: fc.constant('mac'), host, last, other: last}),
    fc.record({kind: fc.constantFrom('no-services', 'no-containers'), host}),
  );

  function change(draft: HostEvidence, {kind, last = 0, vtep, other}: Raw): void {
    const [ip, mac] = [`10.0.1.${last}`, macOf(last)];
    const fdb = (change: (rows: Raw[]) => Raw[]) => editTable(draft, file, 'fdb', change);
    const neighbours = (change: (rows: Raw[]) => Raw[]) => editTable(draft, file, 'neigh', change);
    const inspected = (change: (body: Raw) => void) =>
      editAnswers(draft, /^\/networks\/.*verbose/, (body) => {
        if (body.Name === 'uber-net') change(body);
      });
    const others = (rows: Raw[]) => rows.filter((row) => row.mac !== mac || row.dst === undefined);
    const row = (state: string) => ({mac, ifname: 'vxlan0', dst: vtep, flags: ['self'], state});
    if (kind === 'no-fdb') fdb(others);
    if (kind === 'fdb') fdb((rows) => [...others(rows), row('permanent')]);
    if (kind === 'learned') fdb((rows) => [...others(rows), row('')]);
    if (kind === 'no-neighbour') neighbours((rows) => rows.filter(({dst}) => dst !== ip));
    if (kind === 'mac')
      neighbours((rows) => rows.map((one) => (one.dst === ip ? {...one, lladdr: macOf(other)} : one)));
    if (kind === 'pair') {
      fdb((rows) => [...others(rows), row('permanent')]);
      neighbours((rows) => [
        ...rows.filter(({dst}) => dst !== ip),
        {dst: ip, dev: 'vxlan0', lladdr: mac, state: ['PERMANENT']},
      ]);
    }
    if (kind === 'no-gossip' || kind === 'gossip') {
      inspected((body) => {
        if (!body.Services) return;
        for (const service of Object.values<Raw>(body.Services))
          service.Tasks = (service.Tasks ?? []).filter(({EndpointIP}: Raw) => EndpointIP !== ip);
        const task = {Name: `c${last}`, EndpointID: `e${last}`, EndpointIP: ip, Info: {'Host IP': vtep}};
        if (kind === 'gossip') body.Services[''].Tasks.push(task);
      });
    }
    if (kind === 'no-endpoint') {
      inspected((body) => {
        for (const [key, {IPv4Address}] of Object.entries<Raw>(body.Containers ?? {}))
          if (IPv4Address?.startsWith(`${ip}/`)) delete body.Containers[key];
      });
    }
    if (kind === 'no-services') inspected((body) => delete body.Services);
    if (kind === 'no-containers') inspected((body) => delete body.Containers);
  }

  it('is judged as the whole of it is', () => {
    void fc.assert(
      fc.property(fc.array(edit, {minLength: 1, maxLength: 8}), (edits) => {
        const models = [node1, node2].map((evidence, index) =>
          hostModel(
            derived(evidence, (draft) => {
              for (const one of edits) if (one.host === index) change(draft, one);
            }),
          ),
        );
        for (const some of [models, models.slice(0, 1)])
          assert.deepEqual(plain(byDigests(some)), plain(byModels(some)));
      }),
      {numRuns: 200},
    );
  });
});
