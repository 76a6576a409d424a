import {readFile} from 'node:fs/promises';

/** The scripts lie beside the sources, and beside the bundle's chunks once built. */
const folder = new URL(import.meta.url.endsWith('.ts') ? './shell/' : '../complete/', import.meta.url);

/** The completion script of bash, zsh or fish. */
export function shellScript(shell: string): Promise<string> {
  return readFile(new URL(`ovdiag.${shell}`, folder), 'utf8');
}
