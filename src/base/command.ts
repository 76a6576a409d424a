/**
 * Commands for people to type, from the values of a host: every value goes through its kind, so that none of them is ever
 * text of the shell. What no command can take (a name with a line break, one that begins like an option, an address that is
 * none) spoils the command, and is told instead of it.
 */
import {isIPv4} from 'node:net';
import {escapeText} from './escape.js';
import {ipVersion} from './ip-version.js';
import {shellWord} from './shell.js';

/** A value in a command, as it is typed. */
export interface Word {
  readonly text: string;
  /** Why it can't be typed. */
  readonly problem?: string;
}

/** A line to type. */
export interface Command {
  readonly text: string;
  /** Why it can't be typed, where a value of the evidence spoils it. */
  readonly problem?: string;
}

/** A command of our own words and of values, each by its kind. */
export function sh(texts: TemplateStringsArray, ...words: readonly Word[]): Command {
  const text = texts.reduce((line, part, index) => line + part + (words[index]?.text ?? ''), '');
  const problem = words.find((word) => word.problem !== undefined)?.problem;
  return {text, ...(problem === undefined ? {} : {problem})};
}

/** A command without the values of a host. */
export function line(text: string): Command {
  return {text};
}

function word(kind: string, text: string, fits: boolean): Word {
  // What is shown in another form than it has can't be copied.
  const typed = fits && text !== '' && !text.startsWith('-') && escapeText(text) === text;
  return typed
    ? {text: shellWord(text)}
    : {text: shellWord(text), problem: `${JSON.stringify(text)} is no ${kind} that a command can take`};
}

/** An IPv4 or IPv6 address. */
export function address(text: string): Word {
  return word('address', text, ipVersion(text) !== 0);
}

/** An address with the length of its prefix. */
export function prefix(text: string): Word {
  const [ip = '', length = '', ...more] = text.split('/');
  const most = isIPv4(ip) ? 32 : 128;
  return word(
    'prefix',
    text,
    more.length === 0 && ipVersion(ip) !== 0 && /^\d{1,3}$/.test(length) && Number(length) <= most,
  );
}

export function mac(text: string): Word {
  return word('MAC', text, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text));
}

/** Name of a network interface: 15 bytes at most, no `/`, no white space, no `:` (linux net/core/dev.c, dev_valid_name). */
export function device(text: string): Word {
  const fits = Buffer.byteLength(text) <= 15 && !/[\s/:]/.test(text) && text !== '.' && text !== '..';
  return word('interface', text, fits);
}

/** Name or id of a container, a network, a service or a node. */
export function named(text: string): Word {
  return word('name', text, true);
}

/** An absolute path. */
export function path(text: string): Word {
  return word('path', text, text.startsWith('/'));
}

export function number(value: number): Word {
  return word('number', String(value), Number.isSafeInteger(value) && value >= 0);
}

/** A word of another program's output, such as a chain or a match of a rule: quoted where it needs it. Not of a leading `-`. */
export function plain(text: string): Word {
  return word('word', text, true);
}

/**
 * Words of a rule as `iptables-save` prints them, in which options stand: each is quoted where it needs it.
 */
export function ruleWords(words: readonly string[]): Word {
  const odd = words.find((one) => one === '' || escapeText(one) !== one);
  return {
    text: words.map(shellWord).join(' '),
    ...(odd === undefined ? {} : {problem: `${JSON.stringify(odd)} in a rule can not be typed`}),
  };
}

/** A command within another one, such as that of a namespace. */
export function nested(before: Command, inner: Command): Command {
  const problem = before.problem ?? inner.problem;
  return {text: `${before.text} ${inner.text}`, ...(problem === undefined ? {} : {problem})};
}
