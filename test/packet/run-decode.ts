import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

export const entry = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `ovdiag decode` as a process of its own. */
export function runDecode(args: string[], options: {input?: Buffer; env?: Record<string, string>} = {}): Ran {
  const {status, stdout, stderr} = spawnSync(process.execPath, [entry, 'decode', ...args], {
    input: options.input ?? '',
    maxBuffer: 1 << 30,
    env: {PATH: process.env['PATH'] ?? '', TZ: 'UTC', LC_ALL: 'C.UTF-8', ...options.env},
  });
  return {status, stdout: stdout.toString('utf8'), stderr: stderr.toString('utf8')};
}

/** The packets of `decode --json`, without the fields that tshark has no word for. */
export function decodedPackets(stdout: string): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => withoutOwn(JSON.parse(line)) as Record<string, unknown>);
}

const own = new Set([
  'file',
  'kind',
  'info',
  'stop',
  'fragment',
  'fragments',
  'missing',
  'quote',
  'checksums',
  'dns',
  'icmp',
]);

function withoutOwn(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !own.has(key))
      .map(([key, inner]) => [key, withoutOwn(inner)]),
  );
}
