import {eachLine, Refusal} from './lines.js';
import type {Scrub} from './scrub.js';
import type {Tokens} from './tokens.js';

/** Files that hold nothing but the kernel's names of counters and their values. */
const counters = /^\/proc\/net\/(snmp|snmp6|netstat|xfrm_stat|softnet_stat|sockstat6?|stat\/[a-z_]+)$/;
const sockets = /^\/proc\/net\/(tcp|udp)6?$/;

/** `grep -H '' FILES`: `FILE:LINE`. A file that is not known here may hold addresses in any form. */
export function redactProc(output: string, scrub: Scrub, tokens: Tokens): string {
  return eachLine(output, (line) => {
    const at = line.indexOf(':');
    if (!line.startsWith('/proc/') || at < 0) {
      if (line === '') return line;
      throw new Refusal('a line is of no file');
    }
    const [path, text] = [line.slice(0, at), line.slice(at + 1)];
    return `${redactPath(path, scrub)}:${redactFile(path, text, scrub, tokens)}`;
  });
}

function redactPath(path: string, scrub: Scrub): string {
  const perLink = /^(\/proc\/sys\/net\/ipv[46]\/conf\/)([^/]+)(\/\w+)$/.exec(path);
  if (!perLink) {
    if (/^[\w./-]+$/.test(path)) return path;
    throw new Refusal('a path is not understood');
  }
  const [, before, link = '', after] = perLink;
  return `${before}${scrub(link)}${after}`;
}

function redactFile(path: string, text: string, scrub: Scrub, tokens: Tokens): string {
  if (path.startsWith('/proc/sys/')) return /^[\d\s-]*$/.test(text) ? text : scrub(text);
  if (counters.test(path)) {
    if (/^[\w\s:.-]*$/.test(text)) return text;
    throw new Refusal(`${path} is not understood`);
  }
  if (sockets.test(path)) return redactSocket(text, tokens);
  if (path === '/proc/net/ip_vs') return redactIpvs(text, tokens);
  throw new Refusal(`${path} is not known`);
}

/** Two addresses a row, in hexadecimal: words in the byte order of the machine (net/ipv4/tcp_ipv4.c get_tcp4_sock). */
function redactSocket(text: string, tokens: Tokens): string {
  if (!/^[\w\s:>.-]*$/.test(text)) throw new Refusal('a socket is not understood');
  return text.replace(
    /(?<=^ *\d+: )([0-9A-F]+)(:[0-9A-F]{4} )([0-9A-F]+)(?=:[0-9A-F]{4} )/,
    (_, local, port, remote) => {
      return `${hexAddress(local as string, tokens)}${port as string}${hexAddress(remote as string, tokens)}`;
    },
  );
}

function hexAddress(hex: string, tokens: Tokens): string {
  const words = hex.match(/.{8}/g) ?? [];
  if (words.length * 8 !== hex.length || (words.length !== 1 && words.length !== 4))
    throw new Refusal('the address of a socket is not understood');
  // Little-endian machines only print them so; on the others, and for what is no address, all of it is another anyway.
  const octets = words.flatMap((word) =>
    (word.match(/../g) ?? []).reverse().map((two) => Number.parseInt(two, 16)),
  );
  const text =
    octets.length === 4
      ? octets.join('.')
      : Array.from({length: 8}, (_, at) =>
          (((octets[at * 2] ?? 0) << 8) | (octets[at * 2 + 1] ?? 0)).toString(16),
        ).join(':');
  const mapped = bytesOf(tokens.address(text));
  return (mapped.match(/.{8}/g) ?? [])
    .map((word) => (word.match(/../g) ?? []).reverse().join(''))
    .join('')
    .toUpperCase();
}

/** The bytes of an address in hexadecimal. */
function bytesOf(address: string): string {
  if (!address.includes(':'))
    return address
      .split('.')
      .map((octet) => Number(octet).toString(16).padStart(2, '0'))
      .join('');
  const [head = '', tail] = address
    .replace(
      /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
      (_, a, b, c, d) =>
        `${((Number(a) << 8) | Number(b)).toString(16)}:${((Number(c) << 8) | Number(d)).toString(16)}`,
    )
    .split('::');
  const groups = (text: string | undefined) => (text ? text.split(':') : []);
  const missing = 8 - groups(head).length - groups(tail).length;
  return [
    ...groups(head),
    ...(tail === undefined ? [] : Array.from({length: missing}, () => '0')),
    ...groups(tail),
  ]
    .map((group) => group.padStart(4, '0'))
    .join('');
}

/** `-> 0A000103:0000 Masq …`, `TCP 0A000002:0050 rr`: addresses in hexadecimal as they are written (ip_vs_ctl.c). */
function redactIpvs(text: string, tokens: Tokens): string {
  if (!/^[\w\s:>().,=[\]+-]*$/.test(text)) throw new Refusal('a row of IPVS is not understood');
  return text
    .replace(/(?<=(?:->|TCP|UDP|SCTP) +)([0-9A-F]{8})(?=:[0-9A-F]{4} )/, (hex: string) =>
      tokens.number(Number.parseInt(hex, 16)).toString(16).toUpperCase().padStart(8, '0'),
    )
    .replace(/(?<=\[)[0-9a-f:]+(?=\]:)/, (address) => tokens.address(address));
}
