import assert from 'node:assert/strict';
import {netlinkWrites} from './read-only-netlink.js';
import {onlyReads} from './read-only-programs.js';
import {argumentVector, firstString, readStrace, type SystemCall} from './strace.js';

export {straceOptions} from './strace.js';

export interface ReadOnlyOptions {
  /** Further commands that the test itself starts: the prefix, ovdiag's own node process. */
  programs?: (argv: string[]) => boolean;
  /** Files that may be written: what the caller has asked for with `-o`. */
  writes?: (path: string) => boolean;
}

export interface Trace {
  /** What is not mere reading, in words; empty is what a test wants. */
  violations: string[];
  /** How much was checked, so that a test can see that the check saw anything at all. */
  programs: string[][];
  netlinkMessages: number;
  httpRequests: string[];
}

/**
 * Reads what a run under `strace` with `straceOptions(file)` has left, and fails on anything that could change the host.
 */
export async function assertReadOnly(file: string, options: ReadOnlyOptions = {}): Promise<Trace> {
  const trace = checkTrace(await readStrace(file), options);
  assert.deepEqual(trace.violations, [], 'the host was not only read');
  assert.ok(trace.programs.length > 0, 'the listing holds no program at all');
  return trace;
}

/** Nothing else may be opened for writing, looked at by name. */
const harmlessFiles = /^\/dev\/(null|tty)$/;
/** Of sockets: the engine's, and the C library's name service cache, which programs ask for user names. */
const harmlessSockets = /(\/docker\.sock|^\/var\/run\/nscd\/socket)$/;
/**
 * Requests that ask: sizes of terminals, bytes waiting, interfaces, owners of namespaces. What SIOCETHTOOL asks is behind
 * a pointer, and is told by the words that ethtool was started with.
 */
const harmlessIoctls =
  /^(TCGETS2?|TIOCGWINSZ|TIOCGPGRP|FIONREAD|FIONBIO|FIOCLEX|NS_GET_\w+|SIOCGIF\w+|SIOCETHTOOL)$/;
const harmlessOptions = /SOL_SOCKET|SOL_NETLINK|SOL_TCP|IPPROTO_TCP/;
/** Traced because they matter for following the others, or enter a namespace. */
const readingCalls = 'clone clone3 fork vfork setns bind dup dup2 dup3 fcntl close'.split(' ');

/** Looks at one call; says what is wrong with it. */
type Check = (call: SystemCall) => string | string[] | undefined;

/** Goes through a listing. Each thread's netlink sockets are followed, because message numbers depend on the protocol. */
export function checkTrace(calls: readonly SystemCall[], options: ReadOnlyOptions = {}): Trace {
  const trace: Trace = {violations: [], programs: [], netlinkMessages: 0, httpRequests: []};
  const sockets = new Map<string, string>();
  /** Processes of this run: the only ones that may be signalled. */
  const ours = new Set(calls.map(({tid}) => tid));
  const descriptor = (call: SystemCall, text: string) => `${call.tid}:${Number.parseInt(text, 10)}`;

  const program: Check = ({args, result}) => {
    if (result.startsWith('-1')) return;
    const argv = argumentVector(args);
    trace.programs.push(argv);
    return onlyReads(argv) || options.programs?.(argv) ? undefined : 'a program that is not listed';
  };
  const signal: Check = ({args}) => {
    const target = Math.abs(Number.parseInt(args, 10));
    // 0 is the own process group.
    return target === 0 || ours.has(target) ? undefined : 'a signal to another process';
  };
  const opening: Check = ({args}) => {
    if (!/O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|O_TMPFILE/.test(args)) return;
    const path = firstString(args) ?? '';
    return harmlessFiles.test(path) || options.writes?.(path) ? undefined : 'a file opened for writing';
  };
  /** The last step of writing a file that the caller has asked for. */
  const renaming: Check = ({args}) => {
    const paths = [...args.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text);
    return paths.length > 0 && paths.every((path) => options.writes?.(path))
      ? undefined
      : 'a file renamed or removed';
  };
  const socket: Check = (call) => {
    const protocol = /\b(NETLINK_\w+)/.exec(call.args)?.[1];
    if (call.args.startsWith('AF_NETLINK')) sockets.set(descriptor(call, call.result), protocol ?? call.args);
    else sockets.delete(descriptor(call, call.result));
    return undefined;
  };
  const connection: Check = ({args}) => {
    const path = /sun_path="([^"]*)"/.exec(args)?.[1];
    return path !== undefined && harmlessSockets.test(path) ? undefined : 'a connection';
  };
  /** A request of HTTP stands at the beginning of a write, whoever makes it and wherever to. */
  const payload: Check = ({args}) => {
    const [request, method = ''] = /^([A-Z]{3,10}) \/\S*/.exec(firstString(args) ?? '') ?? [];
    if (request === undefined) return;
    trace.httpRequests.push(request);
    return /^(GET|HEAD)$/.test(method) ? undefined : 'a request that is no GET';
  };
  const sending: Check = (call) => {
    const protocol = sockets.get(descriptor(call, call.args));
    if (protocol === undefined && !call.args.includes('nlmsg_')) return payload(call);
    trace.netlinkMessages++;
    return netlinkWrites(protocol, call.args).map((write) => `netlink, ${write}`);
  };
  const ioctl: Check = ({args}) =>
    harmlessIoctls.test(/^\d+, (\w+)/.exec(args)?.[1] ?? args) ? undefined : 'an ioctl';
  const socketOption: Check = ({args}) => (harmlessOptions.test(args) ? undefined : 'a socket option');

  const checks = new Map<string, Check>(
    (
      [
        ['execve execveat', program],
        ['kill tkill tgkill', signal],
        ['open openat openat2', opening],
        ['rename renameat renameat2 unlink unlinkat', renaming],
        ['socket', socket],
        ['connect', connection],
        ['sendto sendmsg sendmmsg', sending],
        ['write writev pwrite64', payload],
        ['ioctl', ioctl],
        ['setsockopt', socketOption],
        [readingCalls.join(' '), () => undefined],
      ] as [string, Check][]
    ).flatMap(([names, check]) => names.split(' ').map((name) => [name, check] as [string, Check])),
  );
  for (const call of calls) {
    const check = checks.get(call.name) ?? (() => 'a call that changes something');
    for (const why of [check(call) ?? []].flat())
      trace.violations.push(`${why}: ${call.name}(${call.args.slice(0, 200)}) = ${call.result}`);
  }
  return trace;
}
