import {isIPv4} from 'node:net';
import ipaddr from 'ipaddr.js';
import {ipVersion} from '../base/ip-version.js';
import {type Keyed, remembered} from './keyed.js';

export interface Addresses {
  /**
   * Another address of the same kind (private, link-local, public, …) and with the same last octet (IPv6: two). Two
   * addresses share as long a prefix as they did. Loopback, unspecified, multicast and documentation addresses stay.
   */
  address: (address: string) => string;
  /** `ADDRESS/LENGTH`; the base of a subnet stays one. */
  prefix: (address: string, length: number) => string;
  /** Another MAC; one that is made of an address (02:42, and the four octets) follows that. Groups stay. */
  mac: (mac: string) => string;
  /** An IPv4 address as a number, or another number. */
  number: (value: number) => number;
}

/** Other octets of the same length. */
type Mapping = (octets: Octets) => Octets;

export function addresses(bytes: Keyed): Addresses {
  const ipv4 = ipv4Mapping(bytes);
  const solicited: Mapping = (octets) => [...bytes('solicited', octets.join('.')).subarray(0, 3)];
  const mac = macMapping(bytes, ipv4, solicited);
  const ipv6 = ipv6Mapping(bytes, {ipv4, mac, solicited});

  const address = remembered((original) => {
    const [plain = '', zone] = original.split('%');
    const parsed = ipaddr.parse(plain);
    const octets = parsed.toByteArray();
    const mapped = (parsed.kind() === 'ipv4' ? ipv4 : ipv6)(octets);
    // As it was written: `0::` begins a line of /proc/PID/cgroup.
    if (sameOctets(mapped, octets)) return original;
    return `${addressText(mapped)}${zone === undefined ? '' : `%${zone}`}`;
  });

  return {
    address,
    prefix(original, length) {
      const bits = isIPv4(original) ? 32 : 128;
      // A default route, or half of all addresses.
      if (length < 8 || length > bits) return `${length < 8 ? original : address(original)}/${length}`;
      const octets = ipaddr.parse(original).toByteArray();
      const mapped = ipaddr.parse(address(original)).toByteArray();
      const isBase = sameOctets(masked(octets, length), octets);
      return `${addressText(isBase ? masked(mapped, length) : mapped)}/${length}`;
    },
    mac: remembered((original) => {
      const octets = original.split(':').map((octet) => Number.parseInt(octet, 16));
      const mapped =
        octets.length === 6 ? mac(octets) : [...bytes('lladdr', original)].slice(0, octets.length);
      // A bridge's id has its MAC without leading zeros.
      const padded = original.split(':').every((octet) => octet.length === 2);
      const text = mapped.map((octet) => octet.toString(16).padStart(padded ? 2 : 1, '0')).join(':');
      return /[A-F]/.test(original) ? text.toUpperCase() : text;
    }),
    number(value) {
      const octets = [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256);
      return ipv4(octets).reduce((number, octet) => number * 256 + octet, 0);
    },
  };
}

function ipv4Mapping(bytes: Keyed): Mapping {
  const publicOctets = [shuffled(range(1, 127), bytes), shuffled(range(128, 224), bytes)];
  return (octets) => {
    const [first = 0, second = 0, third = 0, last = 0] = octets;
    const fixed = fixedBits(octets);
    if (fixed === 'all') return octets;
    const one = fixed === 'none' ? (publicOctets[first < 128 ? 0 : 1]?.get(first) ?? first) : first;
    const free = fixed === 'none' ? 0 : fixed;
    return [
      one,
      // The lowest bits are always others, so that no address, and no base of a subnet, stays what it was.
      permuted(bytes('ipv4', `${first}`), second, free, free < 8),
      permuted(bytes('ipv4', `${first}.${second}`), third, 0, true),
      last,
    ];
  };
}

/** @param parts how the pieces of an IPv6 address that come from elsewhere are mapped */
function ipv6Mapping(bytes: Keyed, parts: {ipv4: Mapping; mac: Mapping; solicited: Mapping}): Mapping {
  const {ipv4, mac, solicited} = parts;

  /** From octet `from` on, but for the last two; what comes before decides how. */
  function walk(octets: Octets, from: number): Octets {
    return octets.map((octet, at) => {
      if (at < from || at > 13) return octet;
      const key = bytes('ipv6', Buffer.from(octets.slice(0, at)).toString('hex'));
      // fc00::/7 and 2000::/3 tell what kind it is; fd00::/8 is what is used.
      if (at === 0) return octet >= 0xfc ? octet : permuted(key, octet, 3);
      return permuted(key, octet, 0, at === 13 || (from === 0 && at === 7));
    });
  }

  function eui64(host: Octets): Octets {
    const [flipped = 0, b = 0, c = 0, , , d = 0, e = 0, f = 0] = host;
    const [one = 0, ...others] = mac([flipped ^ 2, b, c, d, e, f]);
    return [one ^ 2, ...others.slice(0, 2), 0xff, 0xfe, ...others.slice(2)];
  }

  /** The group in which an address is asked for has its last three octets, and so has the MAC of that group. */
  function group(octets: Octets): Octets {
    if (!starts(octets, [0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff])) return octets;
    return [...octets.slice(0, 13), ...solicited(octets.slice(13))];
  }

  return (octets) => {
    const network = octets.slice(0, 8);
    const host = octets.slice(8);
    if (isMappedIpv4(octets)) return [...octets.slice(0, 12), ...ipv4(octets.slice(12))];
    if (octets[0] === 0xff) return group(octets);
    if (octets.slice(0, 15).every((octet) => octet === 0)) return octets;
    if (starts(octets, [0x20, 0x01, 0x0d, 0xb8])) return octets;
    const linkLocal = starts(octets, [0xfe, 0x80]);
    const prefix = linkLocal ? network : walk(network, 0);
    if (host[3] === 0xff && host[4] === 0xfe) return [...prefix, ...eui64(host)];
    return [...prefix, ...walk(octets, 8).slice(8)];
  };
}

function macMapping(bytes: Keyed, ipv4: Mapping, solicited: Mapping): Mapping {
  return (octets) => {
    if (starts(octets, [0x33, 0x33, 0xff])) return [0x33, 0x33, 0xff, ...solicited(octets.slice(3))];
    if (isFixedMac(octets)) return octets;
    const random = [...bytes('mac', octets.join('.'))];
    if (starts(octets, [0x02, 0x42])) {
      const followed = ipv4(octets.slice(2));
      const same = followed.every((octet, at) => octet === octets[at + 2]);
      return [0x02, 0x42, ...(same ? random.slice(0, 4) : followed)];
    }
    // Group and locally administered bits stay, and no other MAC may look like one that Docker made of an address.
    const [first = 0] = octets;
    const [one = 0, two = 0, ...rest] = random;
    const begin = (one & 0xfc) | (first & 0x03);
    return [begin, begin === 0x02 && two === 0x42 ? 0x43 : two, ...rest.slice(0, 4)];
  };
}

/** Nobody's, everybody's, and groups: they tell of no one. */
function isFixedMac(octets: Octets): boolean {
  const [first] = octets;
  const alike = octets.every((octet) => octet === first) && (first === 0 || first === 0xff);
  return alike || first === 0x01 || starts(octets, [0x33, 0x33]);
}

type Octets = number[];

export function isAddress(text: string): boolean {
  return ipVersion(text.split('%')[0] ?? '') !== 0;
}

/** How many bits of the second octet belong to the kind of address; `none` for what is public all over, `all` for what stays. */
function fixedBits([first = 0, second = 0, third = 0]: Octets): number | 'none' | 'all' {
  if (first === 0 || first === 127 || first >= 224) return 'all';
  if (first === 192 && second === 0 && third === 2) return 'all';
  if (first === 198 && second === 51 && third === 100) return 'all';
  if (first === 203 && second === 0 && third === 113) return 'all';
  if (first === 10) return 0;
  if (first === 172) return 4;
  if (first === 100) return 2;
  return mixed.has(first) ? 8 : 'none';
}

/** First octets under which some addresses are of a kind of their own (RFC 6890). */
const mixed = new Set([10, 100, 127, 169, 172, 192, 198, 203]);

function range(from: number, to: number): number[] {
  return Array.from({length: to - from}, (_, index) => from + index).filter((octet) => !mixed.has(octet));
}

/** Public first octets by others of the same half, so that 0.0.0.0/1 and 128.0.0.0/1 still divide them. */
function shuffled(octets: number[], bytes: Keyed): Map<number, number> {
  const order = [...octets].sort((a, b) =>
    Buffer.compare(bytes('ipv4 first', `${a}`), bytes('ipv4 first', `${b}`)),
  );
  return new Map(octets.map((octet, index) => [octet, order[index] ?? octet]));
}

/**
 * An octet by another that shares as many leading bits with the others as it did: a binary tree of 255 nodes, one bit of
 * the key each, that says whether its halves are swapped.
 */
function permuted(key: Buffer, octet: number, fixed: number, last = false): number {
  let node = 1;
  let mapped = 0;
  for (let level = 0; level < 8; level++) {
    const bit = (octet >> (7 - level)) & 1;
    const swap = level < fixed ? 0 : level === 7 && last ? 1 : ((key[node >> 3] ?? 0) >> (node & 7)) & 1;
    mapped = (mapped << 1) | (bit ^ swap);
    node = (node << 1) | bit;
  }
  return mapped;
}

function starts(octets: Octets, beginning: Octets): boolean {
  return beginning.every((octet, at) => octets[at] === octet);
}

/** `::ffff:a.b.c.d` and the translated `64:ff9b::a.b.c.d`. */
function isMappedIpv4(octets: Octets): boolean {
  return (
    starts(octets, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]) ||
    starts(octets, [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0])
  );
}

function masked(octets: Octets, length: number): Octets {
  return octets.map((octet, at) => {
    const bits = Math.min(8, Math.max(0, length - at * 8));
    return octet & (0xff << (8 - bits)) & 0xff;
  });
}

function sameOctets(one: Octets, other: Octets): boolean {
  return one.every((octet, at) => octet === other[at]);
}

function addressText(octets: Octets): string {
  const parsed = ipaddr.fromByteArray(octets);
  return parsed.kind() === 'ipv4' ? parsed.toString() : (parsed as ipaddr.IPv6).toRFC5952String();
}
