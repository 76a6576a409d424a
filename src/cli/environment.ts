import type {Config} from '../hosts/config.js';

/** The flags that say which hosts are read, with their letters: one of them on the command line replaces all of the environment's. */
const sources: readonly SourceFlag[] = [
  {flag: 'host', letter: 'H', variable: 'OVDIAG_HOST', split: /,(?=ssh:|exec:|@|local(?:,|$))/},
  {flag: 'hosts-file', variable: 'OVDIAG_HOSTS_FILE'},
  {flag: 'hosts-group', variable: 'OVDIAG_HOSTS_GROUP', split: /,/},
  {flag: 'swarm', variable: 'OVDIAG_SWARM', isSwitch: true},
  {flag: 'context', variable: 'OVDIAG_CONTEXT'},
  {flag: 'snapshot', letter: 's', variable: 'OVDIAG_SNAPSHOT', split: /:/},
];

/** The flags that say how they are read, each replaced by itself. */
const manners: readonly SourceFlag[] = [
  {flag: 'filter', variable: 'OVDIAG_FILTER', split: /,/, withSwarm: true},
  {flag: 'ssh-user', variable: 'OVDIAG_SSH_USER', withSwarm: true},
  {flag: 'netns-dir', variable: 'OVDIAG_NETNS_DIR', isLive: true},
  {flag: 'parallel', variable: 'OVDIAG_PARALLEL'},
  {flag: 'host-timeout', variable: 'OVDIAG_TIMEOUT'},
  {flag: 'max-skew', variable: 'OVDIAG_MAX_SKEW'},
];

interface SourceFlag {
  flag: string;
  letter?: string;
  variable: string;
  /** Between several values of one variable. */
  split?: RegExp;
  /** Takes no value: `1` and `true` switch it on. */
  isSwitch?: boolean;
  /** Means something only with --swarm. */
  withSwarm?: boolean;
  /** Means something only for live hosts. */
  isLive?: boolean;
}

export interface FromEnvironment {
  /** Words to be put before those that were typed. */
  words: string[];
  /** The variables that they come from. */
  variables: string[];
}

/** Pure part: what OVDIAG_… variables add to the words that were typed; flags that were typed win. */
export function environmentWords(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): FromEnvironment {
  const end = argv.indexOf('--');
  const typed = end < 0 ? argv : argv.slice(0, end);
  const found: FromEnvironment = {words: [], variables: []};
  const add = (flag: SourceFlag) => {
    const words = wordsOf(flag, env[flag.variable] ?? '');
    if (words.length === 0) return;
    found.words.push(...words);
    found.variables.push(flag.variable);
  };
  if (!sources.some((source) => isTyped(source, typed))) sources.forEach(add);
  const has = (name: string) =>
    [...typed, ...found.words].some((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  const isRecorded = has('snapshot') || typed.some((word) => /^-s/.test(word));
  for (const flag of manners) {
    const applies = (!flag.withSwarm || has('swarm')) && !(flag.isLive && isRecorded);
    if (applies && !isTyped(flag, typed)) add(flag);
  }
  return found;
}

/**
 * Pure part: what the configuration adds to the words that were typed and to those of the environment, which come behind
 * them and win.
 */
export function configWords(
  argv: readonly string[],
  {sshUser, parallel, hostTimeout, maxSkew}: Config,
): string[] {
  const withSwarm = argv.some((word) => word === '--swarm');
  const values: [flag: string, value: string | undefined][] = [
    ['ssh-user', withSwarm ? sshUser : undefined],
    ['parallel', parallel?.toString()],
    ['host-timeout', hostTimeout],
    ['max-skew', maxSkew],
  ];
  return values.flatMap(([flag, value]) => {
    const isTypedToo = argv.some((word) => word === `--${flag}` || word.startsWith(`--${flag}=`));
    return value === undefined || isTypedToo ? [] : [`--${flag}=${value}`];
  });
}

function isTyped({flag, letter}: SourceFlag, words: readonly string[]): boolean {
  return words.some(
    (word) =>
      word === `--${flag}` ||
      word.startsWith(`--${flag}=`) ||
      (letter !== undefined && word.startsWith(`-${letter}`)),
  );
}

function wordsOf({flag, split, isSwitch}: SourceFlag, value: string): string[] {
  if (value === '') return [];
  if (isSwitch) return /^(1|true|yes|on)$/i.test(value) ? [`--${flag}`] : [];
  const values = split ? value.split(split) : [value];
  return values.filter((one) => one !== '').map((one) => `--${flag}=${one}`);
}
