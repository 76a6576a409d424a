/**
 * What rules do to a packet on its way, as far as they can be understood: all base chains of a hook over all tables and programs,
 * in the kernel's order. Where a rule only perhaps meets the packet both ways are followed, and the verdict is known only if
 * they end alike; what a rule makes of the packet (marks, addresses) is seen by those after it.
 */
import {rulesOf, tableOf} from '../model/rules/questions.js';
import type {
  ActionName,
  Rule,
  RuleAction,
  RuleChain,
  RuleProgram,
  Ruleset,
  RuleTable,
} from '../model/rules/rule.js';
import {
  both,
  type FilteredPacket,
  familyOf,
  type Held,
  type Hook,
  ruleHolds,
  type SeenPacket,
} from './netfilter.js';
import {isNat, joined, type Passed, passChain} from './rule-chain.js';

export type FilterVerdict = 'accept' | 'drop' | 'unknown';

export interface Filtering {
  verdict: FilterVerdict;
  /** The rule, or the chain by its policy, that drops it, or the first that could not be understood. */
  by?: Rule | RuleChain;
  /** Of a dropped packet: what may have dropped it before, and was only perhaps met or is asked in an order that nothing shows. */
  perhapsBy?: Rule | RuleChain;
  /** Of an accepted packet: the rule that gives it another address, or perhaps does. */
  translatedBy?: Rule;
}

/**
 * Hooks that a packet passes on its way, in the kernel's order (netfilter.h, enum nf_inet_hooks and nf_dev_hooks; net/core/dev.c
 * __netif_receive_skb_core and __dev_queue_xmit for those at a device).
 */
const hooksOn: Record<Hook, string[]> = {
  INPUT: ['ingress', 'prerouting', 'input'],
  OUTPUT: ['output', 'postrouting', 'egress'],
  FORWARD: ['ingress', 'prerouting', 'forward', 'postrouting', 'egress'],
};

/** Hooks at a device, whose chains are of some devices only. */
export const atDevice: ReadonlySet<string> = new Set(['ingress', 'egress']);

/** Follows a packet through all chains that it meets on its way. */
export function filterPacket(rulesets: readonly Ruleset[], way: Hook, packet: FilteredPacket): Filtering {
  const found = followed(rulesets, way, packet);
  if (found.verdict !== 'drop' || !mayBypass(rulesets, way, packet)) return found;
  const by = offloading(rulesets) ?? found.by;
  return {verdict: 'unknown', ...(by ? {by} : {})};
}

/**
 * Whether a packet may be of a flow that a flowtable has taken, by rules of now or of before: it then meets no rule
 * (nf_flow_table_ip.c, nf_flow_offload_ip_hook). The first packet of a connection never is.
 */
function mayBypass(rulesets: readonly Ruleset[], way: Hook, {protocol, ctState}: FilteredPacket): boolean {
  return (
    way === 'FORWARD' &&
    ctState !== 'NEW' &&
    (protocol === 'tcp' || protocol === 'udp') &&
    rulesets.some(({tables}) => tables.some(({flowtables}) => flowtables !== undefined))
  );
}

/** The first rule that gives flows to a flowtable. */
function offloading(rulesets: readonly Ruleset[]): Rule | undefined {
  return rulesOf(rulesets).find(({statements}) =>
    statements.some((one) => 'match' in one && one.match === 'offload'),
  );
}

function followed(rulesets: readonly Ruleset[], way: Hook, packet: FilteredPacket): Filtering {
  const walk: Walk = {way, now: begun(packet), asked: packet, isLost: false};
  for (const hook of hooksOn[way]) {
    if (atDevice.has(hook) && !packet.framed) continue;
    if (hook === 'forward') walk.now = routed(walk.now);
    for (const together of chainsAt(rulesets, hook, familyOf(packet))) {
      const dropped = passTogether(walk, hook, together);
      if (dropped) return dropped;
    }
  }
  if (walk.perhaps) return {verdict: 'unknown', by: walk.perhaps};
  // Which chains it meets after that was not followed.
  if (walk.isLost && walk.translatedBy) return {verdict: 'unknown', by: walk.translatedBy};
  return {verdict: 'accept', ...(walk.translatedBy ? {translatedBy: walk.translatedBy} : {})};
}

/** A router takes one from the hops that a packet has left before rules see it (ip_forward.c ip_forward, ip6_output.c ip6_forward). */
function routed(packet: SeenPacket): SeenPacket {
  const header = {...packet.header};
  for (const field of ['ip ttl', 'ip6 hoplimit'] as const)
    if (header[field] !== undefined) header[field] -= 1;
  return packet.header ? {...packet, header} : packet;
}

interface Walk {
  way: Hook;
  /** What the packet has become. */
  now: SeenPacket;
  asked: FilteredPacket;
  /** It may have been sent another way, so no later chain is certain to see it. */
  isLost: boolean;
  /** What may drop it. */
  perhaps?: Rule | RuleChain;
  translatedBy?: Rule;
}

/**
 * No rule has marked it yet, but ESP that leaves and what comes out of it have the mark of what they were before (xfrm_input.c,
 * xfrm_output.c). What an open connection was marked with is not known.
 */
function begun(packet: FilteredPacket): SeenPacket {
  const {ctState, ipsec, src, dst, before} = packet;
  const wasOther = ipsec && (packet.protocol === 'esp') !== packet.dstLocal;
  return {
    ...packet,
    original: {src, dst: before?.dst ?? dst},
    ...(wasOther ? {} : {mark: 0}),
    ...(ctState === 'NEW' ? {connectionMark: 0, sourceTranslated: false, destinationTranslated: false} : {}),
  };
}

interface Asked {
  ruleset: Ruleset;
  chain: RuleChain;
}

/** Rulesets are walked for many packets. */
const ordered = new WeakMap<readonly Ruleset[], Map<string, Asked[][]>>();

/** The chains at a hook that see packets of a family: by priority, those of the same one together. */
function chainsAt(rulesets: readonly Ruleset[], hook: string, family: 'ip' | 'ip6'): Asked[][] {
  const known = ordered.get(rulesets) ?? new Map<string, Asked[][]>();
  ordered.set(rulesets, known);
  const key = `${family} ${hook}`;
  const made = known.get(key) ?? orderedAt(rulesets, hook, family);
  known.set(key, made);
  return made;
}

function orderedAt(rulesets: readonly Ruleset[], hook: string, family: 'ip' | 'ip6'): Asked[][] {
  const groups = new Map<number, Asked[]>();
  for (const ruleset of rulesets) {
    for (const chain of ruleset.hooked.get(hook) ?? []) {
      if (!seesFamily(chain, hook, family)) continue;
      const at = priorityOf(chain, hook);
      const beside = groups.get(at);
      if (beside) beside.push({ruleset, chain});
      else groups.set(at, [{ruleset, chain}]);
    }
  }
  return [...groups].sort(([one], [other]) => one - other).map(([, together]) => together);
}

/** `netdev` has no hooks but those at a device. */
function seesFamily({family: own}: RuleChain, hook: string, family: 'ip' | 'ip6'): boolean {
  return own === 'inet' || own === (atDevice.has(hook) ? 'netdev' : family);
}

/** Whether a chain sees what passes its hook: one at a device only what passes that device. */
function seesDevice({base}: RuleChain, hook: string, {inInterface, outInterface}: SeenPacket): Held {
  if (!atDevice.has(hook)) return 'yes';
  const own = hook === 'ingress' ? inInterface : outInterface;
  if (own === undefined || base?.devices === undefined) return 'perhaps';
  return base.devices.some((name) => isNamed(own, name)) ? 'yes' : 'no';
}

/** Whether a device has the name that a chain was given, which may end in a `*` (nft(8), CHAINS: device). */
export const isNamed = (device: string, name: string): boolean =>
  name.endsWith('*') ? device.startsWith(name.slice(0, -1)) : device === name;

/** Conntrack's and translation's places at the hooks (linux/netfilter_ipv4.h: NF_IP_PRI_CONNTRACK, _NAT_DST, _NAT_SRC). */
const [conntrackAt, destinationsAt, sourcesAt] = [-200, -100, 100];

/** Chains of type nat are all asked where translation is done, whatever their own priority (nf_nat_core.c nf_nat_register_fn). */
function priorityOf(chain: RuleChain, hook: string): number {
  const own = chain.base?.priority ?? 0;
  if (!isNat(chain)) return own;
  return hook === 'prerouting' || hook === 'output' ? destinationsAt : sourcesAt;
}

/**
 * Chains of one priority are asked in the order in which the kernel got to know them, which nothing shows: what one of them
 * writes another may have seen or not.
 */
function passTogether(walk: Walk, hook: string, together: Asked[]): Filtering | undefined {
  const filters = together.filter(({chain}) => !isNat(chain));
  const nats = together.filter(({chain}) => isNat(chain));
  nats.sort((one, other) => (one.chain.base?.priority ?? 0) - (other.chain.base?.priority ?? 0));
  for (const asked of filters) {
    const isUnsure = filters.some((other) => other !== asked && writes(other));
    const dropped = passBase(walk, hook, asked, isUnsure);
    if (dropped) return {...beforeAny(walk, hook, filters, asked), ...dropped};
  }
  return translateAt(walk, hook, nats);
}

/** Of a packet that a chain drops: the one beside it that may have dropped it before. */
function beforeAny(
  walk: Walk,
  hook: string,
  filters: readonly Asked[],
  by: Asked,
): {perhapsBy?: Rule | RuleChain} {
  for (const other of filters.slice(filters.indexOf(by) + 1)) {
    const table = tableOf(other.ruleset, other.chain.table, other.chain.family);
    if (seesDevice(other.chain, hook, walk.now) === 'no') continue;
    const dropped = table && passChain(table, other.chain, unmarked(seenAt(walk, hook, other.chain))).dropped;
    if (dropped) return {perhapsBy: dropped};
  }
  return {};
}

const written: ReadonlySet<ActionName> = new Set<ActionName>(['mark', 'connection-mark', 'untrack', 'other']);
const untracks: ReadonlySet<ActionName> = new Set<ActionName>(['untrack']);
const marks: ReadonlySet<ActionName> = new Set<ActionName>(['mark', 'connection-mark', 'other']);

/** Whether anything in a chain's table leaves a mark. */
const writes = (asked: Asked): boolean => does(asked, written);

function does({ruleset, chain: {table, family}}: Asked, actions: ReadonlySet<ActionName>): boolean {
  return (tableOf(ruleset, table, family)?.rules ?? []).some(({statements}) =>
    statements.some((statement) => 'action' in statement && actions.has(statement.action)),
  );
}

function unmarked({mark: _, connectionMark: __, ...packet}: SeenPacket): SeenPacket {
  return packet.ctState === 'INVALID' || packet.ctState === 'UNTRACKED'
    ? {...packet, ctState: 'ANY'}
    : packet;
}

/** One base chain: it may drop the packet, for sure or perhaps, or change it. */
function passBase(
  walk: Walk,
  hook: string,
  {ruleset, chain}: Asked,
  isUnsure: boolean,
): Filtering | undefined {
  const table = tableOf(ruleset, chain.table, chain.family);
  const sees = seesDevice(chain, hook, walk.now);
  if (!table || sees === 'no') return undefined;
  const seen = isUnsure ? unmarked(seenAt(walk, hook, chain)) : seenAt(walk, hook, chain);
  const passed = passChain(table, chain, seen);
  if (isDropped(passed, walk.isLost || sees === 'perhaps')) return droppedIn(walk, passed);
  doubt(walk, passed);
  const {passes} = passed;
  const before = walk.now;
  if (passes && passes !== seen) walk.now = unseen(walk.now, seen, passes);
  if (passes && isUnsure) walk.now = unsure(walk.now, passes, {ruleset, chain});
  if (sees === 'perhaps') walk.now = joined(before, walk.now);
  return undefined;
}

/** What a chain may have written of that which was hidden from it looks as if it had done nothing. */
function unsure(now: SeenPacket, passes: SeenPacket, asked: Asked): SeenPacket {
  const after = {...now};
  if (passes.mark === undefined && does(asked, marks)) delete after.mark;
  if (passes.connectionMark === undefined && does(asked, marks)) delete after.connectionMark;
  if (after.ctState !== 'UNTRACKED' && does(asked, untracks)) after.ctState = 'ANY';
  return after;
}

type Dropped = Passed & {dropped: Rule | RuleChain};

/** Whether a chain drops what it sees, where it is certain to see it. */
function isDropped(passed: Passed, isUnsure: boolean): passed is Dropped {
  return !passed.passes && passed.dropped !== undefined && !isUnsure;
}

function droppedIn({perhaps}: Walk, {dropped, earlier}: Dropped): Filtering {
  const before = perhaps ?? earlier;
  return {verdict: 'drop', by: dropped, ...(before ? {perhapsBy: before} : {})};
}

function doubt(walk: Walk, {odd, dropped}: Passed): void {
  const perhaps = odd ?? dropped;
  if (perhaps) walk.perhaps ??= perhaps;
}

/** What the chain has changed, and nothing of what was only hidden from it. */
function unseen(now: SeenPacket, seen: SeenPacket, passes: SeenPacket): SeenPacket {
  const changed: Record<string, unknown> = {...now};
  for (const key of new Set([...Object.keys(seen), ...Object.keys(passes)]) as Set<keyof SeenPacket>)
    if (seen[key] !== passes[key]) {
      if (passes[key] === undefined) delete changed[key];
      else changed[key] = passes[key];
    }
  return changed as unknown as SeenPacket;
}

/** What a packet does not have yet, or has not at all, at a hook, and what is settled there. */
const missingAt: ReadonlyMap<string, (program: RuleProgram) => Partial<SeenPacket>> = new Map<
  string,
  (program: RuleProgram) => Partial<SeenPacket>
>([
  ['ingress', () => ({unrouted: true as const, outInterface: ''})],
  ['egress', () => ({leaves: true as const, inInterface: ''})],
  ['prerouting', (program) => ({unrouted: true as const, ...(program === 'nft' ? {outInterface: ''} : {})})],
  ['input', (program) => (program === 'nft' ? {outInterface: ''} : {})],
  ['output', (program) => (program === 'nft' ? {inInterface: ''} : {})],
  ['postrouting', () => ({leaves: true as const})],
]);

/**
 * A packet as a chain sees it: nftables may ask for an interface at a hook where there is none yet, and gets an empty name
 * (nft_meta.c nft_meta_store_ifname; iptables refuses such a rule); before conntrack no packet has a connection; and before translation a packet is what it came as.
 */
function seenAt({now, asked}: Walk, hook: string, {program, base}: RuleChain): SeenPacket {
  const priority = base?.priority ?? 0;
  const seen: SeenPacket = {...now, ...missingAt.get(hook)?.(program)};
  if (hook === 'ingress') {
    seen.ctState = 'INVALID';
    return asked.before ? {...seen, ...asked.before, dstLocal: true} : seen;
  }
  if ((hook === 'prerouting' || hook === 'output') && priority <= conntrackAt && seen.ctState !== 'UNTRACKED')
    seen.ctState = priority < conntrackAt && seen.ctState !== 'ANY' ? 'INVALID' : 'ANY';
  if (hook !== 'prerouting' || !asked.before || priority > destinationsAt) return seen;
  seen.dstLocal = true;
  if (priority < destinationsAt) return {...seen, ...asked.before};
  const {dport: _, ...unsure} = seen;
  return {...unsure, dst: ''};
}

/** The chains of type nat at one hook: the first that translates is the last that is asked (nf_nat_core.c nf_nat_inet_fn). */
function translateAt(walk: Walk, hook: string, nats: Asked[]): Filtering | undefined {
  // What belongs to a connection is translated as its first packet was, and what has none is not translated.
  const {ctState} = walk.now;
  if (ctState === 'ESTABLISHED' || ctState === 'INVALID' || ctState === 'UNTRACKED') return undefined;
  // What is before a translation that is known is not asked again.
  if (hook === 'prerouting' && walk.asked.before) return undefined;
  for (const asked of nats) {
    const odd = rivalOf(walk, hook, asked, nats);
    if (odd) {
      walk.perhaps ??= odd;
      walk.isLost = true;
    }
    const done = translateBy(walk, hook, asked);
    if (done) return done === 'translated' ? undefined : done;
  }
  return undefined;
}

/**
 * Of a chain that translates or drops: what decides otherwise in one of the same priority, which may be asked before it. A chain that
 * translates keeps the packet from all that are asked after it, those that would drop it among them.
 */
function rivalOf(walk: Walk, hook: string, asked: Asked, nats: Asked[]): Rule | RuleChain | undefined {
  const beside = nats.filter(
    ({chain}) => chain !== asked.chain && chain.base?.priority === asked.chain.base?.priority,
  );
  const own = beside.length === 0 ? undefined : natPassed(walk, hook, asked);
  if (!own?.translated && !own?.dropped) return undefined;
  for (const other of beside) {
    const {dropped, translated} = natPassed(walk, hook, other) ?? {};
    const decides = (own.translated ? dropped : undefined) ?? translated?.by;
    if (decides) return decides;
  }
  return undefined;
}

function natPassed(walk: Walk, hook: string, {ruleset, chain}: Asked): Passed | undefined {
  const table = tableOf(ruleset, chain.table, chain.family);
  return table && passChain(table, chain, seenAt(walk, hook, {...chain, base: {hook, priority: 0}}));
}

function translateBy(
  walk: Walk,
  hook: string,
  {ruleset, chain}: Asked,
): Filtering | 'translated' | undefined {
  const table = tableOf(ruleset, chain.table, chain.family);
  if (!table) return undefined;
  const seen = seenAt(walk, hook, {...chain, base: {hook, priority: 0}});
  const passed = passChain(table, chain, seen);
  if (isDropped(passed, walk.isLost || walk.now.ctState === 'ANY')) return droppedIn(walk, passed);
  doubt(walk, passed);
  const {passes, translated} = passed;
  if (!translated || !passes) return undefined;
  applyTranslation(walk, hook, {by: translated.by, passes: unseen(walk.now, seen, passes)});
  return translated.isSure ? 'translated' : undefined;
}

function applyTranslation(walk: Walk, hook: string, {by, passes}: {by: Rule; passes: SeenPacket}): void {
  const {now} = walk;
  walk.now = now.ctState === 'ANY' ? joined(now, passes) : passes;
  const after = walk.now;
  const isMoved = after.dst !== now.dst;
  const isRedirect = after.redirected === true && hook === 'prerouting' && walk.way === 'INPUT';
  if (isMoved && !isRedirect && (hook === 'prerouting' || hook === 'output')) {
    // Where it goes then is looked up anew.
    walk.isLost ||= hook === 'prerouting';
    const {outInterface: _, ...elsewhere} = after;
    walk.now = elsewhere;
  }
  if (isRedirect) {
    if (after.dport === undefined) walk.translatedBy ??= by;
    return;
  }
  const changesSource = after.src !== now.src && !walk.asked.sourceMayChange;
  if (isMoved || changesSource || after.dport !== now.dport) walk.translatedBy ??= by;
}

const translations: readonly ActionName[] = ['snat', 'dnat', 'masquerade', 'redirect', 'netmap'];

/** More jumps than that are in no ruleset that a kernel took (net/netfilter/nf_tables_api.c, NFT_JUMP_STACK_SIZE: 16). */
const mostJumps = 32;

/** A rule that a packet meets, or may meet where a match of it is not understood. */
export interface MetRule {
  match: 'yes' | 'perhaps';
  action: RuleAction;
  rule: Rule;
}

/** After these no other rule of the table sees the packet. */
const final: ReadonlySet<ActionName> = new Set<ActionName>(['accept', 'drop', 'reject', ...translations]);

interface Search {
  table: RuleTable;
  actions: readonly ActionName[];
  packet: FilteredPacket;
  met: MetRule[];
  /** `perhaps` where the packet's way may have ended before, by a rule that only perhaps meets it. */
  goesOn: Held;
}

/** The rules with one of these actions that a packet meets in a chain and those it jumps to, in order. */
export function rulesMet(
  table: RuleTable | undefined,
  {chain, actions}: {chain: string; actions: readonly ActionName[]},
  packet: FilteredPacket,
): MetRule[] {
  const met: MetRule[] = [];
  if (table) search({table, actions, packet, met, goesOn: 'yes'}, chain, 'yes', 0);
  return met;
}

type Onward = 'ended' | 'returned';

/** `ended` where the packet's way through the table does. */
function search(run: Search, name: string, reached: Held, depth: number): Onward {
  if (depth > mostJumps) return 'returned';
  let here = reached;
  for (const rule of run.table.chains.get(name)?.rules ?? []) {
    const own = ruleHolds(rule, run.packet);
    const match = both(both(here, run.goesOn), own);
    if (match === 'no') continue;
    const left = meet(run, rule, match, depth);
    if (left === 'ended' || (left === 'returned' && own === 'yes')) return left;
    if (left === 'returned') here = 'perhaps';
  }
  return 'returned';
}

/** What a rule that is met does to the search: `next` where the chain goes on. */
function meet(run: Search, rule: Rule, match: 'yes' | 'perhaps', depth: number): Onward | 'next' {
  for (const action of rule.statements) {
    if ('match' in action) continue;
    if (run.actions.includes(action.action)) run.met.push({match, action, rule});
    const left = leave(run, action, match, depth);
    if (left !== 'next') return left;
  }
  return 'next';
}

/** Where an action takes the search. */
function leave(run: Search, action: RuleAction, match: 'yes' | 'perhaps', depth: number): Onward | 'next' {
  if (final.has(action.action)) {
    if (match === 'yes') return 'ended';
    run.goesOn = 'perhaps';
    return 'next';
  }
  if (action.action === 'return') return 'returned';
  if (action.action !== 'jump' && action.action !== 'goto') return 'next';
  if (search(run, action.chain, match, depth + 1) === 'ended') return 'ended';
  // What a goto jumped to returns to whoever called this chain.
  return action.action === 'goto' ? 'returned' : 'next';
}
