import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {describe, it} from 'node:test';
import {parseFdbJson} from '../../../src/model/iproute/fdb.js';
import {parseLinksJson} from '../../../src/model/iproute/link.js';
import {parseNeighboursJson} from '../../../src/model/iproute/neigh.js';
import {recordedEvidence} from '../../support/evidence.js';
import {fixture} from './support.js';

/** An attribute that docs/iproute2.md lists. */
interface Attribute {
  /** Its path in the JSON, such as `linkinfo.info_data.id`. */
  path: string;
  use: 'judged' | 'shown' | 'ignored' | 'refused';
  recorded: boolean;
}

const prefixes: Readonly<Record<string, string>> = {
  'A vxlan device': 'linkinfo.info_data.',
  'A bridge, macvlan, ipvlan': 'linkinfo.info_data.',
  'A port of a bridge': 'linkinfo.info_slave_data.',
};

type Table = 'addr' | 'fdb' | 'neigh';

const tableOf = (heading: string): Table =>
  heading.startsWith('FDB') ? 'fdb' : heading.startsWith('Neighbour') ? 'neigh' : 'addr';

const quoted = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);

/** Which of a row's attributes its last cell says were not recorded: those that stand before the words, or all. */
function unrecorded(about: string, names: readonly string[]): readonly string[] {
  if (/\bthe others not recorded/.test(about)) return names.filter((name) => !quoted(about).includes(name));
  const clause = /\(([^()]*)not recorded\)$/.exec(about);
  if (clause) return quoted(clause[1] ?? '').length > 0 ? quoted(clause[1] ?? '') : names;
  return [];
}

function listed(): Map<Table, Attribute[]> {
  const text = readFileSync(new URL('../../../docs/iproute2.md', import.meta.url), 'utf8');
  const all = new Map<Table, Attribute[]>([
    ['addr', []],
    ['fdb', []],
    ['neigh', []],
  ]);
  for (const part of text.split('\n## ').slice(1)) {
    const heading = part.split('\n')[0] ?? '';
    const prefix = prefixes[heading.split(':')[0] ?? ''] ?? '';
    for (const line of part.split('\n').filter((row) => row.startsWith('| `'))) {
      const [json = '', , about = ''] = line.slice(2, -2).split(' | ');
      const use = /^\w+/.exec(about)?.[0] as Attribute['use'];
      const names = quoted(json);
      const missing = unrecorded(about, names);
      for (const name of names)
        all.get(tableOf(heading))?.push({path: prefix + name, use, recorded: !missing.includes(name)});
    }
  }
  return all;
}

type Row = Record<string, unknown>;

/** What was recorded of a table: from a lab of devices of all kinds, and from swarms with iproute2 6.1, 6.15 and 7.3. */
function recorded(table: Table): Row[] {
  const names = {addr: ['addr', 'peer-addr', 'link'], fdb: ['fdb'], neigh: ['neigh', 'neigh-proxy']}[table];
  const hosts = ['node1', 'engine-26.1.5/node1', 'engine-28.5.2/node1'].map(recordedEvidence);
  return [
    ...names.map((name) => fixture(`iproute/${name}.json`)),
    ...hosts.flatMap(({sections}) =>
      sections.filter(({name, output}) => name === table && output.startsWith('[')).map(({output}) => output),
    ),
  ].flatMap((text) => JSON.parse(text) as Row[]);
}

function paths(value: unknown, prefix = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => paths(one, prefix));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? [] : [prefix + key]),
    ...paths(inner, `${prefix}${key}.`),
  ]);
}

/** Where this value is an object with such a path, a copy without what is there. */
function without(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((one) => without(one, path));
  if (typeof value !== 'object' || value === null) return value;
  const [head = '', ...rest] = path.split('.');
  const {[head]: inner, ...others} = value as Row;
  if (rest.length === 0 || inner === undefined) return inner === undefined ? value : others;
  return {...others, [head]: without(inner, rest.join('.'))};
}

const parsers = {addr: parseLinksJson, fdb: parseFdbJson, neigh: parseNeighboursJson};

for (const [table, attributes] of listed()) {
  describe(`attributes of ${table} in docs/iproute2.md`, () => {
    const rows = recorded(table);
    const present = new Set(rows.flatMap((row) => paths(row)));
    const model = (of: readonly unknown[]) => of.map((row) => parsers[table](JSON.stringify([row])));

    it('are those that were recorded, each once, with what is done with it', () => {
      const names = attributes.map(({path}) => path);
      assert.equal(new Set(names).size, names.length);
      assert.deepEqual(
        attributes.filter(({use}) => !['judged', 'shown', 'ignored', 'refused'].includes(use)),
        [],
      );
      const containers = ['addr_info', 'linkinfo.info_data', 'linkinfo.info_slave_data'];
      assert.deepEqual(
        [...present].filter((path) => !names.includes(path) && !containers.includes(path)).sort(),
        [],
      );
      assert.deepEqual(
        attributes.filter(({path, recorded: told}) => told && !present.has(path)).map(({path}) => path),
        [],
        'it is not marked as not recorded',
      );
      assert.deepEqual(
        attributes.filter(({path, recorded: told}) => !told && present.has(path)).map(({path}) => path),
        [],
        'it is marked as not recorded',
      );
    });

    it('change what is known where they are used, and nothing where they are ignored', () => {
      const whole = model(rows);
      for (const {path, use, recorded: told} of attributes) {
        if (!told) continue;
        const changed =
          JSON.stringify(model(rows.map((row) => without(row, path)))) !== JSON.stringify(whole);
        assert.equal(changed, use !== 'ignored', `${path} is ${use}`);
      }
    });

    it('are refused where only a monitor prints them', () => {
      for (const {path} of attributes.filter(({use}) => use === 'refused')) {
        const {problems} = parsers[table](
          JSON.stringify([{...rows[0], [path]: path === 'miss' ? null : true}]),
        );
        assert.equal(problems.length, 1, path);
      }
    });
  });
}
