import type {FilteredPacket, Hook} from '../../../src/kernel/netfilter.js';
import {ends, sealedEnd} from './ends.js';
import {type Extras, noExtras} from './extras.js';
import {type PacketForm, packetBytes, vni} from './packets.js';

/** A packet on one way through the judged namespace. */
export interface Passage {
  name: string;
  way: Hook;
  form: PacketForm;
  /** As the walk is asked for it, in this order: under IPsec once as ESP and once as what is in it. */
  packets: readonly FilteredPacket[];
  /** What it is once it has passed, where it came as something else. */
  endsAs?: PacketForm['protocol'];
  /** The packet that opens its connection before any rule is there, and who sends it. */
  opener?: {by: 'judged' | 'far'; form: PacketForm};
}

type Protocol = PacketForm['protocol'];
type Version = 'ip4' | 'ip6';

const kinds: {protocol: Protocol; dport?: number; name?: string}[] = [
  {protocol: 'udp', dport: 4789, name: 'vxlan'},
  {protocol: 'tcp', dport: 2377},
  {protocol: 'esp'},
  {protocol: 'icmp'},
];

/** Ports are new for each ruleset, as connections of the last one are still known. */
const portOf = (ruleset: number) => 20_000 + ((2 * ruleset) % 40_000);

/** All of one ruleset. */
export function passages(ruleset: number, also: Extras = noExtras): Passage[] {
  const sport = portOf(ruleset);
  const made: Passage[] = [];
  const add = (version: Version, way: Hook, kind: (typeof kinds)[number]) => {
    const {protocol: own, dport} = kind;
    const protocol = own === 'icmp' && version === 'ip6' ? 'icmpv6' : own;
    const hasPorts = dport !== undefined || own === 'icmp';
    const form: PacketForm = {
      ...{protocol, src: from(way)[version], dst: to(way)[version], tag: 0x1001 + made.length},
      ...(hasPorts ? {sport} : {}),
      ...(dport === undefined ? {} : {dport}),
    };
    made.push({
      name: `${way} ${kind.name ?? protocol} ${version}`,
      way,
      form,
      packets: [asked(way, form, 'NEW')],
    });
  };
  for (const version of ['ip4', 'ip6'] as const)
    for (const way of ['INPUT', 'OUTPUT', 'FORWARD'] as const)
      for (const kind of kinds) add(version, way, kind);
  for (const version of ['ip4', 'ip6'] as const) {
    made.push(
      answer(version, 'INPUT', {protocol: 'udp', port: 4789, sport: sport + 1, tag: 0x1001 + made.length}),
    );
    made.push(
      answer(version, 'FORWARD', {protocol: 'tcp', port: 443, sport: sport + 1, tag: 0x1001 + made.length}),
    );
  }
  return [...made, ...extraPassages(also, sport, 0x1001 + made.length)];
}

function extraPassages(also: Extras, sport: number, firstTag: number): Passage[] {
  const made: Passage[] = [];
  const next = () => firstTag + made.length;
  for (const version of ['ip4', 'ip6'] as const) {
    if (also.has('flowtables')) {
      const flow = answer(version, 'FORWARD', {protocol: 'udp', port: 5000, sport: sport + 1, tag: next()});
      made.push({...flow, name: `FORWARD flow ${version}`});
      // A flowtable may have the flow by then.
      const {opener: _, ...again} = flow;
      made.push({...again, name: `FORWARD flow again ${version}`, form: {...flow.form, tag: next()}});
    }
    if (also.has('esp'))
      for (const way of ['INPUT', 'OUTPUT'] as const)
        made.push(sealedPassage(version, way, sport + 1, next()));
  }
  return made;
}

/** By states of this index packets arrive, and leave. */
export const spis = {INPUT: 0x2001, OUTPUT: 0x2002};

/** VXLAN under IPsec, as an encrypted overlay has it. */
function sealedPassage(version: Version, way: 'INPUT' | 'OUTPUT', sport: number, tag: number): Passage {
  const dst = way === 'INPUT' ? to(way)[version] : sealedEnd[version];
  const form: PacketForm = {protocol: 'udp', src: from(way)[version], dst, sport, dport: 4789, tag};
  const outer = {...form, spi: spis[way]};
  const inner = {...asked(way, form, 'NEW'), ipsec: true};
  const {vni: _, sport: __, dport: ___, ...plain} = inner;
  const length = packetBytes(outer).length;
  const esp: FilteredPacket = {
    ...{...plain, protocol: 'esp'},
    header: {...inner.header, 'meta length': length, 'ip length': length},
  };
  return {
    ...{name: `${way} sealed ${version}`, way},
    // What leaves is sealed by the kernel.
    form: way === 'INPUT' ? outer : form,
    packets: way === 'INPUT' ? [esp, inner] : [inner, esp],
    endsAs: way === 'INPUT' ? 'udp' : 'esp',
  };
}

const from = (way: Hook) => (way === 'OUTPUT' ? ends.judged.near : ends.near);
const to = (way: Hook) => (way === 'INPUT' ? ends.judged.near : way === 'OUTPUT' ? ends.near : ends.far);

/** What answers a connection that was open before the rules. */
function answer(
  version: Version,
  way: 'INPUT' | 'FORWARD',
  {protocol, port, sport, tag}: {protocol: 'udp' | 'tcp'; port: number; sport: number; tag: number},
): Passage {
  const [src, dst] = [from(way)[version], to(way)[version]];
  const form: PacketForm = {protocol, src, dst, sport: port, dport: sport, isReply: true, tag};
  const opener = {
    by: way === 'INPUT' ? ('judged' as const) : ('far' as const),
    form: {protocol, src: dst, dst: src, sport, dport: port, tag: 0xfff},
  };
  return {
    name: `${way} answer ${protocol} ${version}`,
    way,
    form,
    packets: [asked(way, form, 'ESTABLISHED')],
    opener,
  };
}

function asked(
  way: Hook,
  {protocol, src, dst, sport, dport}: PacketForm,
  ctState: 'NEW' | 'ESTABLISHED',
): FilteredPacket {
  const isLong = src.includes(':');
  const length = (isLong ? 40 : 20) + (protocol === 'tcp' ? 20 : 16);
  const isIcmp = protocol === 'icmp' || protocol === 'icmpv6';
  return {
    ...{protocol, src, dst, ctState, ipsec: false},
    ...(ctState === 'ESTABLISHED' ? {direction: 'reply'} : {}),
    ...(sport === undefined || isIcmp ? {} : {sport}),
    ...(dport === undefined ? {} : {dport}),
    ...(isIcmp ? {icmpType: protocol === 'icmp' ? 8 : 128} : {}),
    ...(protocol === 'udp' ? {vni: dport === 4789 ? vni : 0} : {}),
    header: {
      ...{'ip dscp': 0, 'meta length': length, 'ip length': length, 'ip ttl': 64, 'ip6 hoplimit': 64},
      ...(way === 'OUTPUT' ? {} : {'meta iifgroup': 0}),
    },
    dstLocal: way === 'INPUT',
    ...(way === 'INPUT' ? {redirectAs: dst} : {}),
    ...(way === 'OUTPUT'
      ? {outInterface: 'eth0', srcLocal: true}
      : {inInterface: 'eth0', mac: {src: ends.near.mac}, returnsByInterface: true}),
    ...(way === 'FORWARD' ? {outInterface: 'eth1'} : {}),
    framed: true,
  };
}
