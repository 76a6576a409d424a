/**
 * What xt matches and targets are told in a table of iptables-nft. nft's JSON has their names alone; its text has them in nft's own
 * words where libxtables knows such (nftables src/xt.c xt_stmt_xlate, iptables extensions' xlate), else as `xt match NAME`. Only
 * translations are taken that leave nothing out.
 */
import {readStatements} from './iptables.js';
import {isObject, type Json, named, word} from './nftables-words.js';
import type {RuleStatement} from './rule.js';

/** Rules as `nft -a list table` prints them, by `FAMILY TABLE CHAIN HANDLE`. */
export type RuleTexts = ReadonlyMap<string, string>;

export const ruleKey = (family: string, table: string, chain: string, handle: string): string =>
  `${family} ${table} ${chain} ${handle}`;

/** `table FAMILY NAME { # handle N`, in it `chain NAME { # handle N`, in that a rule a line, each with its handle behind it. */
export function parseNftText(output: string): Map<string, string> {
  const texts = new Map<string, string>();
  let [family, table, chain] = ['', '', ''];
  for (const line of output.split('\n')) {
    const [, ofTable, named = ''] = /^table (\S+) (\S+) \{/.exec(line) ?? [];
    if (ofTable !== undefined) [family, table, chain] = [ofTable, named, ''];
    else if (line.startsWith('\t\t')) {
      const end = line.lastIndexOf(' # handle ');
      if (end > 0 && chain !== '')
        texts.set(ruleKey(family, table, chain, line.slice(end + ' # handle '.length)), line.slice(2, end));
    } else chain = /^\tchain (\S+) \{/.exec(line)?.[1] ?? '';
  }
  return texts;
}

/** How the text of an extension is read. */
interface Form {
  /** A regular expression; a space ends each word. */
  text: string;
  /** The same in the words of iptables. */
  told: (text: string) => string;
}

const negation = (text: string): string => (/ !=? /.test(text) ? '! ' : '');
const last = (text: string): string => text.split(' ').at(-1) ?? '';

/** Ports as nft has them in those of iptables. */
const portsOf = (text: string): string => text.replace(/[{} ]/g, '').replaceAll('-', ':');

function portOptions(text: string): string {
  return [...text.matchAll(/([sd]port) (!= )?(\d+(?:-\d+)?)/g)]
    .map(([, side, not, ports = '']) => `${not ? '! ' : ''}--${side} ${portsOf(ports)}`)
    .join(' ');
}

const portForm = (protocol: string): Form => ({
  text: `(?:${protocol} [sd]port (?:!= )?\\d+(?:-\\d+)? )+`,
  told: (text) => `-m ${protocol} ${portOptions(text)}`,
});

const stateForm: Form = {
  text: 'ct state (?:!=? )?(?:invalid|new|related|established|untracked)(?:,[a-z]+)* ',
  told: (text) => `-m conntrack ${negation(text)}--ctstate ${last(text).toUpperCase()}`,
};

/** The same bits in the form of iptables: those of the mask are cleared, and the value is put over them. */
function markOption(text: string): string {
  const numbers = (text.match(/0x[\da-f]+/g) ?? []).map(Number);
  const [first = 0, second = 0] = numbers;
  const hex = (value: number) => `0x${(value >>> 0).toString(16)}`;
  if (text.includes(' and ')) return `${hex(second)}/${hex(~first)}`;
  if (text.includes(' or ')) return `${hex(first)}/${hex(first)}`;
  return text.includes(' xor ') ? `${hex(first)}/0x0` : `${hex(first)}/0xffffffff`;
}

/** Behind a translation: they change neither whether it is done nor where to. */
const natFlags = '(?:(?:random|fully-random|persistent)(?:,(?:random|fully-random|persistent))* )?';

const natForm = (name: string, option: string): Form => ({
  text: `${name.toLowerCase()} to \\S+ ${natFlags}`,
  told: (text) => `-j ${name} ${option} ${text.split(' ')[2] ?? ''}`,
});

const hex = '0x[\\da-f]+';

/** By type and name; two of them are never alike. A translation of addrtype with `saddr` may leave out a type of `daddr` beside it, so there is none here. */
const forms: ReadonlyMap<string, Form> = new Map<string, Form>([
  ['match conntrack', stateForm],
  [
    'match addrtype',
    {
      text: 'fib daddr type (?:!= )?[a-z]+ ',
      told: (text) => `-m addrtype ${negation(text)}--dst-type ${last(text).toUpperCase()}`,
    },
  ],
  ['match tcp', portForm('tcp')],
  ['match udp', portForm('udp')],
  [
    'match multiport',
    {
      text: '(?:tcp|udp) [sd]port (?:!= )?\\{ \\d[\\d, -]*\\} ',
      told: (text) => {
        const [, side = '', ports = ''] = /([sd]port) (?:!= )?(.*)$/.exec(text) ?? [];
        return `-m multiport ${negation(text)}--${side}s ${portsOf(ports)}`;
      },
    },
  ],
  [
    'match mark',
    {
      text: `(?:meta )?mark (?:(?:!= )?${hex}|and ${hex} [!=]= ${hex}) `,
      told: (text) => {
        const [mask, value = mask] = text.match(/0x[\da-f]+/g) ?? [];
        return `-m mark ${negation(text)}--mark ${value}${value === mask ? '' : `/${mask}`}`;
      },
    },
  ],
  [
    'match policy',
    {
      text: 'meta secpath (?:missing|exists) ',
      told: (text) => `-m policy --dir in --pol ${last(text) === 'missing' ? 'none' : 'ipsec'}`,
    },
  ],
  ['target DNAT', natForm('DNAT', '--to-destination')],
  ['target SNAT', natForm('SNAT', '--to-source')],
  [
    'target REDIRECT',
    {
      text: `redirect (?:to :\\d+(?:-\\d+)? )?${natFlags}`,
      told: (text) => {
        const port = /:(\d+(?:-\d+)?)/.exec(text)?.[1];
        return port === undefined ? '-j REDIRECT' : `-j REDIRECT --to-ports ${port}`;
      },
    },
  ],
  [
    'target MARK',
    {
      text: `meta mark set (?:${hex}|mark (?:and|or|xor) ${hex}(?: xor ${hex})?) `,
      told: (text) => `-j MARK --set-xmark ${markOption(text)}`,
    },
  ],
]);

const patterns = new Map(
  [...forms].map(([name, {text}]) => {
    const isTarget = name.startsWith('target');
    return [name, new RegExp(`(?<=^| )${text}${isTarget ? '$' : ''}`, 'g')] as const;
  }),
);

/** Longer than any rule of iptables. */
const longest = 4096;

export interface ToldXt {
  /** By place in the rule's `expr`. */
  statements: ReadonlyMap<number, RuleStatement[]>;
  /** Whether nothing is left out of any of them. */
  isWhole: boolean;
}

/**
 * The xt matches and targets of a rule.
 *
 * @param expr as libnftables-json(5) has it
 * @param text the same rule as nft's text has it, where that was read
 */
export function readXt(expr: readonly unknown[], text: string | undefined): ToldXt {
  const statements = new Map<number, RuleStatement[]>();
  const line = text === undefined || text.length > longest ? '' : plainText(text);
  let isWhole = true;
  let from = 0;
  for (const [at, one] of expr.entries()) {
    const xt = xtIn(one);
    if (!xt) continue;
    const name = `${word(xt['type'])} ${word(xt['name'])}`;
    const found = tellsAll(line, name, expr) ? foundIn(line, from, name) : undefined;
    const told = found && toldBy(name, found.text);
    if (told) {
      statements.set(at, told);
      from = found.end;
    } else if (!complete.has(name)) isWhole = false;
  }
  return {statements, isWhole};
}

/**
 * How the translations of these begin. One match may be translated to several (`--ctstate NEW --ctorigdst 192.0.2.1`), of which a
 * form above knows one.
 */
const beginnings: ReadonlyMap<string, RegExp> = new Map([
  ['match conntrack', /(?<=^| )ct (?:state|status|direction|original|reply|expiration|protocol)(?= )/g],
  ['match addrtype', /(?<=^| )fib (?=[sd]addr )/g],
]);

/** Whether a rule's text has as many translations of an extension as the rule has matches of it. */
function tellsAll(line: string, name: string, expr: readonly unknown[]): boolean {
  // Its ports are one form; flags and options are not among them.
  if (name === 'match tcp') return !/(?<=^| )tcp (?![sd]port )/.test(line);
  const beginning = beginnings.get(name);
  if (!beginning) return true;
  const alike = expr.filter((one) => {
    const xt = xtIn(one);
    return xt && `${word(xt['type'])} ${word(xt['name'])}` === name;
  });
  return (line.match(beginning) ?? []).length === alike.length;
}

/** What they are told changes nothing of what becomes of the packet here. */
const complete: ReadonlySet<string> = new Set([
  'match comment',
  ...['MASQUERADE', 'REJECT', 'CHECKSUM', 'LOG', 'NFLOG', 'TCPMSS'].map((name) => `target ${name}`),
]);

function xtIn(statement: unknown): Json | undefined {
  if (!isObject(statement)) return undefined;
  const [name, value] = named(statement);
  return name === 'xt' && isObject(value) ? value : undefined;
}

/** Without what is quoted, which may read like anything, and with a space behind each word. */
const plainText = (text: string): string =>
  `${text
    .replace(/"[^"]*"/g, '""')
    .replace(/\s+/g, ' ')
    .trim()} `;

/** The next text in a rule that is of this extension. */
function foundIn(line: string, from: number, name: string): {text: string; end: number} | undefined {
  const pattern = line === '' ? undefined : patterns.get(name);
  if (!pattern) return undefined;
  pattern.lastIndex = from;
  const [found] = pattern.exec(line) ?? [];
  return found === undefined ? undefined : {text: found.trim(), end: pattern.lastIndex};
}

/** As iptables would read it, in nft's words; undefined where iptables reads something in it that is not understood. */
function toldBy(name: string, text: string): RuleStatement[] | undefined {
  const read = readStatements(forms.get(name)?.told(text) ?? '').filter(
    (one) => !('match' in one && one.match === 'module'),
  );
  if (read.some((one) => ('match' in one ? one.match : one.action) === 'other')) return undefined;
  return read.map((one, at) => ({...one, words: at === 0 ? text : ''}));
}
