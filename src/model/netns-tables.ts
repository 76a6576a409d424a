import {once, oncePer} from '../base/once.js';
import type {Section} from '../snapshot/snapshot.js';
import {compact} from './compact.js';
import type {FdbRow, Link, Neighbour, Route, RoutingRule} from './facts.js';
import {parseFdbJson, parseFdbText} from './iproute/fdb.js';
import {parseLinksJson, parseLinksText} from './iproute/link.js';
import {type Miss, parseMisses} from './iproute/miss.js';
import {parseNeighboursJson, parseNeighboursText} from './iproute/neigh.js';
import {parseRoutesJson, parseRoutesText} from './iproute/route.js';
import {parseRulesJson, parseRulesText} from './iproute/rule.js';
import type {Parsed} from './iproute/shared.js';
import {type Ipvs, parseIpvs} from './ipvs.js';
import {lazily} from './lazy.js';
import {type Nic, parseNic} from './nic.js';
import type {Problem} from './problem.js';
import {parseIptablesSave} from './rules/iptables.js';
import {shownByNft, withNativeRules} from './rules/mixed.js';
import {parseNftRuleset} from './rules/nftables.js';
import {parseNftText, type RuleTexts} from './rules/nftables-xt.js';
import type {RuleProgram, Ruleset} from './rules/rule.js';
import {parseTcFilters, type TcFilter} from './tc.js';

/** The tables of one network namespace. A key is absent where its table was not read or could not be. */
export interface NetnsTables {
  links?: Link[];
  routes?: Route[];
  /** What the kernel was told of the paths to single addresses. */
  routeCache?: Route[];
  neighbours?: Neighbour[];
  fdb?: FdbRow[];
  rules?: RoutingRule[];
  /** Names of the sections of which some rows were not understood: what is absent there may be among those. */
  partial?: ReadonlySet<string>;
  /** Names of the sections whose command failed, did not end in time or is not there, or that say of packet filters less than all. */
  failed?: ReadonlySet<string>;
  /** Namespace ids as this namespace numbers them: nsid → inode. Only namespaces with processes are known. */
  nsids?: Map<number, number>;
  /** Files under /proc: path → text. Of a section that was cut, those that were read whole. */
  proc?: Map<string, string>;
  /** The files and patterns under /proc that were asked for, whether they are there or not. */
  procAsked?: string[];
  /** Absent where /proc was not read, or the kernel has no IPVS. */
  ipvs?: Ipvs;
  /** Rules of each back end of iptables; absent where one of those that were asked did not tell all. */
  netfilter?: Ruleset[];
  /** The same of IPv6; absent also where it was not asked for. */
  netfilter6?: Ruleset[];
  /** In place of `netfilter` where a table is known from nft alone, and not what all of its xt matches and targets are told. */
  netfilterPartly?: Ruleset[];
  /** The same of IPv6. */
  netfilter6Partly?: Ruleset[];
  /** All rules and sets of nftables, those of iptables-nft among them; absent where nft was not read. */
  nftables?: Ruleset;
  /** The cards by which packets leave for VTEPs, and those below them; told of the host's namespace alone. */
  nics?: Nic[];
  /** The kernel's own route to each VTEP, for a packet of which only the destination is told. */
  vtepRoutes?: Map<string, Route>;
  /** Filters of tc where links have them; absent where none has, or tc was not asked. */
  tcFilters?: TcFilter[];
  /** Look-ups that failed while somebody listened, before the other tables were read; absent where nobody did. */
  misses?: Miss[];
  /** When each section began to arrive. */
  readAt: Record<string, string>;
  problems: Problem[];
}

/**
 * Parses the sections of one namespace, JSON or text by the first character of their output.
 *
 * @param seenRules what the texts of routing rules said before: nearly all namespaces of a host have the same
 * @param missing names of sections that there would have to be, and are on no namespace of the host
 */
export function parseTables(
  sections: Section[],
  seenRules = new Map<string, Parsed<RoutingRule>>(),
  missing: readonly string[] = [],
): NetnsTables {
  const {rows, partial, problems} = tableReader(sections);
  const links = rows('addr', parseLinksJson, parseLinksText);
  const routes = rows('route', parseRoutesJson, parseRoutesText);
  const routeCache = rows('route-cache', parseRoutesJson, parseRoutesText);
  const neighbours = rows('neigh', parseNeighboursJson, parseNeighboursText);
  const fdb = rows('fdb', parseFdbJson, parseFdbText);
  const rules = rows('rule', seenBefore(parseRulesJson, seenRules), parseRulesText);
  const files = sections.find(({name}) => name === 'proc');
  if (files && isCut(files)) partial.add('proc');
  const filters = filterReader(sections);
  const failed = new Set([
    ...missing,
    ...sections.flatMap((section) => (filters.readingOf(section) === 'whole' ? [] : [section.name])),
  ]);
  const tables: NetnsTables = compact({
    partial: partial.size > 0 ? partial : undefined,
    links,
    routes,
    routeCache,
    neighbours,
    fdb,
    rules,
    procAsked: files?.command.match(/(?<= )\/proc\/\S+/g)?.map(String),
    failed: failed.size > 0 ? failed : undefined,
    readAt: Object.fromEntries(sections.map(({name, at}) => [name, at])),
    problems,
  });
  return withRest(
    tables,
    sections.filter(({name}) => restNames.test(name)),
    filters,
  );
}

interface TableReader {
  /** The rows of a table, or undefined where it was not read whole. */
  rows: <Row>(name: string, json: Parser<Row>, text: Parser<Row>) => Row[] | undefined;
  /** Names of the sections of which some rows were not understood, so far. */
  partial: Set<string>;
  problems: Problem[];
}

function tableReader(sections: Section[]): TableReader {
  const problems: Problem[] = [];
  const partial = new Set<string>();
  const tell = (code: Problem['code'], name: string, message: string) =>
    problems.push({code, subject: `${name} of ${sections[0]?.netns ?? 'namespace'}`, message});
  const rows: TableReader['rows'] = (name, json, text) => {
    const section = sections.find((one) => one.name === name);
    if (!section) return undefined;
    const {command, status, output} = section;
    if (status !== 0) {
      tell('section-failed', name, `"${command}" ended with status ${status ?? 'none'}`);
      return undefined;
    }
    if (section.truncated) {
      tell('section-cut', name, 'it was too long and is cut');
      partial.add(name);
    }
    const {dropped = [], ...parsed} = isJson(section) ? json(output) : text(output);
    for (const message of [...parsed.problems, ...dropped]) tell('unparsable', name, message);
    if (parsed.problems.length === 0) return parsed.rows;
    partial.add(name);
    if (parsed.rows.length > 0) return parsed.rows;
    tell('section-failed', name, `nothing that "${command}" printed is understood`);
    return undefined;
  };
  return {rows, partial, problems};
}

function isJson({command, output}: Section): boolean {
  return /^\s*\[/.test(output) || / -j( |$)/.test(command);
}

/** Sections that make no problems to tell, however odd they are, and that most commands ask nothing of. */
const restNames = /^(nsid|proc|ip6?tables-.*|nft|route-get|nic|misses|tc-filter)$/;

/** Adds what is parsed when it is asked for. It is given only these sections, so that the others can be forgotten. */
function withRest(tables: NetnsTables, sections: Section[], rules: FilterReader): NetnsTables {
  const find = (name: string) => sections.find((section) => section.name === name);
  const whole = (name: string) => sections.find((section) => section.name === name && isWhole(section));
  const [ids, proc, gets] = [whole('nsid'), find('proc'), find('route-get')];
  const missed = whole('misses');
  const saves = sections.filter(({name}) => name.startsWith('iptables-'));
  const saves6 = sections.filter(({name}) => name.startsWith('ip6tables-'));
  const cards = sections.filter(({name}) => name === 'nic');
  const filters = sections.filter((section) => section.name === 'tc-filter');
  const rulesIn = (all: Section[], wanted: Reading) =>
    all.length > 0 && worst(all.map(rules.readingOf)) === wanted
      ? () => netfilter(all, rules.nft?.())
      : undefined;
  return lazily(tables, {
    nsids: ids && (() => nsids(ids)),
    proc: proc && (() => procFiles(proc)),
    ipvs: proc && hasFile(proc, '/proc/net/ip_vs') ? () => ipvsOf(proc) : undefined,
    netfilter: rulesIn(saves, 'whole'),
    netfilter6: rulesIn(saves6, 'whole'),
    netfilterPartly: rulesIn(saves, 'partly'),
    netfilter6Partly: rulesIn(saves6, 'partly'),
    nftables: rules.nft,
    vtepRoutes: gets && (() => vtepRoutes(gets)),
    nics: cards.length === 0 ? undefined : () => nics(cards),
    tcFilters:
      filters.length === 0
        ? undefined
        : () =>
            filters.flatMap((section) =>
              parseTcFilters(section.command, isWhole(section) ? section.output : ''),
            ),
    misses: missed && (() => parseMisses(missed.output)),
  });
}

/** Whether a section's command ended well. What packet filters do is known only from all of their rules. */
function isWhole({name, status, truncated, output}: Section): boolean {
  return status === 0 && (name !== 'nft' || (!truncated && /^\s*\{/.test(output)));
}

/** How much a section tells: all, all but what is left out of some rules, or not enough. */
type Reading = 'whole' | 'partly' | 'no';

interface FilterReader {
  /** What nft shows, parsed once; absent where it was not read whole. */
  nft?: () => Ruleset;
  /** How much a section tells, beside what nft shows. */
  readingOf: (section: Section) => Reading;
}

/** Nothing is parsed before it is asked for. */
function filterReader(sections: readonly Section[]): FilterReader {
  const printed = sections.find((one) => one.name === 'nft' && isWhole(one));
  const texts = sections.filter((one) => one.name === 'nft-table' && isWhole(one) && !one.truncated);
  const nft = printed && once(() => parseNftRuleset(printed.output, ruleTexts(texts)));
  const readingOf = oncePer((section: Section) => reading(section, nft));
  return {...(nft ? {nft} : {}), readingOf};
}

/** Of the tables that iptables refuses, in nft's text. */
const ruleTexts = (tables: readonly Section[]): RuleTexts =>
  new Map(tables.flatMap(({output}) => [...parseNftText(output)]));

/**
 * iptables-nft-save leaves out a table in which nft has put what it can't print (iptables/xtables-save.c), which nft may
 * show.
 */
function reading(section: Section, nft: (() => Ruleset) | undefined): Reading {
  if (!isWhole(section)) return 'no';
  const {name, truncated, output} = section;
  if (!/^ip6?tables-/.test(name)) return 'whole';
  if (truncated) return 'no';
  if (!output.includes("is incompatible, use 'nft' tool")) return 'whole';
  return shownByNft(output, name.startsWith('ip6') ? 'ip6' : 'ip', nft?.());
}

/** Of several sections: rules are known no better than those of each. */
function worst(readings: readonly Reading[]): Reading {
  return readings.includes('no') ? 'no' : readings.includes('partly') ? 'partly' : 'whole';
}

type Parser<Row> = (text: string) => Parsed<Row>;

function seenBefore<Row>(parse: Parser<Row>, seen: Map<string, Parsed<Row>>): Parser<Row> {
  return (text) => {
    const known = seen.get(text) ?? parse(text);
    seen.set(text, known);
    return known;
  };
}

/** `lsns -o NS,PID,NETNSID`: an id, `unassigned`, or empty. */
function nsids({output}: Section): Map<number, number> {
  return new Map(
    output.split('\n').flatMap((line) => {
      const [inode, , id = ''] = line.trim().split(/\s+/);
      return /^\d+$/.test(id) ? [[Number(id), Number(inode)] as const] : [];
    }),
  );
}

/**
 * `grep -H '' FILES`: `FILE:LINE`. Missing files are normal, so the status is not looked at; without one grep was ended,
 * and of the last file it is not known whether that was all. The lines of a file come one after another, and are taken
 * as one piece, as there may be thousands.
 */
function procFiles(section: Section): Map<string, string> {
  const {output} = section;
  const files = new Map<string, string>();
  let last = '';
  for (let start = 0; start < output.length; ) {
    let end = lineEnd(output, start);
    const colon = output.indexOf(':', start);
    if (output[start] === '/' && colon > 0 && colon < end) {
      const prefix = output.slice(start, colon + 1);
      const lines = [output.slice(colon + 1, end)];
      while (output.startsWith(prefix, end + 1)) {
        const next = end + 1 + prefix.length;
        end = lineEnd(output, next);
        lines.push(output.slice(next, end));
      }
      last = prefix.slice(0, -1);
      const before = files.get(last);
      files.set(last, (before === undefined ? lines : [before, ...lines]).join('\n'));
    }
    start = end + 1;
  }
  if (isCut(section)) files.delete(last);
  for (const path of unlisted(files)) files.set(path, '');
  return files;
}

/** The lists of sockets that were not read because the namespace's count of such sockets is zero. */
function unlisted(files: Map<string, string>): string[] {
  const counts = ['/proc/net/sockstat', '/proc/net/sockstat6']
    .map((path) => files.get(path) ?? '')
    .join('\n');
  return [...counts.matchAll(/^(TCP6?|UDP6?): inuse 0(?= |$)/gm)]
    .map(([, kind = '']) => `/proc/net/${kind.toLowerCase()}`)
    .filter((path) => !files.has(path));
}

function lineEnd(text: string, from: number): number {
  const newline = text.indexOf('\n', from);
  return newline === -1 ? text.length : newline;
}

function hasFile(proc: Section, path: string): boolean {
  const begun = proc.output.startsWith(`${path}:`) || proc.output.includes(`\n${path}:`);
  return begun && (isCut(proc) ? procFiles(proc).has(path) : true);
}

/** A reading that was ended by whoever asked; a status of its own says that some files are not there. */
function isCut({truncated, status}: Section): boolean {
  return truncated === true || status === null;
}

function ipvsOf({output}: Section): Ipvs {
  const prefix = '/proc/net/ip_vs:';
  const lines = output.split('\n').filter((line) => line.startsWith(prefix));
  return parseIpvs(lines.map((line) => line.slice(prefix.length)).join('\n'));
}

const programs: readonly RuleProgram[] = ['iptables-legacy', 'ip6tables-legacy', 'ip6tables-nft'];

function netfilter(saves: Section[], nft: Ruleset | undefined): NonNullable<NetnsTables['netfilter']> {
  return saves.map(({name, output}) => {
    const program = programs.find((one) => one === name) ?? 'iptables-nft';
    const saved = parseIptablesSave(output, program);
    return nft ? withNativeRules(saved, nft, output) : saved;
  });
}

/** A section a card; one that ethtool could not answer for is left out. */
function nics(cards: Section[]): Nic[] {
  return cards.flatMap(({command, output}) => parseNic(command, output) ?? []);
}

/** `ip -j -batch` of `route get VTEP`: a line of JSON each, among them the words of those that the kernel refused. */
function vtepRoutes({output}: Section): Map<string, Route> {
  const lines = output.split('\n').filter((line) => line.startsWith('['));
  return new Map(lines.flatMap((line) => parseRoutesJson(line).rows.map((route) => [route.dst, route])));
}
