/** Hops at which packet filters decide: the hosts' own, and those inside containers and sandboxes. */
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import type {Layer, Walk} from './hop.js';
import {type FilteredPacket, filterPacket, type Hook} from './netfilter.js';
import type {Trail} from './trail.js';

/** What the walked packet carries. */
export interface Traffic {
  protocol: 'icmp' | 'tcp' | 'udp';
  dport?: number;
}

export interface FilterPlace {
  host: HostModel;
  tables: NetnsTables | undefined;
  layer: Layer;
  /** Whose filter it is: `this host`, `the namespace of web1`. */
  whose: string;
  hook: Hook;
  /** Finding code where it drops. */
  code: string;
  /** False where an unread filter is no doubt (a namespace in which Docker itself sets no filter). */
  needed: boolean;
}

/** What the rules at one place do to a packet, over all back ends: it must pass every one of them. */
export function filterHop(trail: Trail, place: FilterPlace, packet: FilteredPacket): Walk | undefined {
  const {host, tables, layer, whose, hook, code} = place;
  const {netfilter, nftHooks} = tables ?? {};
  const what = `${packet.protocol}${packet.dport === undefined ? '' : ` ${packet.dport}`} ${packet.src} → ${packet.dst}`;
  if (!netfilter) {
    if (place.needed) trail.doubt(host, layer, `the packet filter of ${whose} was not read`);
    return undefined;
  }
  for (const {backend, rules} of netfilter) {
    const {verdict, rule} = filterPacket(rules, hook, packet);
    if (verdict === 'drop') {
      return trail.fail(host, layer, code, `the rules of ${whose} drop ${what}`, {
        evidence: [`iptables-${backend}: ${rule ?? ''}`],
        cause:
          layer === 'filter-in' || layer === 'filter-out'
            ? 'the UDP port of the data path must be open between all nodes'
            : 'a rule on the way drops it',
        counter: 'the packet counter of that rule',
        next: `iptables-${backend}-save -c`,
      });
    }
    if (verdict === 'unknown') {
      trail.doubt(host, layer, `a rule of ${whose} that is not understood decides on ${what}`, [
        `iptables-${backend}: ${rule ?? ''}`,
      ]);
      return undefined;
    }
  }
  const foreign = (nftHooks ?? []).filter(({hook: own}) => own === hook.toLowerCase());
  if (foreign.length > 0) {
    trail.doubt(
      host,
      layer,
      `nftables chains beside those of iptables see ${what}, and are not walked`,
      foreign.map(({table, chain}) => `nft ${table} ${chain}`),
    );
    return undefined;
  }
  if (place.needed || netfilter.some(({rules}) => rules.some(({text}) => !text.startsWith('policy ')))) {
    trail.pass(host, layer, `no rule of ${whose} drops ${what}`, []);
  }
  return undefined;
}
