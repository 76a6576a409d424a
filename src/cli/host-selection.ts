import {statSync} from 'node:fs';
import {usageError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {type Config, hostsNamed} from '../hosts/config.js';
import {parseNodeFilter} from '../hosts/node-filter.js';
import type {HostSelection} from '../hosts/read-hosts.js';
import {parseDuration} from './duration.js';
import type {HostFlags} from './host-flags.js';

/** What the flags say about where evidence comes from; reads the file of hosts. */
export async function hostSelection(flags: HostFlags, settings: Config): Promise<HostSelection> {
  const {host = [], snapshot = [], filter = [], context} = flags;
  const {'hosts-file': hostsFile, 'netns-dir': netnsDir, 'ssh-user': sshUser} = flags;
  if (flags.swarm && hostsFile !== undefined) {
    throw usageError(
      'hosts-file-and-swarm',
      '--swarm asks a manager for the hosts and --hosts-file names them: give one of them.',
    );
  }
  const named = hostsFile === undefined ? [] : await hostsOfFile(hostsFile);
  return {
    hosts: [...host, ...named].flatMap((one) => hostsNamed(one, settings)),
    snapshots: snapshot,
    parallel: checkedParallel(flags.parallel),
    hostTimeoutMs: parseDuration('host-timeout', flags['host-timeout']),
    ...(netnsDir === undefined ? {} : {netnsDir}),
    ...(context === undefined ? {} : {context}),
    ...(flags.swarm ? {swarm: {filters: filter.map(parseNodeFilter), ...checkedUser(sshUser)}} : {}),
  };
}

/** Whether the flags may mean more than one host: a swarm, a file or group of hosts and a directory of snapshots do. */
export function meansSeveral({host = [], snapshot = [], ...flags}: HostFlags): boolean {
  const isDirectory = (path: string) => statSync(path, {throwIfNoEntry: false})?.isDirectory() ?? false;
  return (
    flags.swarm === true ||
    flags['hosts-file'] !== undefined ||
    host.length + snapshot.length > 1 ||
    host.some((one) => one.startsWith('@')) ||
    snapshot.some(isDirectory)
  );
}

/** Whether any flag says where to read, instead of this host being the default. */
export function namesSource({host, snapshot, swarm, context, ...flags}: HostFlags): boolean {
  return swarm === true || [host, snapshot, context, flags['hosts-file']].some((flag) => flag !== undefined);
}

async function hostsOfFile(path: string): Promise<string[]> {
  const {readHostsFile} = await import('../hosts/hosts-file.js');
  return readHostsFile(path);
}

/** Each host takes two processes here. */
const mostParallel = 1000;

function checkedParallel(text: string): number {
  const number = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= mostParallel) return number;
  throw usageError(
    'invalid-flag',
    `--parallel takes a number from 1 to ${mostParallel}; "${quoteText(text)}" is not.`,
  );
}

function checkedUser(user: string | undefined): {sshUser?: string} {
  if (user === undefined) return {};
  // The same that ssh://USER@host takes; here it is said of the flag.
  if (/^[A-Za-z0-9._\\+][A-Za-z0-9._\\+-]*$/.test(user)) return {sshUser: user};
  throw usageError('invalid-flag', `--ssh-user "${quoteText(user)}" is no user name.`);
}
