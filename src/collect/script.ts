import {readFileSync} from 'node:fs';
import {usageError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {shellQuote} from '../base/shell.js';
import {hostProcFiles, procFiles, type Wanted} from './wanted.js';

/** The shell texts lie beside the sources, and beside the bundle's chunks once built. */
const folder = new URL(import.meta.url.endsWith('.ts') ? './shell/' : '../shell/', import.meta.url);

export interface CollectorOptions {
  nonce: string;
  netnsDir?: string;
  lifeline: boolean;
  /** In a container of a Swarm job. */
  job?: boolean;
  /** Listen this long in the overlay sandboxes instead of reading; whole seconds. */
  listenSeconds?: number;
}

/** The text of the collector for one run: settings, then the script. Sent to `sh -s` as it is. */
export function collectorScript(wanted: Wanted, options: CollectorOptions): string {
  // A job's container has process numbers of its own, which tell nothing of those of the host.
  const netns = options.job ? wanted.netns.filter((kind) => kind !== 'processes') : wanted.netns;
  const settings = {
    nonce: options.nonce,
    lifeline: options.lifeline ? '1' : '0',
    job: options.job ? '1' : '0',
    netns_dir: checkedDirectory(options.netnsDir ?? ''),
    want_netns: netns.join(' '),
    want_tables: wanted.netnsTables.join(' '),
    want_host: wanted.hostTables.join(' '),
    proc_files: procFiles.join(' '),
    host_proc_files: hostProcFiles.join(' '),
    listen: options.listenSeconds === undefined ? '' : String(Math.ceil(options.listenSeconds)),
    reader: shellText('reader.sh'),
  };
  return whole(`${assignments(settings)}${shellText('collector.sh')}`);
}

/** Where the docker client of the other side is to look. */
export interface ClientSettings {
  /** The caller's own DOCKER_HOST and DOCKER_CONTEXT, where they must not count on the other side. */
  callersHost?: string;
  callersContext?: string;
  /** The client's context to be used, whatever its configuration says. */
  context?: string;
}

export interface DockerScriptOptions extends ClientSettings {
  nonce: string;
  /** `curl` passes over the docker client. */
  relay: 'any' | 'curl';
}

/** The text that connects stdin and stdout with the Docker Engine API. */
export function dockerScript(options: DockerScriptOptions): string {
  const settings = {nonce: options.nonce, relay: options.relay, ...clientAssignments(options)};
  return whole(`${assignments(settings)}${shellText('client.sh')}${shellText('docker.sh')}`);
}

function clientAssignments({callersHost = '', callersContext = '', context = ''}: ClientSettings) {
  return {callers_host: callersHost, callers_context: callersContext, context};
}

/** The text that creates a Swarm service, keeps it, and removes it when its standard input ends (see service.sh). */
export function serviceScript(
  options: ClientSettings & {nonce: string; label: string; lifetimeSeconds: number; words: string[]},
): string {
  const settings = {
    nonce: options.nonce,
    label: options.label,
    lifetime: String(options.lifetimeSeconds),
    arguments: options.words.map(shellQuote).join(' '),
    ...clientAssignments(options),
  };
  return whole(`${assignments(settings)}${shellText('client.sh')}${shellText('service.sh')}`);
}

/** The text that a container of a Swarm job runs: a collector, with its output packed for the engine's logs (see job.sh). */
export function jobScript(collector: string, options: {nonce: string; limitSeconds: number}): string {
  const settings = {nonce: options.nonce, limit: String(options.limitSeconds), collector};
  return whole(`${assignments(settings)}${shellText('job.sh')}`);
}

/** The text that sends probes and captures them, as it is told on standard input (see probe.sh). */
export function probeScript(options: {nonce: string; netnsDir: string; longestSeconds: number}): string {
  const settings = {
    nonce: options.nonce,
    netns_dir: checkedDirectory(options.netnsDir),
    longest: String(options.longestSeconds),
  };
  return whole(`${assignments(settings)}${shellText('probe.sh')}`);
}

/**
 * As one group, which a shell runs only when it has read its end: of a text that arrives cut, the beginning of a function's name
 * would be a command, and it may be the name of a program (`host` of `host_resolvers`).
 */
function whole(text: string): string {
  return `{\n${text.trimEnd()}\n}\n`;
}

/** A directory's name stands in the frames' heads, which are lines. */
function checkedDirectory(directory: string): string {
  if (!/[\u0000-\u001f\u007f]/.test(directory)) return directory;
  throw usageError(
    'invalid-netns-dir',
    `The namespace directory ${quoteText(directory)} has control characters in its name.`,
  );
}

function assignments(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${shellQuote(value)}\n`)
    .join('');
}

function shellText(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}
