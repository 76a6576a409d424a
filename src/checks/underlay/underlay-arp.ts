import {address, device, mac as macWord, sh} from '../../base/command.js';
import {type Advice, fixBy, look} from '../../findings/advice.js';
import {arpIgnoreText, arpSilencers, isLasting} from '../../kernel/arp.js';
import {neighbourText} from '../../kernel/printed.js';
import type {UnderlayWay} from '../../kernel/underlay-way.js';
import type {Link} from '../../model/facts.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type HostDigest, type Report} from '../check.js';
import {otherNodes, remoteVteps} from '../underlay.js';
import {listed} from '../words.js';
import {arpIgnoreSet, arpIgnoreShown} from './arp-fix.js';

/** A next hop by an entry that nobody asks for again. */
interface Fixed {
  ip: string;
  mac: string;
  device: string;
  text: string;
  vteps: string[];
  /** Whether managers have lost a node behind it. */
  lost: boolean;
}

interface Digest {
  /** MACs of this host's uplinks, by the addresses there. */
  own: Record<string, string[]>;
  /** MACs that this host has got as answers, by the next hops that it asked. */
  heard: Record<string, string>;
  fixed: Fixed[];
}

/** ARP between hosts: an uplink that answers none, and next hops by a static entry with another MAC than they have. */
export const underlayArp = defineCheck<Digest>({
  name: 'underlay-arp',
  codes: ['uplink-arp-off', 'next-hop-mac-wrong', 'next-hop-static'],
  ignores: ['containers', 'balancers', 'rules', 'files'],
  perHost(host, report) {
    const ways = [...new Set([...remoteVteps(host), ...otherNodes(host)])].flatMap((vtep) => {
      const way = host.way(vtep);
      return way?.verdict === 'found' ? [{vtep, way}] : [];
    });
    const uplinks = uplinksOf(
      host,
      ways.flatMap(({way: {uplink}}) => uplink ?? []),
    );
    for (const link of uplinks) silent(host, report, link);
    return {own: addressesOf(uplinks), heard: heardOf(ways), fixed: fixedOf(host, ways)};
  },
  across(hosts, report) {
    for (const host of hosts) for (const entry of host.digest.fixed) wrong(host, entry, hosts, report);
  },
});

interface WayTo {
  vtep: string;
  way: UnderlayWay;
}

function addressesOf(uplinks: Link[]): Digest['own'] {
  const own: Digest['own'] = {};
  for (const {addresses, mac} of uplinks)
    for (const {address: ip} of addresses ?? []) if (mac !== undefined) own[ip] = [...(own[ip] ?? []), mac];
  return own;
}

function heardOf(ways: WayTo[]): Digest['heard'] {
  return Object.fromEntries(
    ways.flatMap(({way: {nextHop, neighbour}}) =>
      neighbour?.mac !== undefined &&
      neighbour.state.some((word) => /^(REACHABLE|STALE|DELAY|PROBE)$/.test(word))
        ? [[nextHop, neighbour.mac]]
        : [],
    ),
  );
}

function fixedOf({model}: KnownHost, ways: WayTo[]): Fixed[] {
  const down = new Set(
    (model.docker?.nodes ?? []).flatMap(({address: ip, state}) => (ip && state === 'down' ? [ip] : [])),
  );
  const fixed = new Map<string, Fixed>();
  for (const {vtep, way} of ways) {
    const {nextHop: ip, neighbour: entry} = way;
    if (!entry?.mac || !isLasting(entry)) continue;
    const vteps = [...(fixed.get(ip)?.vteps ?? []), vtep];
    const lost = vteps.some((one) => down.has(one));
    fixed.set(ip, {ip, mac: entry.mac, device: entry.device, text: neighbourText(entry), vteps, lost});
  }
  return [...fixed.values()];
}

function uplinksOf({model, vtep}: KnownHost, carrying: Link[]): Link[] {
  const own = model.host?.links?.find(({addresses}) =>
    addresses?.some((one) => one.address === vtep?.address),
  );
  return [...new Map([...(own ? [own] : []), ...carrying].map((link) => [link.name, link])).values()];
}

function silent(host: KnownHost, report: Report, {name}: Link): void {
  const names = arpSilencers(host.model.host?.proc, name);
  if (names.length === 0) return;
  report.found({
    code: 'uplink-arp-off',
    severity: 'error',
    host: host.name,
    network: null,
    subject: name,
    evidence: names.map(arpIgnoreText),
    cause: `${host.name} answers no ARP request on ${name}: the router and other hosts on that link lose it as soon as their entries for it expire, and with it every overlay`,
    check: look(arpIgnoreShown(names), '8'),
    fix: fixBy({
      commands: arpIgnoreSet(names, 0),
      undo: arpIgnoreSet(names, 8),
      affects: `ARP on ${name}: the host answers for its addresses`,
    }),
    basis: 'one-host',
    at: {host: host.name, netns: '@host', device: name},
    reach: host.vtep ? [{host: host.name}, {vtep: host.vtep.address}] : [{host: host.name}],
  });
}

/** An entry proves no MAC; the host that has the address does, and so do the answers that several others got. */
function wrong(host: HostDigest<Digest>, entry: Fixed, hosts: HostDigest<Digest>[], report: Report): void {
  const {ip, mac, device: dev, text, vteps} = entry;
  const others = hosts.filter((other) => other !== host);
  const owner = others.find(({digest}) => digest.own[ip] !== undefined);
  const answered = others.filter(({digest}) => digest.heard[ip] !== undefined);
  const right = owner?.digest.own[ip] ?? [...new Set(answered.flatMap(({digest}) => digest.heard[ip] ?? []))];
  if (right.length === 0) unconfirmed(host, entry, report);
  if (right.length === 0 || right.includes(mac)) return;
  report.found({
    code: 'next-hop-mac-wrong',
    severity: owner ? 'error' : 'warning',
    host: host.name,
    network: null,
    subject: `next hop ${ip} on ${dev}`,
    evidence: [
      `${host.name}: ${text}`,
      ...(owner
        ? [`${owner.name}: ${ip} is on an interface with MAC ${right.join(', ')}`]
        : answered.slice(0, 5).map(({name, digest}) => `${name}: ${ip} lladdr ${digest.heard[ip]}, learned`)),
    ],
    cause: `${host.name} has a static neighbour entry with ${mac} for ${ip}, the next hop to ${listed(vteps)}, and ${owner ? `${owner.name}, which has that address, has` : `${listed(answered.map(({name}) => name))} got the answer`} ${right.join(' or ')}: what ${host.name} sends there is lost`,
    ...asksAgain(entry),
    basis: 'several-hosts',
    at: {host: host.name, netns: '@host', device: dev},
    reach: [{host: host.name}, ...vteps.map((vtep) => ({vtep}))],
  });
}

function unconfirmed({name: host}: HostDigest<Digest>, entry: Fixed, report: Report): void {
  const {ip, mac, device: dev, text, vteps, lost} = entry;
  report.found({
    code: 'next-hop-static',
    severity: lost ? 'warning' : 'info',
    host,
    network: null,
    subject: `next hop ${ip} on ${dev}`,
    evidence: [`${host}: ${text}`],
    cause: `${ip}, the next hop to ${listed(vteps)}, is ${mac} by a static neighbour entry, which no host that was read confirms: if that is not its MAC, all that ${host} sends there is lost${lost ? ', and the managers have lost a node behind it' : ''}`,
    ...asksAgain(entry),
    basis: 'one-host',
    at: {host, netns: '@host', device: dev},
  });
}

function asksAgain({ip, mac, device: dev}: Fixed): Advice {
  return {
    check: look(sh`ip neigh show to ${address(ip)}`, 'PERMANENT'),
    fix: fixBy({
      commands: [sh`ip neigh del ${address(ip)} dev ${device(dev)}`],
      undo: [sh`ip neigh replace ${address(ip)} lladdr ${macWord(mac)} dev ${device(dev)} nud permanent`],
      affects: 'that entry: the kernel asks for the MAC again',
    }),
  };
}
