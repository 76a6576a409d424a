import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';

/**
 * The licences of what a bundle contains, as one text: name, version and licence text of each package.
 *
 * @param inputs paths of the bundled files, as esbuild's metafile has them
 * @throws where a package has neither a licence text nor a licence name
 */
export async function licencesOf(inputs: readonly string[]): Promise<string> {
  const folders = new Set(inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []));
  const parts = await Promise.all([...folders].sort().map(licenceOf));
  return `Packages that the bundle in dist/ contains, with their licences.\n\n${parts.join('\n')}`;
}

async function licenceOf(folder: string): Promise<string> {
  const {name, version, license} = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((one) => /^licen[cs]e/i.test(one));
  if (file === undefined && typeof license !== 'string') throw new Error(`${folder} has no licence`);
  const text = file === undefined ? '' : `${(await readFile(path.join(folder, file), 'utf8')).trim()}\n`;
  return `${'='.repeat(80)}\n${name} ${version} (${license})\n\n${text}`;
}
