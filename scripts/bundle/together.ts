/**
 * Has modules that are loaded together come in one chunk. esbuild makes a chunk of the modules that the same entries use, and as
 * each view is an entry of its own, a command would start with 70 files of 2 KB, each of which Node resolves, opens and links.
 */
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import type {Metafile, Plugin} from 'esbuild';

/** What these use makes a chunk each, without what those before them use. */
const groups = [
  'src/packet/scan.ts',
  'src/decode/run.ts',
  'src/pcap/read.ts',
  'src/cli/base-command.ts',
  'src/cli/host-command.ts',
];

/**
 * Pure part: what each entry has to import besides, by the entry's file; from what esbuild says of a build without that. An entry
 * that uses a part of a group gets all of it, where whatever Node may have started with (`starts`) to come to it loads the
 * group's root, now or later. What Node starts with gets it only if it loads the root at once.
 */
export function importsTogether(
  {inputs, outputs}: Metafile,
  starts: readonly string[],
): Map<string, string[]> {
  const entries = Object.values(outputs).flatMap(({entryPoint}) => entryPoint ?? []);
  const used = new Map(entries.map((entry) => [entry, usedBy(inputs, entry, isImport)]));
  const sometime = starts.map((start) => usedBy(inputs, start, () => true));
  const added = new Map<string, string[]>(entries.map((entry) => [entry, []]));
  const grouped = new Set<string>(entries);
  for (const root of groups) {
    const group = [...usedBy(inputs, root, isImport)].filter(
      (file) => file.startsWith('src/') && !grouped.has(file),
    );
    for (const file of group) grouped.add(file);
    for (const entry of entries) {
      const usesPart = group.some((file) => used.get(entry)?.has(file));
      const isLoaded = starts.includes(entry)
        ? used.get(entry)?.has(root)
        : sometime.every((uses) => !uses.has(entry) || uses.has(root));
      if (usesPart && isLoaded) added.get(entry)?.push(...group);
    }
  }
  return added;
}

type Import = Metafile['inputs'][string]['imports'][number];

/** Whether a module is loaded with the one that imports it, not later. */
const isImport = ({kind}: Import): boolean => kind !== 'dynamic-import';

/** The files that one uses by such imports, itself among them. */
function usedBy(inputs: Metafile['inputs'], root: string, follows: (each: Import) => boolean): Set<string> {
  const used = new Set([root]);
  // What is added meanwhile is looked at too.
  for (const file of used)
    for (const each of inputs[file]?.imports ?? []) if (follows(each)) used.add(each.path);
  return used;
}

/** Adds imports to entries, behind their own: no module of a group uses an entry. */
export function withImports(added: ReadonlyMap<string, readonly string[]>): Plugin {
  return {
    name: 'together',
    setup({onLoad}) {
      onLoad({filter: /[/\\]src[/\\].*\.tsx?$/}, async ({path: file}) => {
        const files = added.get(path.relative('.', file).replaceAll('\\', '/')) ?? [];
        if (files.length === 0) return undefined;
        const lines = files.map((each) => `import ${JSON.stringify(path.resolve(each))};`);
        return {
          contents: `${await readFile(file, 'utf8')}\n${lines.join('\n')}\n`,
          loader: file.endsWith('x') ? 'tsx' : 'ts',
          resolveDir: path.dirname(file),
        };
      });
    },
  };
}
