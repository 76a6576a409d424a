/**
 * `ip [-s] neigh show` as JSON and as text, and the tables of `arp -n`.
 *
 * Formats: iproute2 ip/ipneigh.c, print_neigh(); BusyBox networking/libiproute/ipneigh.c; net-tools arp.c and
 * BusyBox networking/arp.c. Kernel: linux/neighbour.h. Text prints the ages as `used USED/CONFIRMED/UPDATED`.
 */
import {array, object, oneOf, optional, text} from '../../base/shape.js';
import type {Neighbour} from '../facts.js';
import {
  address,
  checkEntry,
  checkedOnce,
  compact,
  type Entry,
  hasOnly,
  interfaceName,
  isAddress,
  isAge,
  isInterfaceName,
  isMac,
  jsonRows,
  mac,
  type Parsed,
  type ProblemList,
  problemList,
  sortWords,
  textLines,
  uint,
} from './shared.js';

export interface NeighbourOptions {
  /** The device of `ip neigh show dev DEV`, which then prints none. */
  dev?: string;
}

const STATE = /^[A-Z]{1,16}$/;
const present = optional(oneOf(null, true, false));

const schema = object({
  dst: address,
  dev: optional(interfaceName),
  lladdr: optional(mac),
  /** None for a row in no state (NUD_NONE) and for the rows of `ip neigh show proxy`. */
  state: optional(array(text((state) => STATE.test(state))), []),
  router: present,
  proxy: present,
  used: optional(uint()),
  confirmed: optional(uint()),
  updated: optional(uint()),
  /** `ip monitor` tells of rows that are gone or were missed. */
  deleted: optional(oneOf(false)),
  miss: optional(oneOf(false)),
});

/** The flags are printed as keys with null for a value. */
function isSet(flag: boolean | null | undefined): true | undefined {
  return flag === null || flag === true ? true : undefined;
}

function toRow(
  entry: Entry,
  where: string,
  options: NeighbourOptions,
  problems: ProblemList,
): Neighbour | undefined {
  const read = checkEntry(schema, entry, where, problems);
  if (read === undefined) return undefined;
  const dev = read.dev ?? options.dev;
  if (dev === undefined) {
    problems.add(where, 'no device told', read.dst);
    return undefined;
  }
  return compact<Neighbour>({
    address: read.dst,
    device: dev,
    mac: read.lladdr,
    state: read.state,
    router: isSet(read.router),
    proxy: isSet(read.proxy),
    usedSeconds: read.used,
    confirmedSeconds: read.confirmed,
    updatedSeconds: read.updated,
  });
}

const PLAIN_KEYS = new Set([
  'dst',
  'dev',
  'lladdr',
  'refcnt',
  'used',
  'confirmed',
  'updated',
  'probes',
  'state',
]);

/** Reads the rows in one state with a MAC; to the rest it gives nothing. */
function plainRows(): (entry: Entry) => Neighbour | undefined {
  const isDevice = checkedOnce(isInterfaceName);
  const isState = checkedOnce((text) => STATE.test(text));
  return (entry) => {
    const {dst, dev, lladdr, state} = entry as Record<string, unknown>;
    if (typeof dst !== 'string' || typeof lladdr !== 'string' || !isDevice(dev)) return undefined;
    if (!Array.isArray(state) || state.length !== 1 || !isState(state[0])) return undefined;
    if (!isAddress(dst) || !isMac(lladdr) || !hasOnly(entry, PLAIN_KEYS)) return undefined;
    const row: Neighbour = {
      address: dst.toLowerCase(),
      device: dev,
      mac: lladdr.toLowerCase(),
      state: [state[0]],
    };
    return addAges(row, entry) ? row : undefined;
  };
}

/** False where an age is none. */
function addAges(row: Neighbour, {used, confirmed, updated}: Entry): boolean {
  if (!isAge(used) || !isAge(confirmed) || !isAge(updated)) return false;
  if (used !== undefined) row.usedSeconds = used;
  if (confirmed !== undefined) row.confirmedSeconds = confirmed;
  if (updated !== undefined) row.updatedSeconds = updated;
  return true;
}

/** Reads `ip -j neigh show`. */
export function parseNeighboursJson(text: string, options: NeighbourOptions = {}): Parsed<Neighbour> {
  return jsonRows(text, plainRows(), (entry, where, problems) => toRow(entry, where, options, problems));
}

const KEYS = new Set(['dev', 'lladdr', 'ref', 'used', 'probes', 'proto']);
const FLAGS = new Set(['router', 'proxy', 'extern_learn', 'offload', 'managed', 'extern_valid']);

/** A line as the entry that `-j` would print; an unknown word is left for the schema to refuse as a state. */
function lineToEntry(tokens: string[]): Entry {
  const [dst = '', ...rest] = tokens;
  const {pairs, bare} = sortWords(rest, KEYS);
  const states = bare.filter((token) => !FLAGS.has(token) && !/^\d+$/.test(token));
  const entry: Entry = {dst, state: states.flatMap((token) => token.split(','))};
  for (const key of ['dev', 'lladdr']) {
    const value = pairs.get(key);
    if (value !== undefined) entry[key] = value;
  }
  for (const flag of ['router', 'proxy']) {
    if (bare.includes(flag)) entry[flag] = null;
  }
  const ages = pairs.get('used');
  if (ages !== undefined) {
    // iproute2 6.1 prints `used 1/2/3probes 4`; the number of probes is then a word of its own.
    const [used, confirmed, updated] = ages.replace(/probes$/, '').split('/', 4);
    Object.assign(entry, {used: used ?? '', confirmed: confirmed ?? '', updated: updated ?? ''});
  }
  return entry;
}

/** BusyBox says 0/0/0 for every row, whatever its age; a table with nothing else tells no ages. */
function dropEmptyAges(rows: Neighbour[]): Neighbour[] {
  const told = rows.some((row) => row.usedSeconds || row.confirmedSeconds || row.updatedSeconds);
  if (told) return rows;
  return rows.map(
    ({usedSeconds: _used, confirmedSeconds: _confirmed, updatedSeconds: _updated, ...row}) => row,
  );
}

/** Reads `ip neigh show`, of BusyBox too. */
export function parseNeighboursText(text: string, options: NeighbourOptions = {}): Parsed<Neighbour> {
  const problems = problemList();
  const rows: Neighbour[] = [];
  for (const {where, tokens} of textLines(text, problems)) {
    const row = toRow(lineToEntry(tokens), where, options, problems);
    if (row !== undefined) rows.push(row);
  }
  return {rows: dropEmptyAges(rows), problems: problems.list()};
}

/** `172.16.16.129  ether  02:42:ac:10:10:81  C  [MASK]  eth0`, where an unresolved row has no type and no flags. */
function columnsToEntry(tokens: string[]): Entry {
  const [dst = ''] = tokens;
  const dev = tokens.at(-1) ?? '';
  if (tokens[1] === '(incomplete)') return {dst, dev, state: ['INCOMPLETE']};
  const hardware = tokens[2] ?? '';
  const flags = tokens[3] ?? '';
  const proxy = flags.includes('P') ? {proxy: null} : {};
  const state = flags.includes('M') && !flags.includes('P') ? ['PERMANENT'] : [];
  return hardware.includes(':') ? {dst, dev, lladdr: hardware, state, ...proxy} : {dst, dev, state, ...proxy};
}

/** `? (172.16.16.129) at 02:42:ac:10:10:81 [ether]  on eth0`, of BusyBox and of `arp -a`. */
function sentenceToEntry(tokens: string[]): Entry {
  const dst = (tokens[1] ?? '').replace(/^\(/, '').replace(/\)$/, '');
  const dev = tokens.at(-1) ?? '';
  const hardware = tokens[3] ?? '';
  if (hardware === '<incomplete>') return {dst, dev, state: ['INCOMPLETE']};
  // A published row; BusyBox writes PUP.
  if (tokens.includes('PUB') || tokens.includes('PUP')) return {dst, dev, state: [], proxy: null};
  return {dst, dev, lladdr: hardware, state: tokens.includes('PERM') ? ['PERMANENT'] : []};
}

/**
 * Reads the table of `arp -n` (net-tools), and the sentences of `arp -a` and BusyBox. Of the states arp knows
 * only `PERMANENT` (its flag M) and `INCOMPLETE` (which may also be a failed one); a row with neither has an
 * empty `state`: resolved, whether reachable or stale isn't told.
 */
export function parseArpText(text: string): Parsed<Neighbour> {
  const problems = problemList();
  const rows: Neighbour[] = [];
  for (const {where, tokens} of textLines(text, problems)) {
    if (tokens[0] === 'Address' && tokens[1] === 'HWtype') continue;
    const entry = tokens[2] === 'at' ? sentenceToEntry(tokens) : columnsToEntry(tokens);
    const row = toRow(entry, where, {}, problems);
    if (row !== undefined) rows.push(row);
  }
  return {rows, problems: problems.list()};
}
