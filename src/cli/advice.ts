import type {HostFlags} from './host-flags.js';

/** Lines that only mean something on a live host. */
const live =
  /\bdocker (ps|service|node|version|network|context|info)\b|(^|\s)--(swarm|host)\b|^Install there\b/;
/** Lines that only mean something for snapshots. */
const recorded = /(^|\s)--snapshot\b/;
const ownCommand =
  /\bovdiag (networks|namespaces|fdb|links|inspect|trace)\b(?![^;]* (--host|--snapshot|-s)\b)/g;

/**
 * What to type next, for hosts that come from where these flags say: nothing of this machine where snapshots are read, and
 * our own commands with the same hosts.
 */
export function adviceFor(
  {host = [], snapshot = [], swarm, context, ...flags}: Partial<HostFlags>,
  suggestions: readonly string[],
): string[] {
  const isRecorded = snapshot.length > 0;
  const fitting = suggestions.filter((line) => !(isRecorded ? live : recorded).test(line));
  const sources = [
    ...host.map((one) => `--host ${quoted(one)}`),
    ...(flags['hosts-file'] === undefined ? [] : [`--hosts-file ${quoted(flags['hosts-file'])}`]),
    ...(swarm ? ['--swarm'] : []),
    ...(context === undefined ? [] : [`--context ${quoted(context)}`]),
    ...snapshot.map((one) => `--snapshot ${quoted(one)}`),
  ];
  if (sources.length === 0 || sources.length > mostSources) return fitting;
  return fitting.map((line) =>
    line.startsWith('Usage: ')
      ? line
      : line.replace(ownCommand, (command) => `${command} ${sources.join(' ')}`),
  );
}

/** A line that names more hosts than these is not read. */
const mostSources = 4;

/** A word as a shell takes it for itself. */
export function quoted(word: string): string {
  return /^[\w./:=@,+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
