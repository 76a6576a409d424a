import {isAddress} from './addresses.js';
import {isId, type Tokens} from './tokens.js';
import {isKnownWord} from './vocabulary.js';

/**
 * Replaces everything in a text but what is known to be harmless: numbers, punctuation, the words of the kernel, its
 * tools and Docker, and the names that links have by themselves. A word that nobody here knows is taken for somebody's.
 */
export type Scrub = (text: string) => string;

const pieces = new RegExp(
  [
    // The MAC in a bridge's id: 8000.2:42:1c:7a:5:b3.
    String.raw`(?<bridge>(?<![\w.:])[0-9a-f]{4}\.(?:[0-9a-f]{1,2}:){5}[0-9a-f]{1,2}(?![\w:]))`,
    String.raw`(?<mac>(?<![\w:.])(?:[0-9a-fA-F]{2}:){5,19}[0-9a-fA-F]{2}(?![\w:]))`,
    String.raw`(?<uuid>(?<![\w-])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![\w-]))`,
    String.raw`(?<ipv4>(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\w))(?:/(?<length4>\d{1,2})(?![\w.]))?`,
    String.raw`(?<ipv6>(?<![\w:.])(?=[0-9a-fA-F]*:[0-9a-fA-F]*:)[0-9a-fA-F:]+(?:\d{1,3}(?:\.\d{1,3}){3})?(?:%[\w.-]+)?(?![\w:]))(?:/(?<length6>\d{1,3})(?![\w.]))?`,
    String.raw`(?<path>(?<![^\s'"=(:,;[{<])/(?:[^\s'",;()<>|]*))`,
    // A word is whatever is neither ASCII punctuation nor a blank.
    String.raw`(?<word>[^\x00-\x2c/:-@[-^\x60{-\x7f]+)`,
  ].join('|'),
  'gu',
);

const words = /[^\x00-\x2c/:-@[-^\x60{-\x7f]+/gu;

/** What the pieces' groups have caught. */
type Found = Record<string, string | undefined>;

export function scrubber(tokens: Tokens): Scrub {
  const word = wordScrubber(tokens);
  return (text) =>
    text.replace(pieces, (whole: string, ...rest: unknown[]) =>
      scrubPiece(whole, rest.at(-1) as Found, tokens, word),
    );
}

function scrubPiece(whole: string, found: Found, tokens: Tokens, word: (text: string) => string): string {
  const {bridge, mac, uuid, path} = found;
  if (bridge !== undefined) return `${bridge.slice(0, 5)}${tokens.mac(bridge.slice(5))}`;
  if (mac !== undefined) return tokens.mac(mac);
  if (uuid !== undefined) return tokens.id(uuid);
  // What only looks like an address is a time, a version, an address in other clothes.
  if ((found['ipv4'] ?? found['ipv6']) !== undefined)
    return scrubAddress(found, tokens) ?? whole.replace(words, word);
  return path === undefined ? word(whole) : scrubPath(path, tokens, word);
}

function scrubAddress({ipv4, ipv6, length4, length6}: Found, tokens: Tokens): string | undefined {
  const address = ipv4 ?? ipv6 ?? '';
  if (!isAddress(address)) return undefined;
  const length = length4 ?? length6;
  return length === undefined ? tokens.address(address) : tokens.prefix(address, Number(length));
}

/** Numbers as tools print them, with a unit or without. */
const number = /^-?\d{1,20}(\.\d{1,9})?(s|ms|us|ns|sec|min|h|d|b|kb|mb|gb|bit|Kbit|Mbit|Gbit|%)?$/;
/** A mark, a mask, flags, a handle. What is longer could be a key or an address. */
const hexNumber = /^0x[0-9a-fA-F]{1,16}$/;
/** Names that the kernel and udev give by themselves (systemd.net-naming-scheme(7)), and Docker's. */
const linkName =
  /^(lo|eth\d{1,5}|if\d{1,10}|(en|wl|ww|ib)(o\d{1,5}|s\d{1,5}|(P\d{1,5})?p\d{1,5}s\d{1,5})(f\d{1,4})?((n?p|d|v|u|c|i)\d{1,5}){0,4}|ib\d{1,3}|bond\d{1,4}|team\d{1,4}|br\d{1,5}|vxlan\d{1,5}|veth\d{1,5}|docker0|docker_gwbridge|virbr\d{1,4}|tun\d{1,4}|tap\d{1,4}|wg\d{1,4}|dummy\d{1,4}|sit\d|tunl\d|gre\d|gretap\d|erspan\d|ip6tnl\d|ip6_vti\d|ip_vti\d|ip6gre\d|ifb\d|vmnet\d|vlan\d{1,4})(\.\d{1,4}|:\d{1,3})?$/;

/** Words whose form says what they are; the first that gives something decides. */
function wordScrubber(tokens: Tokens): (text: string) => string {
  const {address, id, name, names, word} = tokens;
  const forms: ((text: string) => string | undefined)[] = [
    harmless,
    (text) => linkScrubbed(text, tokens),
    (text) => (isId(text) ? id(text) : undefined),
    // In a path or a URL; elsewhere an address is no word.
    (text) => (isAddress(text) ? address(text) : undefined),
    (text) => {
      // Only where there is a digit: words are joined to numbers too.
      const [, before, rest = ''] = /^(\d{1,6}-|lb_|gateway_)(?=\D*\d)([0-9a-z]{4,25})$/.exec(text) ?? [];
      return before === undefined ? undefined : `${before}${id(rest)}`;
    },
    // A task's name.
    (text) => (/\.[0-9a-z]{25}$/.test(text) ? name(text) : undefined),
    (text) => {
      const [, version, more = ''] = /^(v?\d{1,6}(?:\.\d{1,6}){1,3})([-+~._].*)?$/.exec(text) ?? [];
      return version === undefined ? undefined : `${version}${partly(more, scrub)}`;
    },
    // A long run of hexadecimal digits that is no plain number: an id, cut somewhere.
    (text) => (/^(?=\d*[a-f])[0-9a-f]{7,}$/.test(text) ? id(text) : undefined),
    // docker-ID.scope, and the like.
    (text) => (text.split(/[-._+~]/).some(isId) ? partly(text, scrub) : undefined),
    // Somebody's name may be made of words that are known.
    (text) => (names.has(text) ? name(text) : undefined),
    (text) => (partly(text, () => '\0').includes('\0') ? undefined : text),
  ];
  function scrub(text: string): string {
    for (const form of forms) {
      const scrubbed = form(text);
      if (scrubbed !== undefined) return scrubbed;
    }
    return word(text);
  }
  return scrub;
}

function harmless(text: string): string | undefined {
  const isPlain = /^[-._+~]*$/.test(text) || number.test(text) || hexNumber.test(text);
  // An option of a program, too.
  const isOption = /^-[A-Za-z0-9]$/.test(text) || (text.startsWith('--') && isKnownWord(text.slice(2)));
  return isPlain || isOption || isKnownWord(text) ? text : undefined;
}

/** Word by word where several are joined. */
function partly(text: string, unknown: (part: string) => string): string {
  return text.replace(/[^-._+~]+/g, (part) =>
    number.test(part) || (part.length > 1 && isKnownWord(part)) ? part : unknown(part),
  );
}

function linkScrubbed(text: string, {id, mac}: Tokens): string | undefined {
  if (linkName.test(text)) return text;
  // A link named by its MAC.
  const [, byMac, digits = ''] = /^(enx|wlx)([0-9a-f]{12})$/.exec(text) ?? [];
  if (byMac !== undefined) return `${byMac}${mac(digits.replace(/(..)(?=.)/g, '$1:')).replaceAll(':', '')}`;
  // veth and seven random digits; br- and the beginning of a network's id; a device that is being made, by VNI and id.
  const [, before, rest = ''] =
    /^(veth(?=[0-9a-f]{7}$)|br-(?=[0-9a-f]{12}$)|vx-[0-9a-f]{6}-|ov-[0-9a-f]{6}-)([0-9a-z]{5,12})$/.exec(
      text,
    ) ?? [];
  return before === undefined ? undefined : `${before}${id(rest)}`;
}

/** Folder by folder; what lies in the folder of namespaces is a sandbox's file. */
function scrubPath(path: string, tokens: Tokens, word: (text: string) => string): string {
  let inNamespaces = false;
  return path
    .split('/')
    .map((part) => {
      const mapped = (inNamespaces ? sandboxFile(part, tokens) : undefined) ?? part.replace(words, word);
      inNamespaces = part === 'netns';
      return mapped;
    })
    .join('/');
}

/** A file of the namespace directory: `N-` and the beginning of a network's id, `lb_` and the same, or a sandbox's own. */
export function sandboxFile(file: string, {id}: Tokens): string | undefined {
  const [, before, rest = ''] = /^(\d{1,6}-|lb_)?([0-9a-z]{4,25})$/.exec(file) ?? [];
  if (before !== undefined) return `${before}${id(rest)}`;
  if (file === 'ingress_sbox' || file === 'default') return file;
  return /^[0-9a-f]{12}$/.test(rest) ? id(rest) : undefined;
}
