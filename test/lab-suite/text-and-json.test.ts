import assert from 'node:assert/strict';
import {chmod, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {linkGroups} from '../../src/answers/link-rows.js';
import {type HostModel, hostModel} from '../../src/model/host.js';
import type {NetnsTables} from '../../src/model/netns-tables.js';
import {fdbEntries} from '../../src/rows/fdb.js';
import {readSnapshot} from '../../src/snapshot/snapshot-file.js';
import {endpointsOf} from '../../src/topology/endpoints.js';
import {ovdiag} from '../cli/support.js';
import {run} from '../lab/exec.js';
import {labSuite, useLab} from '../lab/use.js';

/** An iproute2 from before JSON: it refuses -j as those do, and is the machine's own otherwise. */
const wrapper = (program: string) => `#!/bin/sh
for word in "$@"; do
  case $word in
    -j | -json | --json) echo "Option \\"$word\\" is unknown, try \\"${path.basename(program)} -help\\"." >&2; exit 255 ;;
  esac
done
exec ${program} "$@"
`;

/** Ages and counters go on between two readings; when a section was read does too. */
const passing = new Set(['usedSeconds', 'updatedSeconds', 'confirmedSeconds', 'stats']);

/** States of a neighbour that the kernel goes through by itself, so that a row may have moved on between two readings. */
const passingStates = new Set<unknown>(['REACHABLE', 'STALE', 'DELAY', 'PROBE']);
const settled = (value: unknown) =>
  Array.isArray(value) ? value.map((one) => (passingStates.has(one) ? 'REACHABLE or later' : one)) : value;

type Row = Record<string, unknown>;

/** What identifies a row of a table, so that rows are compared whatever their order. */
const identity: Record<'links' | 'routes' | 'neighbours' | 'fdb' | 'rules', string[]> = {
  links: ['ifindex'],
  routes: ['family', 'table', 'type', 'dst', 'dev', 'metric', 'gateway'],
  neighbours: ['ip', 'dev'],
  fdb: ['plane', 'dev', 'mac', 'vlan', 'dst', 'master'],
  rules: ['family', 'priority'],
};

function byIdentity(rows: readonly object[], keys: string[]): Map<string, Row> {
  return new Map(rows.map((row) => [keys.map((key) => String((row as Row)[key])).join(' '), row as Row]));
}

describe('one host read as JSON and as text', labSuite(), () => {
  const lab = useLab();
  let folder = '';
  let json: HostModel;
  let text: HostModel;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-text-'));
    await chmod(folder, 0o755);
    await mkdir(path.join(folder, 'bin'));
    for (const name of ['ip', 'bridge']) {
      const program = (await run(['sh', '-c', `command -v ${name}`])).stdout;
      await writeFile(path.join(folder, 'bin', name), wrapper(program), {mode: 0o755});
    }
    const {prefix} = lab().node('node1');
    // Traffic just before, so that no neighbour changes its state between the two readings.
    await lab().node('node1').exec('web1', ['ping', '-c', '1', '-W', '1', 'web2'], {reject: false});
    const read = async (name: string, ...before: string[]) => {
      const file = path.join(folder, `${name}.json`);
      const host = `exec:${[...prefix, ...before].join(' ')}`;
      const {status, stderr} = await ovdiag(['snapshot', '--host', host, '-o', file]);
      assert.equal(status, 0, stderr);
      const [evidence] = (await readSnapshot(file)).hosts;
      assert.ok(evidence);
      return {evidence, model: hostModel(evidence)};
    };
    ({model: json} = await read('json'));
    const asText = await read('text', 'env', `PATH=${folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin`);
    text = asText.model;
    const {output = ''} = asText.evidence.sections.find(({name}) => name === 'about') ?? {};
    assert.match(output, /^ipJson=0$/m, 'the wrapper was used');
    assert.match(output, /^bridgeJson=0$/m);
    for (const {name, netns, output: table} of asText.evidence.sections) {
      if (['addr', 'route', 'neigh', 'fdb', 'rule'].includes(name))
        assert.doesNotMatch(table, /^\s*[[{]/, `${name} of ${netns} is text`);
    }
  });
  after(() => rm(folder, {recursive: true, force: true}));

  /** Whatever the text tells of a row must be what JSON tells; what JSON alone tells is counted by key. */
  function compare(
    what: string,
    a: NetnsTables | undefined,
    b: NetnsTables | undefined,
    silent: Set<string>,
  ): number {
    let compared = 0;
    for (const [table, keys] of Object.entries(identity)) {
      const [rich, plain] = [a, b].map((tables) =>
        byIdentity(tables?.[table as keyof typeof identity] ?? [], keys),
      );
      assert.deepEqual(
        [...(plain?.keys() ?? [])].sort(),
        [...(rich?.keys() ?? [])].sort(),
        `${table} of ${what}`,
      );
      for (const [key, row] of plain ?? []) {
        compared += 1;
        const other = rich?.get(key) ?? {};
        for (const name of new Set([...Object.keys(row), ...Object.keys(other)])) {
          if (passing.has(name)) continue;
          if (row[name] === undefined) silent.add(`${table}.${name}`);
          else
            assert.deepEqual(
              settled(row[name]),
              settled(other[name]),
              `${name} of ${table} ${key} of ${what}`,
            );
        }
      }
    }
    return compared;
  }

  it('gives the same tables, row by row, in every namespace', () => {
    const silent = new Set<string>();
    assert.deepEqual(
      text.namespaces.map(({file, inode, state}) => [file, inode, state]),
      json.namespaces.map(({file, inode, state}) => [file, inode, state]),
    );
    let rows = 0;
    for (const [index, {file, tables: read}] of json.namespaces.entries()) {
      rows += compare(file, read, text.namespaces[index]?.tables, silent);
    }
    rows += compare('the host', json.host, text.host, silent);
    assert.ok(rows >= 300, `${rows} rows were compared`);
    // All that iproute2's text has no word for.
    assert.deepEqual([...silent].sort(), []);
    assert.deepEqual(text.problems, json.problems);
  });

  it('leads to the same answers', () => {
    const network = json.docker?.networks.find(({name}) => name === 'uber-net');
    assert.ok(network);
    const judged = (model: HostModel) =>
      fdbEntries([model], network.id).map(
        ({mac, address: ip, vtep, node, endpoint, self, status, reason}) => ({
          ...{mac, ip, vtep, node, endpoint, self, status, reason},
        }),
      );
    assert.deepEqual(judged(text), judged(json));
    assert.ok(judged(json).length >= 5);
    // Held against the clock of whoever reads, which differs by milliseconds from one reading to the other.
    const endpoints = (model: HostModel) =>
      [...endpointsOf([model], network.id).values()].map(({ip, claims}) => ({
        ip,
        claims: claims.map(({since: _, ...claim}) => claim),
      }));
    assert.deepEqual(endpoints(text), endpoints(json));
    const pairs = (model: HostModel) =>
      linkGroups([model]).map(({netns, links}) => [
        netns,
        links.map(({name, peer}) => [name, peer?.netns, peer?.ifindex, peer?.proof]),
      ]);
    assert.deepEqual(pairs(text), pairs(json));
  });
});
