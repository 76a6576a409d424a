import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import fc from 'fast-check';
import {parseFdbJson} from '../../../src/model/iproute/fdb.js';
import {parseNeighboursJson} from '../../../src/model/iproute/neigh.js';
import type {Parsed} from '../../../src/model/iproute/shared.js';
import {fixture} from './support.js';

type Entry = Record<string, unknown>;

/** Values that a row may hold, of the right kind for some key or other. */
const values = [
  ...[
    '',
    'self',
    'permanent',
    'static',
    'stale',
    'reachable',
    'PERMANENT',
    'STALE',
    'br0',
    'vxlan0',
    'a/b',
    '\u001b',
  ],
  ...[
    '02:42:0A:00:00:01',
    '02:42:0a:00:00:01',
    '02:42:0a:00:00',
    '10.0.0.1',
    '10.0.0.256',
    'FE80::1',
    'fe80::1%a',
  ],
  ...[0, 1, -1, 1.5, 4096, 2 ** 40, '7', '-7', null, true, false],
  ...[[], ['self'], ['self', 'offload'], ['PERMANENT'], ['STALE', 'X'], ['stale'], [1], {}],
];
const keys = [
  ...[
    'mac',
    'ifname',
    'dev',
    'dst',
    'vlan',
    'port',
    'vni',
    'nhid',
    'linkNetNsId',
    'used',
    'updated',
    'flags',
  ],
  ...['master', 'state', 'deleted', 'lladdr', 'router', 'proxy', 'confirmed', 'probes', 'refcnt', 'miss'],
];

/** Some rows as they were recorded, each with some keys changed, added or taken away. */
function changedRows(file: string): fc.Arbitrary<Entry[]> {
  const recorded = JSON.parse(fixture(file)) as Entry[];
  const change = fc.record({
    key: fc.constantFrom(...keys),
    value: fc.option(fc.constantFrom(...values), {nil: undefined}),
  });
  const row = fc.record({entry: fc.constantFrom(...recorded), changes: fc.array(change, {maxLength: 3})});
  return fc.array(
    row.map(({entry, changes}) => ({
      ...entry,
      ...Object.fromEntries(changes.map(({key, value}) => [key, value])),
    })),
    {minLength: 1, maxLength: 4},
  );
}

describe('rows of the commonest form', () => {
  const tables: [file: string, parse: (text: string) => Parsed<object>][] = [
    ['iproute/fdb.json', parseFdbJson],
    ['iproute/neigh.json', parseNeighboursJson],
  ];
  for (const [file, parse] of tables) {
    test(`${file}: read without a shape, they are what the shape makes of them`, () => {
      fc.assert(
        fc.property(changedRows(file), (entries) => {
          // A key that nobody knows takes a row out of the common form, and is nothing to the shape.
          const marked = entries.map((entry) => ({...entry, unknownToAll: 1}));
          assert.deepEqual(parse(JSON.stringify(entries)), parse(JSON.stringify(marked)));
        }),
        {numRuns: 3000},
      );
    });
  }
});
