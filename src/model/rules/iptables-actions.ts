/** The targets of iptables rules (iptables(8), TARGETS; iptables-extensions(8)). */
import {compact} from '../compact.js';
import {readMark} from './iptables-matches.js';
import type {ActionKind, RuleAction, Translation} from './rule.js';
import type {Word} from './words.js';

/** Reads `-j TARGET …` or `-g CHAIN`, which ends a rule. */
export function readAction(words: Word[], text: string): RuleAction {
  const [how, target, ...options] = words;
  const name = target?.text ?? '';
  const kind: ActionKind =
    how?.text === '-g' ? {action: 'goto', chain: name} : targetOf(name, optionsOf(options));
  return {...kind, words: text.slice(how?.start, words.at(-1)?.end)};
}

/** Options of a target with the word after each. */
function optionsOf(words: Word[]): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const [at, {text}] of words.entries())
    if (text.startsWith('-') && !options.has(text)) options.set(text, words[at + 1]?.text ?? '');
  return options;
}

const none: ReadonlyMap<string, string> = new Map();

/** What a target of this name does: an extension of iptables, else a chain of the user's where it has no options. */
export function targetOf(name: string, options = none): ActionKind {
  const simple = simpleTargets.get(name);
  if (simple) return simple;
  switch (name) {
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
    default:
      return options.size === 0 ? {action: 'jump', chain: name} : {action: 'other', name};
  }
}

/** After these a packet goes on with the next rule as it is; what they change is asked for nowhere. */
const passing = ['CHECKSUM', 'CONNMARK', 'CONNSECMARK', 'CT', 'LOG', 'NFLOG', 'NOTRACK', 'SECMARK', 'TCPMSS'];

const simpleTargets: ReadonlyMap<string, ActionKind> = new Map<string, ActionKind>([
  ['ACCEPT', {action: 'accept'}],
  ['DROP', {action: 'drop'}],
  ['RETURN', {action: 'return'}],
  ['MASQUERADE', {action: 'masquerade'}],
  ['NETMAP', {action: 'netmap'}],
  ...passing.map((name): [string, ActionKind] => [name, {action: 'pass', name}]),
]);

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
