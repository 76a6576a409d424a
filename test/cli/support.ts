import path from 'node:path';
import {after} from 'node:test';
import {fileURLToPath} from 'node:url';
import {execa} from 'execa';
import {Caller} from '../support/calls.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const program = path.join(root, 'bin', 'run.js');

export interface Answer {
  stdout: string;
  stderr: string;
  status: number | undefined;
}

export interface CallOptions {
  env?: Record<string, string>;
  /** Text for standard input; without it the input is empty. */
  input?: string;
  cwd?: string;
}

/** All that decides how output looks, and nothing of the caller's. */
const environment: Record<string, string> = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  NO_COLOR: '1',
  OCLIF_COLUMNS: '80',
};

/** One process for each surrounding that a test file asks for; they end with it. */
const callers = new Map<string, Caller>();
after(() => Promise.all([...callers.values()].map((caller) => caller.end())));

/** What a process of its own must show: other hosts, standard input, and what a start itself does. */
const needsProcess = /^(-|--host.*|-H.*|--hosts-file.*|--swarm|--debug)$/;

/** Commands that never read a host. */
const readsFiles: ReadonlySet<string> = new Set(['decode', 'diff', 'explain', 'help']);

/** Runs the program as it is installed: offline answers in a process that is shared with other calls of the same file. */
export function ovdiag(args: readonly string[], options: CallOptions = {}): Promise<Answer> {
  const {env = {}, input = '', cwd = root} = options;
  const isOffline =
    readsFiles.has(args[0] ?? '') || args.some((word) => /^(-s|--snapshot|--help|-h)/.test(word));
  if (input !== '' || !isOffline || args.some((word) => needsProcess.test(word)))
    return ovdiagProcess(args, options);
  const surrounding = {env: {...environment, ...env}, cwd};
  const key = JSON.stringify(surrounding);
  const caller = callers.get(key) ?? new Caller(root, surrounding);
  callers.set(key, caller);
  return caller.call(args);
}

/** Runs the program as it is installed, as its own process. */
export async function ovdiagProcess(args: readonly string[], options: CallOptions = {}): Promise<Answer> {
  const {env = {}, input = '', cwd = root} = options;
  const {stdout, stderr, exitCode, timedOut} = await execa(process.execPath, [program, ...args], {
    env: {...environment, ...env},
    extendEnv: false,
    reject: false,
    input,
    cwd,
    stripFinalNewline: false,
    timeout: 900_000,
    maxBuffer: 256 * 1024 * 1024,
  });
  if (timedOut) throw new Error(`ovdiag ${args.join(' ')} did not end`);
  return {stdout, stderr, status: exitCode};
}

/** A recorded snapshot, by the name of its folder and node. */
export function recorded(name: string): string {
  return path.join(root, 'fixtures', 'recorded', `${name}.json.gz`);
}

export const swarm = ['--snapshot', recorded('node1'), '--snapshot', recorded('node2')];

/** Two at a time: the machine that runs the tests has two cores. */
export async function eachOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      results[next[0]] = await work(next[1]);
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}
