import {quoteText} from '../base/escape.js';
import type {HostEvidence} from '../snapshot/snapshot.js';
import type {Transport} from './transport.js';

export interface TransportEnd {
  /** errno word where the program could not be started: `ENOENT`. */
  code: string | undefined;
  exitCode: number | undefined;
  stderr: string;
  /** What was being read when we gave up, because nothing more came. */
  stalled: string | undefined;
  /** Set where it was given up for another reason: a section or the host took too long, or it told too much. */
  excess?: 'time' | 'limit' | 'bytes';
  /** Whether any section had come before. */
  begun: boolean;
}

type Failure = NonNullable<HostEvidence['failure']>;

interface SshTarget {
  /** As typed behind `ssh` or `ssh-copy-id`: `-p 2222 user@host`. */
  words: string;
  /** The name in the file of known hosts. */
  knownAs: string;
}

function sshTarget(label: string): SshTarget {
  const [, user = '', bracketed = '', port] =
    /^ssh:\/\/([^@]*@)?(\[[^\]]*\]|[^:/]*)(?::(\d+))?/.exec(label) ?? [];
  const host = bracketed.replace(/^\[|\]$/g, '');
  return {
    words: `${port === undefined ? '' : `-p ${port} `}${user}${host}`,
    knownAs: port === undefined || port === '22' ? host : `'[${host}]:${port}'`,
  };
}

/** What ssh says (OpenSSH 7 to 10) → why, and what to do. */
const sshReasons: [RegExp, string, string, (to: SshTarget) => string[]][] = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    'ssh-host-key-changed',
    'its host key is not the one that is known here',
    (to) => [
      `Find out why it changed. Only if that is right: ssh-keygen -R ${to.knownAs}`,
      `Then once by hand: ssh ${to.words} true`,
    ],
  ],
  [
    /Host key verification failed|No .* host key is known/,
    'ssh-host-key-unknown',
    'its host key is not known here yet',
    (to) => [`Check and accept the key once by hand: ssh ${to.words} true`],
  ],
  [
    /Permission denied|Too many authentication failures|No supported authentication methods/,
    'ssh-permission-denied',
    'it accepts none of our keys (and ovdiag types no passwords)',
    (to) => [
      `Give this user a key there: ssh-copy-id ${to.words}`,
      `See what is tried: ssh -v -o BatchMode=yes ${to.words} true`,
    ],
  ],
  [
    /Connection refused/,
    'ssh-refused',
    'nothing listens on its ssh port',
    (to) => [`Is sshd running there, and is this the right port? ssh -v ${to.words} true`],
  ],
  [
    /timed out|Timeout|timeout|No route to host|Network is unreachable|not responding/,
    'ssh-unreachable',
    'it can not be reached',
    (to) => [`Is the host up, and is its ssh port open from here? ssh -v ${to.words} true`],
  ],
  [
    /Could not resolve hostname/,
    'ssh-unknown-host',
    'its name can not be resolved',
    () => ['Check the spelling, or give its address.'],
  ],
  [
    /kex_exchange_identification|Connection closed|Connection reset|Broken pipe|banner/,
    'ssh-closed',
    'it closed the connection',
    (to) => [`See how far it gets: ssh -v ${to.words} true`],
  ],
];

/** Says why the collector did not come to its end, and what to do next. */
export function explainFailure(transport: Transport, end: TransportEnd): Failure {
  const said = end.stderr === '' ? '' : ` (it said: ${quoteText(lastLine(end.stderr), 300)})`;
  const {code, why, suggestions} = reasonOf(transport, end);
  return {code, message: `${quoteText(transport.label)}: ${why}${said}.`, suggestions};
}

interface Reason {
  code: string;
  why: string;
  suggestions: string[];
}

function reasonOf(transport: Transport, end: TransportEnd): Reason {
  if (end.stalled !== undefined) return stallReason(quoteText(end.stalled), end.excess);
  if (end.code === 'ENOENT') {
    return {
      code: 'program-missing',
      why: `there is no program ${quoteText(transport.argv[0] ?? '')} here`,
      suggestions: [
        transport.kind === 'ssh'
          ? 'Install it: apt-get install openssh-client'
          : 'Check the prefix after exec:',
      ],
    };
  }
  const bySsh = sshReason(transport, end);
  if (bySsh) return bySsh;
  if (end.begun)
    return {code: 'host-cut', why: 'the connection ended before all was read', suggestions: ['Try again.']};
  return {
    code: 'host-failed',
    why: `the shell there ended with status ${end.exitCode ?? '?'} and read nothing`,
    suggestions: [
      transport.kind === 'exec'
        ? 'The prefix must run the command that follows it and pass its standard input on (docker exec needs -i).'
        : 'Can you get a shell there by hand?',
    ],
  };
}

/** Why we gave up waiting, and what is there to be done about it. */
function stallReason(where: string, excess: TransportEnd['excess']): Reason {
  const kept = 'What had come before is kept. Is the host overloaded, or one of its tools stuck?';
  switch (excess) {
    case 'bytes':
      return {code: 'host-flood', why: `it sent far too much while reading ${where}`, suggestions: [kept]};
    case 'limit':
      return {
        code: 'host-timeout',
        why: `its time was over while reading ${where}`,
        suggestions: ['What had come before is kept. To give each host longer: --host-timeout 2m'],
      };
    case 'time':
      return {code: 'host-stalled', why: `it came to no end while reading ${where}`, suggestions: [kept]};
    default:
      return {code: 'host-stalled', why: `nothing more came while reading ${where}`, suggestions: [kept]};
  }
}

/** 255 is ssh's own status; any other comes from the far side, whose shell may say `Permission denied` as well. */
function sshReason({kind, label}: Transport, {exitCode, stderr}: TransportEnd): Reason | undefined {
  if (kind !== 'ssh' || (exitCode !== 255 && exitCode !== undefined)) return undefined;
  const found = sshReasons.find(([pattern]) => pattern.test(stderr));
  if (!found) return undefined;
  const [, code, why, suggestions] = found;
  return {code, why, suggestions: suggestions(sshTarget(label))};
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
