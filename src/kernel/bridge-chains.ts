/** What chains of nftables' bridge family do with IPv4 frames between two ports of a bridge (nft(8), ADDRESS FAMILIES). */
import {besideIptables} from '../model/rules/questions.js';
import type {Rule, RuleAction, RuleChain, RuleMatch, RuleStatement, Ruleset} from '../model/rules/rule.js';
import {atDevice, isNamed} from './rule-walk.js';

export interface BridgeDecision {
  /** `perhaps`: rules that match by what is not evaluated, or that jump, may drop some. */
  verdict: 'passes' | 'drops' | 'perhaps';
  /** What decides, or may. */
  by: (Rule | RuleChain)[];
}

/** Hooks that a forwarded frame passes; those of `input` and `output` see what the bridge itself gets and sends. */
const hooks = ['prerouting', 'forward', 'postrouting'];

/**
 * One chain that drops all is enough, whatever the others do. Those at the devices of ports see the frames too, and are not
 * evaluated for them.
 *
 * @param ports names of the bridge's ports
 */
export function throughBridgeChains(nftables: Ruleset | undefined, ports: readonly string[]): BridgeDecision {
  const chains = besideIptables(nftables)
    .filter(({family, base}) => family === 'bridge' && base !== undefined && hooks.includes(base.hook))
    .map(decideIn);
  const drops = chains.find(({verdict}) => verdict === 'drops');
  if (drops) return drops;
  const by = [
    ...chains.flatMap((one) => (one.verdict === 'perhaps' ? one.by : [])),
    ...besideIptables(nftables).filter((chain) => isAtPort(chain, ports)),
  ];
  return {verdict: by.length > 0 ? 'perhaps' : 'passes', by};
}

function isAtPort({base}: RuleChain, ports: readonly string[]): boolean {
  if (!base || !atDevice.has(base.hook)) return false;
  return base.devices?.some((name) => ports.some((port) => isNamed(port, name))) ?? true;
}

function decideIn(chain: RuleChain): BridgeDecision {
  const {policy = 'accept', rules} = chain;
  const doubtful: Rule[] = [];
  for (const rule of rules) {
    const action = rule.statements.find(decides);
    if (!action) continue;
    const isMet = rule.statements.filter(isMatch).every(holds);
    if (!isMet || !(isDrop(action) || action.action === 'accept')) doubtful.push(rule);
    else if (action.action === 'accept') return inDoubt(doubtful.filter(mayDrop), chain);
    // An earlier rule may accept before this one drops.
    else
      return doubtful.every((one) => !mayPass(one))
        ? {verdict: 'drops', by: [rule]}
        : inDoubt(doubtful, chain);
  }
  if (policy === 'accept') return inDoubt(doubtful.filter(mayDrop), chain);
  return doubtful.some(mayPass) ? inDoubt(doubtful, chain) : {verdict: 'drops', by: [chain]};
}

const inDoubt = (doubtful: Rule[], chain: RuleChain): BridgeDecision =>
  doubtful.length > 0 ? {verdict: 'perhaps', by: [chain]} : {verdict: 'passes', by: []};

const isMatch = (one: RuleStatement): one is RuleMatch => 'match' in one;
const decides = (one: RuleStatement): one is RuleAction => 'action' in one && one.action !== 'pass';
const isDrop = ({action}: RuleAction): boolean => action === 'drop' || action === 'reject';
const mayDrop = ({statements}: Rule): boolean =>
  statements.some((one) => decides(one) && one.action !== 'accept' && one.action !== 'return');
const mayPass = ({statements}: Rule): boolean => statements.some((one) => decides(one) && !isDrop(one));

/** Whether a match holds for every IPv4 frame. */
function holds(match: RuleMatch): boolean {
  if (match.negated) return false;
  if (match.match === 'comment' || match.match === 'always') return true;
  if (match.match === 'family') return match.family === 'ip';
  return match.match === 'other' && /^(ether type|meta protocol) ip$/.test(match.words);
}

type Proc = ReadonlyMap<string, string> | undefined;

/**
 * Whether frames of a bridge pass the IP filter of its namespace as well: `1` or `0`, undefined where that was not read. The
 * setting is each namespace's own; without br_netfilter no host has it, and then no frame is seen.
 */
export function callsIptables(hosts: Proc, own: Proc): string | undefined {
  const path = '/proc/sys/net/bridge/bridge-nf-call-iptables';
  const value = own?.get(path)?.trim();
  if (value !== undefined) return value;
  return hosts !== undefined && !hosts.has(path) ? '0' : undefined;
}
