/** The targets of iptables rules (iptables(8), TARGETS; iptables-extensions(8)). */
import {compact} from '../compact.js';
import {readMark} from './iptables-matches.js';
import type {ActionKind, RuleAction, Translation} from './rule.js';
import {type Words, wordsBetween} from './words.js';

/** Reads `-j TARGET …` or `-g CHAIN`, which begins at `at` and ends a rule. */
export function readAction(words: Words, at: number): RuleAction {
  const {texts} = words;
  const name = texts[at + 1] ?? '';
  const action = (
    texts[at] === '-g' ? {action: 'goto', chain: name} : targetOf(name, optionsFrom(texts, at + 2))
  ) as RuleAction;
  action.words = wordsBetween(words, at, texts.length);
  return action;
}

/** Options of a target with the word after each. */
function optionsFrom(texts: string[], from: number): ReadonlyMap<string, string> {
  if (from >= texts.length) return none;
  const options = new Map<string, string>();
  for (let at = from; at < texts.length; at++) {
    const text = texts[at] ?? '';
    if (text.startsWith('-') && !options.has(text)) options.set(text, texts[at + 1] ?? '');
  }
  return options;
}

const none: ReadonlyMap<string, string> = new Map();

/** What a target of this name does: an extension of iptables, else a chain of the user's where it has no options. */
export function targetOf(name: string, options = none): ActionKind {
  switch (name) {
    case 'ACCEPT':
      return {action: 'accept'};
    case 'DROP':
      return {action: 'drop'};
    case 'RETURN':
      return {action: 'return'};
    case 'MASQUERADE':
      return {action: 'masquerade'};
    case 'NETMAP':
      return {action: 'netmap'};
    case 'REJECT':
      return compact({action: 'reject' as const, with: options.get('--reject-with')});
    case 'DNAT':
      return compact({action: 'dnat' as const, to: translation(options.get('--to-destination'))});
    case 'SNAT':
      return compact({action: 'snat' as const, to: translation(options.get('--to-source'))});
    case 'REDIRECT':
      return compact({action: 'redirect' as const, port: singlePort(options.get('--to-ports'))});
    case 'MARK':
      return {action: 'mark', ...readMark(options.get('--set-xmark') ?? options.get('--set-mark') ?? '')};
    case 'CONNMARK':
      return connectionMark(options);
    case 'NOTRACK':
      return {action: 'untrack'};
    case 'CT':
      return options.has('--notrack') ? {action: 'untrack'} : {action: 'pass', name};
    default:
      if (passing.has(name)) return {action: 'pass', name};
      return options.size === 0 ? {action: 'jump', chain: name} : {action: 'other', name};
  }
}

/** With masks (`--nfmask`, `--ctmask`) only some bits are copied. */
function connectionMark(options: ReadonlyMap<string, string>): ActionKind {
  const isWhole = !['--nfmask', '--ctmask', '--mask'].some(
    (name) => options.has(name) && !/^0xffffffff$/i.test(options.get(name) ?? ''),
  );
  if (options.has('--restore-mark')) return {action: 'mark', ...(isWhole ? {from: 'connection'} : {})};
  if (options.has('--save-mark')) return {action: 'connection-mark', ...(isWhole ? {from: 'packet'} : {})};
  return {
    action: 'connection-mark',
    ...readMark(options.get('--set-xmark') ?? options.get('--set-mark') ?? ''),
  };
}

/** After these a packet goes on with the next rule as it is; what they change is asked for nowhere. */
const passing = new Set(['CHECKSUM', 'CONNSECMARK', 'LOG', 'NFLOG', 'SECMARK', 'TCPMSS']);

/** `ADDRESS[-ADDRESS][:PORT[-PORT]]`, `:PORT`; IPv6 with a port in brackets. Undefined for what is more. */
function translation(text: string | undefined): Translation | undefined {
  const form =
    /^(?:\[([\da-f:.]+)(?:-([\da-f:.]+))?\]|([\d.]+)(?:-([\d.]+))?)?(?::(\d{1,5})(?:-(\d{1,5}))?)?$/i;
  const found = text === undefined || text === '' ? null : form.exec(text);
  if (!found) return text !== undefined && /^[\da-f:]+$/i.test(text) ? {address: text} : undefined;
  const [, bracketed, lastBracketed, plain, lastPlain, port, lastPort] = found;
  return compact({
    address: bracketed ?? plain,
    lastAddress: lastBracketed ?? lastPlain,
    port: port === undefined ? undefined : Number(port),
    lastPort: lastPort === undefined ? undefined : Number(lastPort),
  });
}

function singlePort(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : undefined;
}
