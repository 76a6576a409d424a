import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import {root} from '../cli/support.js';

const picture = readFileSync(path.join(root, 'docs/architecture.md'), 'utf8');

interface Room {
  name: string;
  floor: number;
  /** Rooms of its own floor that it may import from. */
  beside: string[];
}

/** The rooms as docs/architecture.md draws them: `4 │ kernel   topology → kernel   hosts │`. */
const rooms: Room[] = [...picture.matchAll(/^ *(\d+) │ (.+?) *│/gm)].flatMap(([, floor, cells = '']) =>
  cells.split(/ {2,}/).map((cell) => {
    const [name = '', ...beside] = cell.split(' → ');
    return {name, floor: Number(floor), beside};
  }),
);

const folders: string[] = [];
/** Names of the rules that have refused something. */
const fired = new Set<string>();
after(() => {
  for (const folder of folders) rmSync(folder, {recursive: true});
});

/** What the rules of the project say of a tree of files, as `RULE: FROM > TO`. */
function violations(files: Record<string, string>): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'rooms-'));
  folders.push(folder);
  for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json'])
    cpSync(path.join(root, name), path.join(folder, name));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), {recursive: true});
    writeFileSync(path.join(folder, name), text);
  }
  const {stdout, stderr} = spawnSync(
    process.execPath,
    [path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'), 'src', '-T', 'json'],
    {cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28},
  );
  assert.equal(stderr, '');
  const {summary} = JSON.parse(stdout) as {
    summary: {violations: {rule: {name: string}; from: string; to: string}[]; totalCruised: number};
  };
  assert.ok(summary.totalCruised >= Object.keys(files).filter((name) => name.startsWith('src/')).length);
  for (const {rule} of summary.violations) fired.add(rule.name);
  return summary.violations.map(({rule, from, to}) => `${rule.name}: ${from} > ${to}`).sort();
}

/** Modules that reach out of a program. Of node:net isIP is taken. */
const doing = [
  'fs',
  'fs/promises',
  'http',
  'https',
  'tls',
  'dgram',
  'child_process',
  'worker_threads',
  'readline',
];

const exported = 'export const value = 1;\nexport type Type = number;\n';

describe('the rooms of src/', () => {
  it('are those that docs/architecture.md draws and describes', () => {
    const names = rooms.map(({name}) => name);
    const present = readdirSync(path.join(root, 'src'), {withFileTypes: true});
    const folders = present.filter((entry) => entry.isDirectory()).map(({name}) => name);
    assert.deepEqual([...names].sort(), folders.sort());
    // A file that imports nothing and that nothing imports is not seen by any rule.
    const loose = present.filter((entry) => !entry.isDirectory()).map(({name}) => name);
    assert.deepEqual(loose, ['main.ts']);
    const described = [...picture.matchAll(/^\| `([a-z]+)\/` \|/gm)].map(([, name]) => name);
    assert.deepEqual([...described].sort(), [...names].sort());
  });

  it('import from lower floors, and beside them where an arrow says so, and from nothing else', () => {
    // Type-only imports, which the rules must see too.
    const files = Object.fromEntries(
      rooms.flatMap(({name}) => [
        [`src/${name}/target.ts`, exported],
        [
          `src/${name}/importer.ts`,
          rooms
            .filter((other) => other.name !== name)
            .map((other) => `export type {Type as T${other.name}} from '../${other.name}/target.js';\n`)
            .join(''),
        ],
      ]),
    );
    const closed = violations(files).filter((text) => text.startsWith('room-'));
    const expected = rooms.flatMap((from) =>
      rooms
        .filter((to) => to !== from && to.floor >= from.floor && !from.beside.includes(to.name))
        .map((to) => `room-${from.name}: src/${from.name}/importer.ts > src/${to.name}/target.ts`),
    );
    assert.deepEqual(closed, expected.sort());
  });

  it('read files only where evidence comes in or goes out, and where answers meet the world', () => {
    const planted = Object.fromEntries(
      rooms.map(({name}) => [`src/${name}/reads.ts`, "import 'node:fs';\n"]),
    );
    const may = [
      'answers',
      'capture',
      'cli',
      'collect',
      'commands',
      'complete',
      'decode',
      'hosts',
      'pcap',
      'plugin',
      'probe',
      'snapshot',
    ];
    assert.deepEqual(
      violations(planted),
      rooms
        .filter(({name}) => !may.includes(name))
        .map(({name}) => `pure-means-no-io: src/${name}/reads.ts > fs`)
        .sort(),
    );
  });

  it('are refused circles, loose files, programs, files and the schema where those do not belong', () => {
    const found = violations({
      'src/base/left.ts': "export type {Right} from './right.js';\nexport type Left = 1;\n",
      'src/base/right.ts': "export type {Left} from './left.js';\nexport type Right = 1;\n",
      'src/model/one/a.ts': "export type {Type as A} from '../two/d.js';\n",
      'src/model/one/b.ts': exported,
      'src/model/two/c.ts': "export type {Type as C} from '../one/b.js';\n",
      'src/model/two/d.ts': exported,
      'src/base/plain.ts': exported,
      'src/loose.ts': "export {value} from './base/plain.js';\n",
      'src/newroom/file.ts': "export {value} from '../base/plain.js';\n",
      'src/main.ts': "export {value} from './base/plain.js';\n",
      'src/commands/start.ts': "export {value} from '../main.js';\n",
      'src/snapshot/snapshot.ts': exported,
      'src/model/schema.ts': "export {value} from '../snapshot/snapshot.js';\n",
      'src/model/schema-type.ts': "export type {Type} from '../snapshot/snapshot.js';\n",
      'src/answers/program.ts': "import 'node:child_process';\nimport 'execa';\n",
      'src/collect/program.ts': "import 'node:child_process';\nimport 'execa';\n",
      'src/checks/io.ts': [...doing, 'net'].map((name) => `import 'node:${name}';\n`).join(''),
      'src/answers/io.ts': "import 'node:fs';\n",
      'src/page/uses.ts': "import {value} from '../base/plain.js';\n",
      'src/page/type.ts': "export type {Type} from '../base/plain.js';\n",
      'node_modules/execa/package.json': '{"name": "execa", "main": "index.js"}',
      'node_modules/execa/index.js': 'module.exports = 1;\n',
      'package.json': '{"name": "planted", "dependencies": {"execa": "1"}}',
    });
    const expected = [
      'every-file-is-in-a-room: src/loose.ts > src/base/plain.ts',
      'every-file-is-in-a-room: src/newroom/file.ts > src/base/plain.ts',
      'no-circular-folders: src/model/one > src/model/two',
      'no-circular-folders: src/model/two > src/model/one',
      'no-circular: src/base/left.ts > src/base/right.ts',
      'page-runs-in-a-browser: src/page/uses.ts > src/base/plain.ts',
      'parsing-loads-no-schema: src/model/schema.ts > src/snapshot/snapshot.ts',
      'processes-start-in-two-places: src/answers/program.ts > child_process',
      'processes-start-in-two-places: src/answers/program.ts > node_modules/execa/index.js',
      ...doing.map((name) => `pure-means-no-io: src/checks/io.ts > ${name}`),
      'processes-start-in-two-places: src/checks/io.ts > child_process',
      'room-commands: src/commands/start.ts > src/main.ts',
      'rooms-import-no-loose-file: src/commands/start.ts > src/main.ts',
    ];
    assert.deepEqual(found, expected.sort());
  });

  it('have no rule that never refuses anything', () => {
    const {forbidden} = createRequire(import.meta.url)(path.join(root, '.dependency-cruiser.cjs')) as {
      forbidden: {name: string}[];
    };
    assert.deepEqual([...fired].sort(), forbidden.map(({name}) => name).sort());
  });
});
