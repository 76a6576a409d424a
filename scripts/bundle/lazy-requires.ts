/**
 * Has a start evaluate less of oclif. Its files require each other, and Node's modules, at their top: whoever asks for one gets all.
 * Here each is required when it is first used, by rewriting what TypeScript compiles an import to. What comes out is the same, only
 * later.
 */
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import type {Plugin} from 'esbuild';

const topRequire = /^(?:const|var) (\w+_\d+) = (?:(__import\w+)\()?require\(("[^"]+"|'[^']+')\)\)?;$/gm;
const namespaceExport = /^exports\.(\w+) = __importStar\(require\(("[^"]+")\)\);$/gm;

/**
 * Sorting by the language's rules loads its collation tables, a third of a start. What oclif sorts so are names of commands: ASCII.
 */
const compared = /(\w+(?:\.\w+)+)\.localeCompare\((\w+(?:\.\w+)+)\)/g;

/** Two small files of a start: to read them at once costs less than to load what reads them in the background. */
const readLater = 'await (0, promises_1.readFile)(path, ';

/** Pure part: the text of a CommonJS module as TypeScript writes it, with its imports on first use. */
export function withLazyRequires(code: string): string {
  const names = new Set<string>();
  const sorted = code
    .replace(readLater, 'require("node:fs").readFileSync(path, ')
    .replace(compared, '($1 < $2 ? -1 : $1 > $2 ? 1 : 0)');
  const declared = sorted.replace(
    topRequire,
    (_line, name: string, wrap: string | undefined, from: string) => {
      names.add(name);
      const loaded = wrap ? `${wrap}(require(${from}))` : `require(${from})`;
      return `var lazy_${name};\nfunction load_${name}() { return (lazy_${name} ??= ${loaded}); }`;
    },
  );
  const exported = declared.replace(
    namespaceExport,
    (_line, name: string, from: string) =>
      `{ let loaded; Object.defineProperty(exports, "${name}", { enumerable: true, get: () => (loaded ??= __importStar(require(${from}))) }); }`,
  );
  if (names.size === 0) return exported;
  const name = `(${[...names].join('|')})`;
  // `new a().b()` would make an a.
  const made = exported.replace(new RegExp(`\\bnew ${name}((?:\\.\\w+)+)`, 'g'), 'new (load_$1()$2)');
  return made.replace(new RegExp(`(?<![\\w.$])${name}\\b`, 'g'), 'load_$1()');
}

export function lazyRequires(): Plugin {
  return {
    name: 'lazy-requires',
    setup({onLoad, onResolve}) {
      // What oclif wants of it is in a package of its own; the rest starts PowerShell.
      onResolve({filter: /^wsl-utils$/}, () => ({path: 'wsl-utils', namespace: 'own'}));
      onLoad({filter: /.*/, namespace: 'own'}, () => ({
        contents: "export {default as isWsl} from 'is-wsl';",
        resolveDir: path.resolve('node_modules/wsl-utils'),
      }));
      onLoad({filter: /node_modules\/@oclif\/core\/lib\/.*\.js$/}, async ({path: file}) => ({
        contents: withLazyRequires(await readFile(file, 'utf8')),
        loader: 'js',
        resolveDir: path.dirname(file),
      }));
    },
  };
}
