import {usageError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {ipVersion} from '../base/ip-version.js';

/** A way to run a shell on a host: the argument vector that ends in a shell reading its script from stdin. */
export interface Transport {
  kind: 'local' | 'ssh' | 'exec';
  /** As the user wrote it, for messages and for the snapshot's `source`. */
  label: string;
  argv: string[];
  /** Of the docker client here, where one was named; for `local` only. */
  context?: string;
}

export const localTransport: Transport = {kind: 'local', label: 'local', argv: ['sh', '-s']};

const forms = ['--host ssh://[user@]host[:port]', "--host exec:'COMMAND PREFIX'", '--host local'];

/** Understands one `--host` value. Throws a usage error for anything else. */
export function parseHost(text: string): Transport {
  if (text === 'local') return localTransport;
  if (text.startsWith('ssh://')) return sshTransport(text);
  if (text.startsWith('exec:')) return execTransport(text);
  throw usageError(
    'invalid-host',
    `--host ${quoteText(text)} is in none of the forms that are understood.`,
    forms,
  );
}

/** The way to where evidence was read, by its `source`; undefined where that gave no shell. */
export function transportOf(source: string): Transport | undefined {
  return /^(ssh:\/\/|exec:|local$)/.test(source) ? parseHost(source) : undefined;
}

/**
 * The system's ssh client, so that the user's configuration, agent, jump hosts and known hosts all apply.
 * BatchMode: it fails where it would ask. Host keys are checked as the user's configuration says; the default
 * of `ask` becomes a refusal in BatchMode.
 */
function sshTransport(text: string): Transport {
  // ssh://[user@]host[:port], the host perhaps an IPv6 address in brackets.
  const match = /^ssh:\/\/(?:([^@/]*)@)?(\[[^\]]*\]|[^:/@[\]]*)(?::([0-9]{1,5}))?\/?$/.exec(text);
  const [, user, bracketed = '', port] = match ?? [];
  const host = bracketed.replace(/^\[|\]$/g, '');
  const refuse = (why: string): never => {
    throw usageError('invalid-host', `--host ${quoteText(text)}: ${why}.`, [forms[0] ?? '']);
  };
  if (!match || host === '') return refuse('this is not an ssh address');
  // A leading dash would be read as an option by ssh; the rest keeps ssh's own tokens (%h) and shells out of reach.
  if (host.startsWith('-') || user?.startsWith('-')) return refuse('a host or user may not begin with "-"');
  if (!/^[A-Za-z0-9._-]+$/.test(host) && ipVersion(host.replace(/%[A-Za-z0-9._-]+$/, '')) === 0)
    return refuse('this is no host name');
  if (user !== undefined && !/^[A-Za-z0-9._@\\+-]+$/.test(user)) return refuse('this is no user name');
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65535)) return refuse('this is no port');
  return {
    kind: 'ssh',
    label: text,
    argv: [
      ...sshProgram(),
      // No terminal, and nothing lent to the host: neither the agent nor the display nor configured forwardings.
      '-T',
      '-a',
      '-x',
      '-o',
      'ClearAllForwardings=yes',
      '-o',
      'BatchMode=yes',
      '-o',
      'ConnectTimeout=10',
      '-o',
      'ServerAliveInterval=5',
      '-o',
      'ServerAliveCountMax=3',
      ...(port === undefined ? [] : ['-p', port]),
      ...(user ? ['-l', user] : []),
      '--',
      host,
      // One constant word for whatever login shell is there; sudo only where it asks nothing.
      'sh -c \'if [ "$(id -u)" -gt 0 ] && sudo -n sh -c : 2>/dev/null; then exec sudo -n sh -s; else exec sh -s; fi\'',
    ],
  };
}

/** OVDIAG_SSH replaces the word `ssh`, as GIT_SSH_COMMAND does for git: `OVDIAG_SSH='ssh -F FILE'`. */
function sshProgram(): string[] {
  const words = splitWords(process.env['OVDIAG_SSH'] ?? '');
  return words.length > 0 ? words : ['ssh'];
}

function execTransport(text: string): Transport {
  const words = splitWords(text.slice('exec:'.length));
  if (words.length === 0) {
    throw usageError('invalid-host', `--host ${quoteText(text)} names no command.`, [
      "Example: --host exec:'docker exec -i dind-node1'",
    ]);
  }
  return {kind: 'exec', label: text, argv: [...words, 'sh', '-s']};
}

/** White space, a quoted piece, an escaped character, a plain piece, or a quote that is never closed. */
const pieces = /(\s+)|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.?)|([^\s'"\\]+)|(['"])/gs;

/** Splits into words at white space; quotes (' and ") and backslashes keep it. Nothing is expanded and no shell sees it. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const [, blank, single, double, escaped, plain, open] of text.matchAll(pieces)) {
    if (open !== undefined)
      throw usageError('invalid-host', `There is an open ${open} in ${quoteText(text)}.`);
    if (blank === undefined) {
      const piece = single ?? double?.replaceAll(/\\(.)/gs, '$1') ?? escaped ?? plain ?? '';
      word = (word ?? '') + piece;
    } else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}
