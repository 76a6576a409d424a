import {readdir, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {build, type Plugin} from 'esbuild';

/** Below node_modules, so that what is not bundled is found from there. */
const cache = 'node_modules/.cache/tests';

/** A module that looks for files beside itself looks beside its source. */
const sourceUrls: Plugin = {
  name: 'source-urls',
  setup: ({onLoad}) => {
    onLoad({filter: /\.ts$/}, async ({path: file}) => ({
      contents: (await readFile(file, 'utf8'))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(file)))
        .replaceAll('import.meta.dirname', JSON.stringify(path.dirname(file)))
        .replaceAll('import.meta.filename', JSON.stringify(file)),
      loader: 'ts',
    }));
  },
};

/**
 * Compiles modules once for all processes of a run: starting one with a TypeScript loader takes longer than most test
 * files do.
 *
 * @param files paths relative to the current folder, which is the project's
 * @returns the folder that holds each file's JavaScript below the same path, for this process alone
 */
export async function bundleTests(files: readonly string[]): Promise<string> {
  for (const name of await readdir(cache).catch(() => [])) {
    if (!isRunning(Number(name))) await rm(path.join(cache, name), {recursive: true, force: true});
  }
  const folder = path.join(cache, String(process.pid));
  await build({
    entryPoints: [...files],
    outdir: folder,
    outbase: '.',
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    sourcesContent: false,
    plugins: [sourceUrls],
    logLevel: 'warning',
  });
  return path.resolve(folder);
}

/**
 * Writes a module that runs compiled test files one after another in one process.
 *
 * @param folder what `bundleTests` has returned, of these files and `scripts/test-marker.ts`
 * @returns the module's path
 */
export async function batchOf(folder: string, files: readonly string[], name: string): Promise<string> {
  const lines = files.map((file) => {
    const script = pathToFileURL(bundled(folder, file)).href;
    // One after another, so that tests come in the order of their files where a file waits for something itself.
    return `fileBegins(${JSON.stringify(file)});\nawait import(${JSON.stringify(script)});\n`;
  });
  const script = path.join(folder, `${name}.js`);
  await writeFile(
    script,
    `import {fileBegins, holdTests} from './scripts/test-marker.js';\nconst release = holdTests();\n${lines.join('')}fileBegins('');\nrelease();\n`,
  );
  return script;
}

/** Where a source file's JavaScript lies in such a folder. */
export function bundled(folder: string, file: string): string {
  return path.join(folder, file.replace(/\.ts$/, '.js'));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
