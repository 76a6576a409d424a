/**
 * The program in the executable is in parts, so that a start compiles what it needs: the command line, completion, the plugin, and all
 * commands. A part is an asset, with V8's code cache beside it where the build could make one.
 */
import {createRequire} from 'node:module';
import vm from 'node:vm';
import {embeddedRoot} from './embedded-root.js';

/** What parts have in common, as two copies would not know of each other. */
interface Shared {
  oclif?: unknown;
  output?: unknown;
}

interface Parts {
  shared: Shared;
  load(name: string): unknown;
}

const key = Symbol.for('ovdiag.parts');
const here = globalThis as {[key]?: Parts};

/** Called once, before any part is loaded. `code` reads a part's text, `cache` its code cache; `script` is told of each script. */
export function setUpParts(
  code: (name: string) => string,
  cache: (name: string) => Buffer | undefined,
  script: (name: string, made: vm.Script) => void = () => undefined,
): void {
  const loaded = new Map<string, unknown>();
  const require = createRequire(process.execPath);
  const load = (name: string): unknown => {
    if (loaded.has(name)) return loaded.get(name);
    const cachedData = cache(name);
    const made = new vm.Script(`(function (module, exports, require, __dirname) {${code(name)}\n})`, {
      filename: `${name}.js`,
      ...(cachedData ? {cachedData} : {}),
    });
    const module = {exports: {}};
    made.runInThisContext()(module, module.exports, require, embeddedRoot);
    script(name, made);
    loaded.set(name, module.exports);
    return module.exports;
  };
  here[key] = {shared: {}, load};
}

export function loadPart<T>(name: string): T {
  return parts().load(name) as T;
}

export function share(what: Shared): void {
  Object.assign(parts().shared, what);
}

function parts(): Parts {
  const found = here[key];
  if (!found) throw new Error('the parts of the program are not set up');
  return found;
}
