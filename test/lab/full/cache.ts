import {mkdir} from 'node:fs/promises';
import path from 'node:path';

/**
 * Where what takes long to make is kept between runs, outside the checkout: kernels, their sources, trees of other
 * Debian releases. Nothing of it is ever part of the project: a kernel is GPL software.
 */
export async function cacheDirectory(...parts: readonly string[]): Promise<string> {
  const base = process.env['OVDIAG_LAB_CACHE'] || '/var/cache/ovdiag-lab';
  const directory = path.join(base, ...parts);
  await mkdir(directory, {recursive: true});
  return directory;
}
