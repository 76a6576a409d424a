import {readFileSync} from 'node:fs';
import {hostProcFiles, procFiles, type Wanted} from './wanted.js';

/** The shell texts lie beside the sources, and beside the bundle's chunks once built. */
const folder = new URL(import.meta.url.endsWith('.ts') ? './shell/' : '../shell/', import.meta.url);

/** The text of the collector for one run: settings, then the script. Sent to `sh -s` as it is. */
export function collectorScript(
  wanted: Wanted,
  options: {nonce: string; netnsDir?: string; lifeline: boolean},
): string {
  const settings = {
    nonce: options.nonce,
    lifeline: options.lifeline ? '1' : '0',
    netns_dir: options.netnsDir ?? '',
    want_netns: wanted.netns.join(' '),
    want_tables: wanted.netnsTables.join(' '),
    want_host: wanted.hostTables.join(' '),
    proc_files: procFiles.join(' '),
    host_proc_files: hostProcFiles.join(' '),
    reader: shellText('reader.sh'),
  };
  return `${assignments(settings)}${shellText('collector.sh')}`;
}

/** The text that connects stdin and stdout with the Docker Engine API. */
export function dockerScript(nonce: string): string {
  return `${assignments({nonce})}${shellText('docker.sh')}`;
}

function assignments(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${shellQuote(value)}\n`)
    .join('');
}

/** One word for a POSIX shell, whatever it holds. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function shellText(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}
