import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'node:test';
import vm from 'node:vm';
import {withLazyRequires} from '../../scripts/bundle/lazy-requires.js';
import {root} from '../../scripts/release/project.js';

/** Runs a module's text; `asked` gets the names of what it requires, in order. */
function run(code: string, modules: Record<string, unknown>) {
  const asked: string[] = [];
  const require = (name: string) => {
    asked.push(name);
    return modules[name];
  };
  const exports: Record<string, unknown> = {};
  vm.runInThisContext(`(function (exports, require) {${code}\n})`)(exports, require);
  return {exports: exports as Record<string, (...args: unknown[]) => unknown>, asked};
}

const importDefault = 'var __importDefault = (mod) => (mod && mod.__esModule) ? mod : { "default": mod };';
const importStar = 'var __importStar = (mod) => mod;';

describe('lazy requires', () => {
  it('ask for a module when it is first used, and once', () => {
    const code = `const path_1 = require("path");\nexports.join = (a, b) => (0, path_1.join)(a, b);`;
    const {exports, asked} = run(withLazyRequires(code), {path});
    assert.deepEqual(asked, []);
    assert.equal(exports['join']?.('a', 'b'), 'a/b');
    exports['join']?.('c', 'd');
    assert.deepEqual(asked, ['path']);
  });

  it('take defaults, make objects, and export namespaces, as before', () => {
    class Loader {
      readonly kind: string;
      constructor(kind: string) {
        this.kind = kind;
      }
    }
    const code = `${importDefault}\n${importStar}
const loader_1 = __importDefault(require("./loader"));
exports.make = () => new loader_1.default("a").kind;
exports.Errors = __importStar(require("./errors"));
var other_1 = require("./other");
Object.defineProperty(exports, "other", { enumerable: true, get: function () { return other_1.other; } });`;
    const {exports, asked} = run(withLazyRequires(code), {
      './loader': Loader,
      './errors': {a: 1},
      './other': {other: 2},
    });
    assert.deepEqual(asked, []);
    assert.equal(exports['make']?.(), 'a');
    assert.deepEqual(exports['Errors'], {a: 1});
    assert.equal(exports['other'], 2);
  });

  it('sort names without the rules of a language', () => {
    const {exports} = run(
      withLazyRequires(
        'exports.sort = (all) => all.sort((a, b) => a.id.localeCompare(b.id)).map((x) => x.id);',
      ),
      {},
    );
    assert.deepEqual(exports['sort']?.([{id: 'fdb'}, {id: 'diff'}, {id: 'fdb'}]), ['diff', 'fdb', 'fdb']);
  });

  it('find what they replace in the oclif that is installed', () => {
    const text = (file: string) =>
      withLazyRequires(readFileSync(path.join(root, 'node_modules/@oclif/core/lib', file), 'utf8'));
    assert.match(text('config/config.js'), /load_ejs_1\(\)/);
    assert.match(text('util/fs.js'), /require\("node:fs"\)\.readFileSync\(path, /);
    assert.doesNotMatch(text('config/plugin.js'), /localeCompare/);
    assert.doesNotMatch(text('main.js'), /^(const|var) \w+_\d+ = /m);
  });
});
