import {execFileSync, spawnSync} from 'node:child_process';

/**
 * What tshark says about each packet of a file, in the shape of `decode --json` without what is ours alone (`file`,
 * `kind`, `info`, `stop`, `fragment`, `fragments`). tshark is the judge here: nothing of src/ is used.
 */

export const hasTshark = (): boolean => spawnSync('tshark', ['--version']).status === 0;

/** For `describe`: why a comparison can't run here. */
export const needsTshark = (): {skip: string | false} => ({
  skip: hasTshark() ? false : 'tshark is not installed (Debian: apt-get install tshark)',
});

export interface Expected {
  frame: number;
  time?: string;
  length: number;
  captured: number;
  outer?: Record<string, unknown>;
  [key: string]: unknown;
}

/** The protocols whose checksums are compared, in the order of the columns of `tsharkChecksums`. */
export const summedProtos = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6'] as const;

/**
 * The checksum status of each header of each packet by protocol, outermost first: 0 bad, 1 good, 2 unverified, 3 not
 * present. What an ICMP error quotes has some too.
 */
export function tsharkChecksums(file: string, vxlanPorts: number[] = []): string[][][] {
  const args = [
    ...['ip', 'tcp', 'udp'].flatMap((proto) => ['-o', `${proto}.check_checksum:TRUE`]),
    ...vxlanPorts.flatMap((port) => ['-d', `udp.port==${port},vxlan`]),
    ...summedProtos.flatMap((proto) => ['-e', `${proto}.checksum.status`]),
  ];
  const text = execFileSync('tshark', ['-n', '-r', file, '-T', 'fields', ...args], {
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString('utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t').map((cell) => cell.split(',').filter((status) => status !== '')));
}

interface Proto {
  name: string;
  fields: [name: string, show: string][];
}

export function tsharkPackets(file: string, vxlanPorts: number[] = []): Expected[] {
  const decodeAs = vxlanPorts.flatMap((port) => ['-d', `udp.port==${port},vxlan`]);
  const pdml = execFileSync('tshark', ['-n', '-r', file, '-T', 'pdml', ...decodeAs], {
    maxBuffer: 1 << 30,
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString('utf8');
  return pdml
    .split('<packet>')
    .slice(1)
    .map((packet) => expectedOf(protosOf(packet)));
}

function protosOf(packet: string): Proto[] {
  const protos: Proto[] = [];
  for (const match of packet.matchAll(/<(proto|field) name="([^"]*)"([^>]*)>/g)) {
    const [, element, name = '', rest = ''] = match;
    if (element === 'proto') protos.push({name, fields: []});
    else protos.at(-1)?.fields.push([name, /show="([^"]*)"/.exec(rest)?.[1] ?? '']);
  }
  return protos;
}

const first = (proto: Proto | undefined, name: string): string | undefined =>
  proto?.fields.find(([field]) => field === name)?.[1];

const asNumber = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);

function expectedOf(protos: Proto[]): Expected {
  const frame = protos.find(({name}) => name === 'frame');
  const time = first(frame, 'frame.time_epoch');
  const levels = levelsOf(protos);
  const {etherType: _type, ...macs} = link(levels[0] ?? []);
  const outer = clean({...macs, ...network(levels[0] ?? [])});
  return clean({
    frame: Number(first(frame, 'frame.number')),
    time,
    length: Number(first(frame, 'frame.len')),
    captured: Number(first(frame, 'frame.cap_len')),
    // Only what has addresses is an end of a tunnel.
    outer: outer['src'] === undefined ? undefined : outer,
    ...above(levels, 0),
  }) as Expected;
}

/** The protocols of each frame, outermost first: VXLAN ends one frame and starts the next. */
function levelsOf(protos: Proto[]): Proto[][] {
  const levels: Proto[][] = [[]];
  for (const proto of protos) {
    levels.at(-1)?.push(proto);
    if (proto.name === 'vxlan') levels.push([]);
  }
  return levels;
}

function above(levels: Proto[][], level: number): Record<string, unknown> {
  const protos = levels[level] ?? [];
  const vxlan = protos.find(({name}) => name === 'vxlan');
  const flags = asNumber(first(vxlan, 'vxlan.flags'));
  const inner = levels[level + 1];
  const hasInner = inner?.some(({name}) => name === 'eth') ?? false;
  return {
    ...message(protos),
    spi: asNumber(
      first(
        protos.find(({name}) => name === 'esp'),
        'esp.spi',
      ),
    ),
    // Without the I flag the 24 bits are no VNI (RFC 7348 5); tshark shows them all the same.
    vni: flags !== undefined && (flags & 0x0800) !== 0 ? asNumber(first(vxlan, 'vxlan.vni')) : undefined,
    flags,
    // And the group is one only with the G flag.
    group: flags !== undefined && (flags & 0x8000) !== 0 ? asNumber(first(vxlan, 'vxlan.gbp')) : undefined,
    inner: hasInner
      ? clean({...link(inner ?? []), ...network(inner ?? []), ...above(levels, level + 1)})
      : undefined,
  };
}

function link(protos: Proto[]): Record<string, unknown> {
  const eth = protos.find(({name}) => name === 'eth');
  const tags = protos.filter(({name}) => name === 'vlan' || name === 'ieee8021ad');
  const type =
    tags.map((tag) => first(tag, 'vlan.etype') ?? first(tag, 'ieee8021ad.etype')).at(-1) ??
    first(eth, 'eth.type');
  const vlan = tags
    .map((tag) => asNumber(first(tag, 'vlan.id') ?? first(tag, 'ieee8021ad.id')))
    .filter((id) => id !== undefined);
  return {
    ethSrc: first(eth, 'eth.src'),
    ethDst: first(eth, 'eth.dst'),
    vlans: vlan.length > 0 ? vlan : undefined,
    etherType: asNumber(type),
  };
}

/** Addresses, protocol and ports of the first IP header; what an ICMP error quotes is not this packet's. */
function network(protos: Proto[]): Record<string, unknown> {
  const error = protos.findIndex(({name}) => name === 'icmp' || name === 'icmpv6');
  const own = error < 0 ? protos : protos.slice(0, error);
  const ip = own.find(({name}) => name === 'ip' || name === 'ipv6');
  if (ip === undefined) return {};
  const transport = own.find(({name}) => name === 'udp' || name === 'tcp' || name === 'sctp');
  // tshark lists extension headers as protocols of their own, each with the next one's number.
  const headers = own.slice(own.indexOf(ip)).filter(({name}) => name === ip.name || name.startsWith('ipv6.'));
  const next = headers
    .flatMap(({fields}) => fields)
    .filter(([field]) => /^(ip\.proto|ipv6\.(\w+\.)?nxt)$/.test(field))
    .at(-1)?.[1];
  return clean({
    src: first(ip, `${ip.name}.src`),
    dst: first(ip, `${ip.name}.dst`),
    proto: asNumber(next),
    sport: asNumber(first(transport, `${transport?.name}.srcport`)),
    dport: asNumber(first(transport, `${transport?.name}.dstport`)),
  });
}

/** What stands above the addresses: the whole header of TCP, ICMP or ARP, as tshark names its fields. */
function message(protos: Proto[]): Record<string, unknown> {
  const [proto] = protos.filter(({name}) => /^(tcp|icmp|icmpv6|arp)$/.test(name));
  const number = (name: string): number | undefined => asNumber(first(proto, name));
  switch (proto?.name) {
    case 'tcp': {
      if (number('tcp.urgent_pointer') === undefined) return {};
      const flags = number('tcp.flags') ?? 0;
      const letters = [...'FSRPAUEC'].filter((_, bit) => (flags & (1 << bit)) !== 0).join('');
      return {
        tcp: {
          flags: letters,
          sequence: number('tcp.seq_raw'),
          ack: number('tcp.ack_raw'),
          window: number('tcp.window_size_value'),
          length: number('tcp.len') ?? 0,
        },
      };
    }
    case 'arp':
      if (first(proto, 'arp.dst.proto_ipv4') === undefined) return {};
      return {
        arp: {
          operation: number('arp.opcode'),
          senderMac: first(proto, 'arp.src.hw_mac'),
          sender: first(proto, 'arp.src.proto_ipv4'),
          targetMac: first(proto, 'arp.dst.hw_mac'),
          target: first(proto, 'arp.dst.proto_ipv4'),
        },
      };
    default:
      return {};
  }
}

function clean(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
