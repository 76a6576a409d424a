import type {Section} from '../snapshot/snapshot.js';
import {redactCertificates} from './certificate.js';
import {redactIproute} from './iproute.js';
import {eachFact, eachLine, Refusal} from './lines.js';
import {redactIptables, redactNft, redactNftText} from './netfilter.js';
import {redactProc} from './proc.js';
import {type Scrub, sandboxFile} from './scrub.js';
import type {Tokens} from './tokens.js';

type Rule = (output: string, scrub: Scrub, tokens: Tokens) => string;

const facts: Record<string, 'name' | 'id'> = {hostname: 'name', bootId: 'id'};

/** `KEY=VALUE` about the host. */
const redactAbout: Rule = (output, scrub, tokens) =>
  eachFact(
    output,
    (key, value) => {
      const kind = facts[key];
      return kind === undefined ? scrub(value) : tokens[kind](value);
    },
    scrub,
  );

/** `DEVICE INODE MODE SIZE TIME PATH` a line. */
const redactFiles: Rule = (output, scrub) =>
  eachLine(output, (line) => {
    const row = /^([0-9a-f]{1,16} \d{1,20} [0-7]{1,5} \d{1,20} -?\d{1,15} )(.+)$/.exec(line);
    return row ? `${row[1]}${scrub(row[2] ?? '')}` : scrub(line);
  });

/** Numbers of processes and namespaces; the control groups, and whom containers ask for names. */
const redactProcesses: Rule = (output, scrub, tokens) =>
  eachFact(
    output,
    (key, value) => {
      if (/^\d+$/.test(key) && /^\d+$/.test(value)) return value;
      return key.startsWith('resolver.')
        ? value
            .split('; ')
            .map((line) => resolverLine(line, scrub, tokens))
            .join('; ')
        : scrub(value);
    },
    scrub,
  );

/** resolv.conf(5). */
function resolverLine(line: string, scrub: Scrub, tokens: Tokens): string {
  const [, word = '', rest = ''] = /^(\S*)(.*)$/.exec(line) ?? [];
  if (word !== 'search' && word !== 'domain') return scrub(line);
  return `${word}${rest.replace(/\S+/g, (domain) => (domain === '.' ? domain : tokens.name(domain)))}`;
}

const redactResolvers: Rule = (output, scrub, tokens) =>
  eachLine(output, (line) => resolverLine(line, scrub, tokens));

/** `lsns -o NS,PID,NETNSID`. */
const redactNsids: Rule = (output) =>
  eachLine(output, (line) => {
    if (/^\s*(\d+(\s+\d+)?(\s+(\d+|unassigned))?)?\s*$/.test(line)) return line;
    throw new Refusal('a line is not understood');
  });

/** `ethtool -i`, and the features of `-k` behind it. The name of a driver is a module's. */
const redactNic: Rule = (output, scrub) =>
  eachLine(output, (line) =>
    /^(driver: [a-z0-9_-]{1,24}|\s*[a-z0-9-]+: (on|off)( \[[a-z ]+\])?|supports-[a-z-]+: (yes|no))$/.test(
      line,
    )
      ? line
      : scrub(line),
  );

/** The number of a state tells something of its addresses (moby overlay/encryption.go buildSPI). */
const redactXfrm: Rule = (output, scrub, tokens) =>
  scrub(output).replace(/\bspi 0x([0-9a-f]{1,8})(?:\((\d+)\))?/g, (_, hex: string, decimal?: string) => {
    const spi = tokens.spi(Number.parseInt(hex, 16));
    return `spi 0x${spi.toString(16).padStart(8, '0')}${decimal === undefined ? '' : `(${spi})`}`;
  });

/** `ID/hosts:ADDRESS` a line. */
const redactHostsFiles: Rule = (output, scrub, tokens) =>
  eachLine(output, (line) => {
    if (line === '') return line;
    const [, id, address] = /^([0-9a-f]{64})\/hosts:([\d.]+)$/.exec(line) ?? [];
    if (id === undefined || address === undefined) throw new Refusal('a line is not understood');
    return `${tokens.id(id)}/hosts:${scrub(address)}`;
  });

/** `KIND COUNT FIRST LAST WORDS`: of the words only addresses, ids and those of the engine stay, as others may be anybody's. */
const redactLog: Rule = (output, scrub) =>
  eachLine(output, (line) => {
    if (line === '') return line;
    const [, begin, words = ''] = /^([a-z]+ \d+ \S+ \S+) ?(.*)$/.exec(line) ?? [];
    if (begin === undefined) throw new Refusal('a line is not understood');
    return words === '' ? begin : `${begin} ${scrub(words)}`;
  });

/** Words of tc itself. */
const wordsOfTc =
  /^(protocol|kind|fh|key_ht|bkt|offmask|flowid|mirred_action|direction|type|random_type|eth_type|ip_proto|parent)$/;

/** Filters of tc: what they compare may be addresses, in hexadecimal; that they compare something stays. */
const redactTcFilter: Rule = (output, scrub) => {
  if (!/^\s*(\[[^\\]*\]\s*)?$/.test(output)) throw new Refusal('the filters are not understood');
  return output
    .replace(/"value":"[0-9a-f]+","mask":"(?!0+")[0-9a-f]+"/g, '"value":"0","mask":"ffffffff"')
    .replace(/"(\w+)":"([^"]*)"/g, (whole, key: string, value: string) => {
      if (wordsOfTc.test(key) || key === 'value' || key === 'mask') return whole;
      return `"${key}":"${/_(ip|mac)$/.test(key) ? 'redacted' : scrub(value)}"`;
    });
};

const justText: Rule = (output, scrub) => scrub(output);

const rules: Record<string, Rule> = {
  about: redactAbout,
  files: redactFiles,
  'files-here': redactFiles,
  processes: redactProcesses,
  addr: redactIproute,
  route: redactIproute,
  'route-cache': redactIproute,
  'route-get': redactIproute,
  neigh: redactIproute,
  rule: redactIproute,
  fdb: redactIproute,
  batch: redactIproute,
  nsid: redactNsids,
  proc: redactProc,
  'iptables-legacy': redactIptables,
  'iptables-nft': redactIptables,
  'ip6tables-legacy': redactIptables,
  'ip6tables-nft': redactIptables,
  nft: redactNft,
  'nft-table': redactNftText,
  'xfrm-state': redactXfrm,
  'xfrm-policy': redactXfrm,
  nic: redactNic,
  tc: justText,
  'tc-filter': redactTcFilter,
  certificate: (output, _, tokens) => redactCertificates(output, tokens),
  'swarm-state': justText,
  resolvers: redactResolvers,
  'hosts-files': redactHostsFiles,
  'engine-log': redactLog,
  enter: justText,
  misses: justText,
};

/** Names of the sections that can be redacted. */
export const knownSections: ReadonlySet<string> = new Set(Object.keys(rules));

export function redactSection(section: Section, scrub: Scrub, tokens: Tokens): Section {
  const {name, netns, command, output, error, truncated} = section;
  const rule = rules[name];
  if (!rule) throw new Refusal('sections of this name are not known');
  if (truncated) throw new Refusal('it was too long and is cut');
  return {
    ...section,
    ...(netns === undefined
      ? {}
      : {netns: netns === '@host' ? netns : (sandboxFile(netns, tokens) ?? scrub(netns))}),
    command: scrub(command),
    output: rule(output, scrub, tokens),
    ...(error === undefined ? {} : {error: scrub(error)}),
  };
}
