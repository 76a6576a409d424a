import type {Tokens} from '../../src/redact/tokens.js';
import {isKnownWord} from '../../src/redact/vocabulary.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';

/** Names that every engine has. */
const dockersOwn =
  /^(bridge|host|none|null|docker_gwbridge|ingress|ingress-sbox|ingress-endpoint|gateway_ingress-sbox|name=\S+)$/;

/** What a host could be known by, each thing once and as it is written. */
export interface Secrets {
  ipv4: Set<string>;
  ipv6: Set<string>;
  macs: Set<string>;
  ids: Set<string>;
  names: Set<string>;
}

/** Found by patterns over the whole of the evidence and by the fields that hold names: by other means than those that redact. */
export function secretsOf(evidence: HostEvidence): Secrets {
  const text = JSON.stringify(evidence);
  const all = (pattern: RegExp) => new Set([...text.matchAll(pattern)].map(([match]) => match));
  return {
    ipv4: keep(all(/(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])/g), (ip) => {
      const octets = ip.split('.').map(Number);
      const [first = 0] = octets;
      return octets.every((octet) => octet <= 255) && first !== 0 && first !== 127 && first < 224;
    }),
    // The prefix of all link-local ones is nobody's.
    ipv6: keep(all(/(?<![\w:])(?:fe80|fd[0-9a-f]{2}):[0-9a-f:]+/g), (ip) => ip !== 'fe80::'),
    macs: keep(
      all(/(?<![\w:])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![\w:])/gi),
      (mac) => !/^(ff:ff|00:00:00:00:00|33:33:00|01:)/i.test(mac),
    ),
    ids: new Set([
      ...all(/(?<![0-9A-Za-z])(?:[0-9a-f]{64}|(?=[a-z]*\d)[0-9a-z]{25})(?![0-9A-Za-z])/g),
      ...all(/(?<![0-9A-Za-z-])(?=\d*[a-f])[0-9a-f]{12}(?![0-9A-Za-z])/g),
      ...all(/(?<=\bveth)[0-9a-f]{7}\b/g),
      ...all(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g),
    ]),
    names: namesOf(evidence),
  };
}

function keep(found: Set<string>, wanted: (one: string) => boolean): Set<string> {
  return new Set([...found].filter(wanted));
}

/** Names, each without what Docker adds to it. */
function namesOf(evidence: HostEvidence): Set<string> {
  const names = new Set<string>();
  const about = evidence.sections.find(({name}) => name === 'about')?.output ?? '';
  names.add(/^hostname=(.*)$/m.exec(about)?.[1] ?? '');
  const walk = (value: unknown, key: string): void => {
    if (typeof value === 'string' && ['Name', 'Hostname', 'Names', 'Aliases', 'DNSNames'].includes(key))
      names.add(value);
    if (Array.isArray(value)) for (const one of value) walk(one, key);
    else if (value !== null && typeof value === 'object') {
      for (const [inner, one] of Object.entries(value)) {
        if (['Networks', 'Services'].includes(key)) names.add(inner);
        walk(one, inner);
      }
    }
  };
  for (const {body} of evidence.docker.answers) walk(body, '');
  const parts = [...names]
    .flatMap((name) => name.replace(/^\//, '').split('.'))
    .map((part) => part.replace(/^lb-|^gateway_|-endpoint$/g, ''));
  return keep(
    new Set(parts),
    (part) => part.length > 2 && !dockersOwn.test(part) && !/^\d+$/.test(part) && !isKnownWord(part),
  );
}

/** Every form in which these may stand in a snapshot, with what it is. */
export function formsOf({ipv4, ipv6, macs, ids, names}: Secrets): Map<string, string> {
  const forms = new Map<string, string>();
  for (const ip of ipv4) {
    const hex = ip.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'));
    forms.set(ip, `the address ${ip}`);
    forms.set(hex.join(':'), `${ip} in a MAC`);
    forms.set(hex.join(''), `${ip} in hexadecimal`);
    forms.set(hex.join('').toUpperCase(), `${ip} in hexadecimal`);
    forms.set([...hex].reverse().join('').toUpperCase(), `${ip} as /proc has it`);
    forms.set(String(Number.parseInt(hex.join(''), 16)), `${ip} as a number`);
  }
  for (const ip of ipv6) forms.set(ip, `the address ${ip}`);
  for (const mac of macs) {
    forms.set(mac, `the MAC ${mac}`);
    forms.set(mac.replaceAll(':', ''), `${mac} without colons`);
    forms.set(mac.replaceAll(/0(?=[0-9a-f])/g, ''), `${mac} as in a bridge id`);
  }
  for (const id of ids) {
    for (const length of [id.length, 12, 10, 9, 7])
      forms.set(id.slice(0, length), `${length} of the id ${id}`);
    // In the name of a device that is being made.
    if (id.length === 25) forms.set(`-${id.slice(0, 5)}`, `5 of the id ${id}`);
  }
  for (const name of names) forms.set(name, `the name ${name}`);
  return forms;
}

/** The same things as they are called afterwards. */
export function replacedBy({ipv4, ipv6, macs, ids, names}: Secrets, tokens: Tokens): Secrets {
  const each = (all: Set<string>, by: (one: string) => string) => new Set([...all].map(by));
  return {
    // The base and the last address of a subnet are made of another one of it.
    ipv4: new Set([...each(ipv4, tokens.address), ...[...ipv4].flatMap((ip) => edges(tokens.address(ip)))]),
    ipv6: each(ipv6, tokens.address),
    macs: each(macs, tokens.mac),
    ids: each(ids, tokens.id),
    names: each(names, tokens.name),
  };
}

function edges(ip: string): string[] {
  const octets = ip.split('.');
  return [2, 3].flatMap((kept) =>
    ['0', '255'].map((end) => octets.map((octet, at) => (at < kept ? octet : end)).join('.')),
  );
}
