/** Hops at which packet filters decide: the hosts' own, and those inside containers and sandboxes. */

import type {FindingCode} from '../findings/catalogue.js';
import {callsIptables, throughBridgeChains} from '../kernel/bridge-chains.js';
import type {FilteredPacket, Hook} from '../kernel/netfilter.js';
import {decide, packetFilter} from '../kernel/packet-filter.js';
import {chainLine, chainOf, dropWord, listing, ruleLine} from '../kernel/printed-rule.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {rulesKnown} from '../model/rules/known.js';
import {rulesOf} from '../model/rules/questions.js';
import type {Rule, RuleChain, Ruleset} from '../model/rules/rule.js';
import type {Layer} from '../services/step.js';
import {inNamespace} from '../topology/in-namespace.js';
import type {AtBridge} from './bridge.js';
import type {Walk} from './disposition.js';
import type {Trail} from './trail.js';

/** What the walked packet carries. */
export interface Traffic {
  protocol: 'icmp' | 'tcp' | 'udp';
  dport?: number;
}

/** The first packet of a flow, or the first that answers it, as the rules see it. */
export function packetOf(
  {protocol, dport}: Traffic,
  src: string,
  dst: string,
  reply: boolean,
): FilteredPacket {
  const ports = dport === undefined ? {} : reply ? {sport: dport} : {dport};
  return {
    protocol,
    ...ports,
    src,
    dst,
    ctState: reply ? 'ESTABLISHED' : 'NEW',
    ...(protocol === 'icmp' ? {icmpType: reply ? 0 : 8} : {}),
    ipsec: false,
    dstLocal: false,
  };
}

export interface FilterPlace {
  host: HostModel;
  tables: NetnsTables | undefined;
  layer: Layer;
  /** Whose filter it is: `node1`, `web1`, `the sandbox`. */
  whose: string;
  hook: Hook;
  /** Finding code where it drops. */
  code: FindingCode;
  /** False where an unread filter is no doubt (a namespace in which Docker itself sets no filter). */
  needed: boolean;
}

/**
 * What decides on a frame between two ports of a bridge: chains of nftables' bridge family, and, with br_netfilter,
 * the rules for routed packets as well (net/bridge/br_netfilter_hooks.c); those are set in each namespace.
 */
export function bridgeFilter(
  trail: Trail,
  {host: {model}, netns, tables, bridge}: AtBridge,
  packet: FilteredPacket,
): Walk | undefined {
  const whose = netns === '@host' ? model.name : 'the sandbox';
  const bridged = throughBridgeChains(tables.nftables, portsOf(tables, bridge.name));
  const evidence = bridged.by.map(ruleLine);
  if (bridged.verdict === 'drops')
    return trail.fail(
      model,
      'bridge-filter',
      'bridge-filtered',
      `an nftables bridge chain of ${whose} drops IPv4 frames`,
      {
        device: bridge.name,
        evidence,
        next: inNamespace(model, netns, 'nft list ruleset'),
      },
    );
  if (bridged.verdict === 'perhaps')
    trail.doubt(
      model,
      'bridge-filter',
      `nftables chains of ${whose} see these frames and are not evaluated`,
      evidence,
    );
  const called = callsIptables(model.host?.proc, tables.proc);
  // Docker sets no rules in a sandbox, so what was not read there is no doubt; on the host it is.
  const ruled = (rulesKnown(tables) ?? []).some(canDrop);
  if (called === '0' || (netns !== '@host' && !ruled)) return undefined;
  if (called === undefined) {
    trail.doubt(
      model,
      'bridge-filter',
      'bridge-nf-call-iptables was not read: unknown whether bridged frames pass iptables',
    );
    return undefined;
  }
  return filterHop(
    trail,
    {
      host: model,
      tables,
      layer: 'bridge-filter',
      whose,
      hook: 'FORWARD',
      code: 'bridge-filtered',
      needed: netns === '@host',
    },
    {...packet, inInterface: bridge.name, outInterface: bridge.name},
  );
}

const portsOf = ({links = []}: NetnsTables, bridge: string): string[] =>
  links.flatMap(({name, master}) => (master === bridge ? [name] : []));

/** Whether there is a rule, or a chain that drops what meets none. */
function canDrop({tables}: Ruleset): boolean {
  return tables.some(
    ({rules, chains}) =>
      rules.length > 0 || [...chains.values()].some(({policy = 'accept'}) => policy !== 'accept'),
  );
}

/** `iptables INPUT`, `nft inet guard door`. */
function chainName(chain: RuleChain): string {
  return chain.program === 'nft' ? chainLine(chain) : `iptables ${chain.name}`;
}

function flowText({protocol, dport, src, dst}: FilteredPacket): string {
  return `${protocol}${dport === undefined ? '' : ` ${dport}`} ${src || 'any'} → ${dst}`;
}

/** What the rules at one place do to a packet, over all back ends: it must pass every one of them. */
export function filterHop(trail: Trail, place: FilterPlace, packet: FilteredPacket): Walk | undefined {
  const {host, tables, layer, whose, hook} = place;
  const filter = tables && packetFilter(tables);
  const what = flowText(packet);
  if (!filter) {
    if (place.needed) trail.doubt(host, layer, `packet filter of ${whose} was not read`);
    return undefined;
  }
  const {verdict, by, evidence} = decide(filter, hook, packet);
  if (verdict === 'drop') return dropped(trail, place, packet, {by, evidence});
  if (verdict === 'unknown') {
    const unread = by
      ? `a rule of ${whose} that is not understood decides about ${what}`
      : `nftables chains of ${whose} see ${what} and are not evaluated`;
    trail.doubt(host, layer, unread, evidence);
    return undefined;
  }
  if (place.needed || rulesOf(rulesKnown(tables)).length > 0)
    trail.pass(host, layer, `packet filter of ${whose} passes ${what}`, []);
  return undefined;
}

function dropped(
  trail: Trail,
  {host, layer, whose, hook, code}: FilterPlace,
  packet: FilteredPacket,
  {by, evidence}: {by: Rule | RuleChain | undefined; evidence: string[]},
): Walk {
  const device = hook === 'OUTPUT' ? packet.outInterface : (packet.inInterface ?? packet.outInterface);
  const chain = by ? `${chainName(chainOf(by))} of ` : '';
  return trail.fail(host, layer, code, `${chain}${whose} ${dropWord(by)} ${flowText(packet)}`, {
    ...(device === undefined ? {} : {device}),
    evidence,
    cause: code.startsWith('data-path')
      ? 'the data-path port (UDP) must be open between all nodes'
      : 'a packet filter rule drops it',
    counter: 'packet counter of that rule',
    ...(by ? {next: listing(chainOf(by))} : {}),
  });
}
