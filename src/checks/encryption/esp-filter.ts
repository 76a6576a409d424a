import {isIPv4} from 'node:net';
import {line} from '../../base/command.js';
import {look, noFix} from '../../findings/advice.js';
import type {FilteredPacket} from '../../kernel/netfilter.js';
import {type Decision, decide, type PacketFilter} from '../../kernel/packet-filter.js';
import {dropWord, inTable} from '../../kernel/printed-rule.js';
import {encryptedVnis} from '../../services/encryption.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type Report} from '../check.js';
import {acceptFix, alikeToRules, arrivalAt, chainCheck, whoseRule} from '../underlay/own-rules.js';
import {distinct} from '../words.js';

/** Packet filters that let the data path through and not what encrypted overlays become of it: IP protocol 50. */
export const espFilter = defineCheck({
  name: 'esp-filter',
  codes: ['esp-filtered-in', 'esp-filtered-out'],
  ignores: ['containers', 'balancers', 'files'],
  perHost(host, report) {
    const own = host.vtep?.address;
    const encrypted = encryptedVnis(host.overlays);
    const all = distinct(encrypted.flatMap((one) => one.vteps));
    const vteps = all.filter((vtep) => isIPv4(vtep));
    if (all.length === 0) return undefined;
    const gap = (why: string) =>
      report.notChecked({
        host: host.name,
        network: encrypted[0]?.network.name ?? null,
        reason: `whether its packet filter lets ESP through ${why}`,
        add: `On ${host.name}, as root: iptables-save and nft; or a capture there: tcpdump -ni UPLINK esp`,
      });
    if (vteps.length < all.length) gap('over IPv6 is not looked at');
    if (vteps.length === 0) return undefined;
    const {filter} = host;
    if (!filter || own === undefined) {
      gap(filter ? "is not known, as this node's own VTEP is not" : 'was not read');
      return undefined;
    }
    const lost = {in: new Map<string, Lost>(), out: new Map<string, Lost>()};
    const doubts = {in: new Set<string>(), out: new Set<string>()};
    for (const group of alikeToRules(host, vteps)) {
      const {incoming, outgoing} = espPackets(host, own, group[0] ?? '');
      note({lost: lost.in, doubts: doubts.in}, group, filter, 'INPUT', incoming);
      note({lost: lost.out, doubts: doubts.out}, group, filter, 'OUTPUT', outgoing);
    }
    const networks = [...new Set(encrypted.map(({network}) => network.name))].join(', ');
    for (const way of ['in', 'out'] as const) {
      for (const [rule, hit] of lost[way]) reportLoss(host, report, {...hit, way, rule, networks});
      if (doubts[way].size > 0)
        gap(`${way} depends on rules that are not evaluated: ${[...doubts[way]].join('; ')}`);
    }
    return undefined;
  },
});

/** ESP from a node and to it. */
function espPackets(
  host: KnownHost,
  own: string,
  vtep: string,
): {incoming: FilteredPacket; outgoing: FilteredPacket} {
  const esp = {protocol: 'esp' as const, ipsec: true};
  const way = host.way(vtep);
  const dev = way?.route?.device;
  return {
    incoming: {...esp, src: vtep, ...arrivalAt(host, own, vtep), dstLocal: true},
    outgoing: {
      ...esp,
      src: way?.source ?? own,
      dst: vtep,
      dstLocal: false,
      ...(dev ? {outInterface: dev, framed: true as const} : {}),
      ...(way?.selected === undefined ? {} : {masqueradeAs: way.selected}),
    },
  };
}

interface Lost {
  vteps: string[];
  evidence: string[];
  /** The rule, or the chain whose policy it is. */
  by: Decision['by'];
  /** The first that it drops. */
  packet: FilteredPacket;
  /** Whether what answers packets of this host's own passes: ESP is tracked by its two addresses alone. */
  answersPass: boolean;
}

/** Gathers who is hit by one rule, and what leaves that open. */
function note(
  {lost, doubts}: {lost: Map<string, Lost>; doubts: Set<string>},
  vteps: string[],
  filter: PacketFilter,
  hook: 'INPUT' | 'OUTPUT',
  packet: FilteredPacket,
): void {
  const {verdict, by, evidence} = decide(filter, hook, {...packet, ctState: 'NEW'});
  if (verdict === 'unknown') for (const text of evidence) doubts.add(text);
  if (verdict !== 'drop') return;
  const answersPass = decide(filter, hook, {...packet, ctState: 'ESTABLISHED'}).verdict !== 'drop';
  const rule = by ? inTable(by) : '';
  const known = lost.get(rule) ?? {vteps: [], evidence, by, packet, answersPass};
  known.vteps.push(...vteps);
  lost.set(rule, known);
}

function reportLoss(
  host: KnownHost,
  report: Report,
  {
    way,
    rule,
    vteps,
    evidence,
    answersPass,
    by,
    packet,
    networks,
  }: Lost & {way: 'in' | 'out'; rule: string; networks: string},
): void {
  const chain = way === 'in' ? 'INPUT' : 'OUTPUT';
  report.found({
    code: way === 'in' ? 'esp-filtered-in' : 'esp-filtered-out',
    severity: answersPass ? 'warning' : 'error',
    host: host.name,
    network: null,
    subject: rule,
    evidence: [
      ...evidence,
      `encrypted overlays here: ${networks}; other nodes: ${vteps.slice(0, 5).join(', ')}`,
    ],
    cause: `${whoseRule({by})} ${dropWord(by)} ESP (IP protocol 50) ${way === 'in' ? 'from' : 'to'} ${vteps.length === 1 ? vteps[0] : `${vteps.length} other nodes`}, which carries encrypted overlays; allowing the UDP port of the data path does not help${answersPass ? '. Only replies pass: nothing arrives until this host itself has sent, and again after 10 minutes of silence' : ''}`,
    check: by ? chainCheck(by) : look(line('nft list ruleset')),
    fix: by
      ? acceptFix(host.filter, by, {
          hook: chain,
          packet,
          kinds: [{peers: vteps, protocol: 'esp', port: ''}],
        })
      : noFix('not known: which rule drops them'),
    basis: 'one-host',
    at: {host: host.name, netns: '@host'},
  });
}
