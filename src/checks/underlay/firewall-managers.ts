/** Firewall managers, which write rules of their own again and again: what they let pass is told to them in their own words. */
import {address, type Command, device, line, nested, plain, sh} from '../../base/command.js';
import {type Fix, fixBy, noFix} from '../../findings/advice.js';
import {type FilteredPacket, familyOf, ruleHolds} from '../../kernel/netfilter.js';
import type {PacketFilter} from '../../kernel/packet-filter.js';
import {chainOf} from '../../kernel/printed-rule.js';
import {actionOf, isOfIptables, rulesOf, tableOf} from '../../model/rules/questions.js';
import type {Rule, RuleChain, Ruleset, RuleTable} from '../../model/rules/rule.js';

/** Packets to let pass, and from or to whom. */
export interface Accepted {
  hook: 'INPUT' | 'OUTPUT';
  /** One of them. */
  packet: FilteredPacket;
  kinds: readonly PacketKind[];
}

export interface PacketKind {
  peers: readonly string[];
  protocol: string;
  /** Empty for protocols without ports. */
  port: string;
}

/** The fix in the words of the manager whose rules decide; undefined where none of them would accept the packets before. */
export function managersFix(
  filter: PacketFilter | undefined,
  by: Rule | RuleChain,
  accepted: Accepted,
): Fix | undefined {
  const {hook} = accepted;
  const {program, table} = chainOf(by);
  if (program === 'nft' && table === 'firewalld')
    return hook === 'INPUT' ? firewalldFix(filter, by, accepted) : undefined;
  if (acceptsBefore(filter, by, hook, ufwChains[hook])) return ufwFix(by, accepted);
  return hook === 'INPUT' && acceptsBefore(filter, by, hook, zoneChains)
    ? firewalldFix(filter, by, accepted)
    : undefined;
}

/**
 * The same for what a bridge sends on. Answers need nothing: both managers let established connections pass ahead of all else.
 *
 * @param by the rule that decides on requests from the bridge
 */
export function managersForwardFix(
  filter: PacketFilter | undefined,
  by: Rule | RuleChain,
  bridge: string,
): Fix | undefined {
  const {program, table} = chainOf(by);
  if (program === 'nft' && table === 'firewalld') return zoneFix(filter, by, bridge);
  if (acceptsBefore(filter, by, 'FORWARD', ufwChains.FORWARD)) {
    const rule = sh`allow in on ${device(bridge)}`;
    return fixBy({
      commands: [nested(line(aheadOf(by, 'ufw route')), rule)],
      undo: [nested(line('ufw route delete'), rule)],
      affects: `what ufw lets pass from ${bridge}, also after the next boot`,
    });
  }
  return acceptsBefore(filter, by, 'FORWARD', forwardZoneChains) ? zoneFix(filter, by, bridge) : undefined;
}

/** Chains of ufw to which the hooks' chains jump, of both families, and in which it accepts (ufw-framework(8)). */
const ufwChains = {
  FORWARD: ['ufw-before-forward', 'ufw6-before-forward'],
  INPUT: ['ufw-before-input', 'ufw6-before-input'],
  OUTPUT: ['ufw-before-output', 'ufw6-before-output'],
};

/** The same of firewalld with iptables (firewalld's ipXtables.py; FirewallBackend in firewalld.conf(5)). */
const zoneChains = ['INPUT_ZONES_SOURCE', 'INPUT_ZONES'];
const forwardZoneChains = [
  'FORWARD_ZONES_SOURCE',
  'FORWARD_ZONES',
  'FORWARD_IN_ZONES_SOURCE',
  'FORWARD_IN_ZONES',
];

/**
 * Whether a packet comes by one of these chains of the table `filter` before a rule, or a policy, of that table decides on it:
 * what is accepted there gets past it. A rule that is met before them, as one at the head of INPUT, does not.
 */
function acceptsBefore(
  filter: PacketFilter | undefined,
  by: Rule | RuleChain,
  hook: keyof typeof ufwChains,
  names: readonly string[],
): boolean {
  const chain = chainOf(by);
  if (chain.table !== 'filter' || !isOfIptables(chain.family, chain.table)) return false;
  const ruleset = filter?.rulesets.find((one) => holds(one, chain));
  const table = ruleset && tableOf(ruleset, 'filter', chain.family);
  const rules = table?.chains.get(hook)?.rules ?? [];
  const accepting = rules.findIndex((rule) => names.includes(targetOf(rule) ?? ''));
  if (!table || accepting < 0) return false;
  if (chain.name !== hook)
    return rules.findIndex((rule) => reaches(table, targetOf(rule), chain.name)) >= accepting;
  return !('statements' in by) || by.position - 1 > accepting;
}

/** What nft shows of a table of iptables-nft belongs to the rules of that. */
function holds({program}: Ruleset, chain: RuleChain): boolean {
  return chain.program === 'nft'
    ? program === (chain.family === 'ip6' ? 'ip6tables-nft' : 'iptables-nft')
    : program === chain.program;
}

function targetOf(rule: Rule): string | undefined {
  const action = actionOf(rule);
  return action?.action === 'jump' || action?.action === 'goto' ? action.chain : undefined;
}

function reaches(
  table: RuleTable,
  from: string | undefined,
  name: string,
  seen: Set<string> = new Set(),
): boolean {
  if (from === undefined || seen.has(from)) return false;
  seen.add(from);
  return (
    from === name ||
    (table.chains.get(from)?.rules ?? []).some((rule) => reaches(table, targetOf(rule), name, seen))
  );
}

/** Now and for good, without a reload, which would take away what others have put in meanwhile (firewall-cmd(1)). */
function toldZone(zone: string, what: Command): Command[] {
  return [
    nested(sh`firewall-cmd --zone=${plain(zone)}`, what),
    nested(sh`firewall-cmd --permanent --zone=${plain(zone)}`, what),
  ];
}

function firewalldFix(
  filter: PacketFilter | undefined,
  by: Rule | RuleChain,
  {packet, kinds}: Accepted,
): Fix {
  const zone = firewalldZone(filter, packet);
  if (zone === undefined)
    return noFix(
      'not known: the zone of firewalld that this interface is in (firewall-cmd --get-active-zones)',
    );
  // Open ports are accepted in the chain after these (firewalld.richlanguage(5), rule priorities).
  if (/_(?:pre|log|deny)$/.test(chainOf(by).name))
    return noFix(
      `a rich rule of firewalld decides before its open ports: firewall-cmd --zone=${zone} --list-rich-rules shows it`,
    );
  const typed = (verb: 'add' | 'remove') =>
    kinds.flatMap(({protocol, port}) => {
      const what =
        port === ''
          ? sh`--${line(verb)}-protocol=${plain(protocol)}`
          : sh`--${line(verb)}-port=${plain(port)}/${plain(protocol)}`;
      return toldZone(zone, what);
    });
  return fixBy({
    commands: typed('add'),
    undo: typed('remove'),
    affects: `what the zone ${zone} of firewalld lets in, from everywhere`,
  });
}

/**
 * The bridge in the zone that the engine makes for its own (moby daemon/libnetwork/iptables/firewalld.go), or where firewalld does not
 * have that, in the one that also lets all pass (firewalld.zones(5), trusted).
 */
function zoneFix(filter: PacketFilter | undefined, by: Rule | RuleChain, bridge: string): Fix {
  const name = chainOf(by).name;
  // Rich rules and policies of its user decide before the zone's own target.
  if (/_(?:pre|log|deny)$|_policy_/.test(name))
    return noFix(
      `a rich rule or a policy of firewalld decides: firewall-cmd --list-all-zones and firewall-cmd --list-all-policies show it`,
    );
  const hasDockers = rulesOf(filter?.rulesets).some(({chain}) =>
    /^(?:filter_)?FWD[IO]?_docker$/.test(chain.name),
  );
  const zone = hasDockers ? 'docker' : 'trusted';
  const typed = (verb: 'change' | 'remove') =>
    toldZone(zone, sh`--${line(verb)}-interface=${device(bridge)}`);
  return fixBy({
    commands: typed('change'),
    undo: typed('remove'),
    affects: `what comes from ${bridge}: the zone ${zone} of firewalld lets all of it pass, to this host too${hasDockers ? ', as for other bridges of Docker' : ''}`,
  });
}

/**
 * The zone whose chain the packet is sent to (firewalld's nftables.py: filter_INPUT_ZONES, filter_IN_ZONE; ipXtables.py the same
 * without `filter_`), by its source or its interface; undefined where a rule before only perhaps meets it.
 */
function firewalldZone(filter: PacketFilter | undefined, packet: FilteredPacket): string | undefined {
  const rules = (filter?.rulesets ?? []).flatMap((ruleset) => [
    ...(tableOf(ruleset, 'firewalld', 'inet')?.chains.get('filter_INPUT_ZONES')?.rules ?? []),
    ...zoneChains.flatMap(
      (name) => tableOf(ruleset, 'filter', familyOf(packet))?.chains.get(name)?.rules ?? [],
    ),
  ]);
  for (const rule of rules) {
    const held = ruleHolds(rule, packet);
    if (held === 'no') continue;
    return held === 'yes' ? /^(?:filter_)?IN_(.+)$/.exec(targetOf(rule) ?? '')?.[1] : undefined;
  }
  return undefined;
}

/** Rules of its user stand in the order in which they were told, and the first that is for a packet decides (ufw(8), RULE SYNTAX). */
function aheadOf(by: Rule | RuleChain, command: 'ufw' | 'ufw route'): string {
  return /^ufw6?-user-/.test(chainOf(by).name) ? `${command} prepend` : command;
}

function ufwFix(by: Rule | RuleChain, {hook, kinds}: Accepted): Fix {
  const typed = (before: Command) =>
    kinds.flatMap(({peers, protocol, port}) =>
      peers.map((peer) => {
        const ends =
          hook === 'INPUT'
            ? sh`allow in proto ${plain(protocol)} from ${address(peer)} to any`
            : sh`allow out proto ${plain(protocol)} to ${address(peer)}`;
        return nested(before, port === '' ? ends : nested(ends, sh`port ${plain(port)}`));
      }),
    );
  return fixBy({
    commands: typed(line(aheadOf(by, 'ufw'))),
    undo: typed(line('ufw delete')),
    affects: 'what ufw lets pass of these nodes, also after the next boot',
  });
}
