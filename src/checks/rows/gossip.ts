/** Gossip of one host against that of the others, and rows of hosts against each other. */

import {line} from '../../base/command.js';
import {ipv4Number, ipv4Text} from '../../base/ipv4.js';
import {type Fix, fixByOthers, look, renewService} from '../../findings/advice.js';
import {unlessOverdue} from '../../findings/converging.js';
import type {Finding} from '../../findings/finding.js';
import type {PackedPairs} from '../../rows/rows-digest.js';
import {largestSkewMs, type Member, type NetworkJudgement, none, several} from '../../rows/rows-swarm.js';
import {type Claim, isNews} from '../../topology/endpoints.js';
import {claimLine} from './words.js';

/** Lines of evidence in one finding. */
const mostLines = 12;

/** What one host's gossip has, by the numbers of the endpoints. */
export interface Heard {
  member: Member;
  time: number;
  has: Uint8Array;
}

/**
 * What gossip on one host lacks of another host's endpoints on one network, has on another node, or still has though
 * they are gone.
 */
export interface GossipGap {
  kind: 'lacks' | 'misplaces' | 'keeps';
  here: string;
  owner: string;
  vtep: string | undefined;
  network: string;
  networkId: string;
  lines: string[];
  endpoints: {name: string; ip: string; since?: number}[];
  /** Milliseconds since the epoch at which that host was read. */
  readAt: number;
  /** Whether rows of that host are wrong as well, so that traffic is lost. */
  lost: boolean;
}

/** Where gossip of two hosts that were read differs. */
export function gossipGaps(judgement: NetworkJudgement, heard: Heard[]): GossipGap[] {
  return heard.length < 2 ? [] : [...lacking(judgement, heard), ...outdated(judgement, heard)];
}

export function heardOf(judgement: NetworkJudgement): Heard[] {
  return judgement.members.flatMap((member): Heard[] => {
    const here = member.rows.gossip && member.rows.sandboxes.length > 0;
    return here ? [{member, time: Date.parse(member.host.startedAt), has: heardBy(judgement, member)}] : [];
  });
}

/** Two hosts that do not hear of each other differ on every network: that is one fault. */
export function gapFindings(gaps: GossipGap[]): Finding[] {
  const groups = new Map<string, GossipGap[]>();
  for (const one of gaps) {
    const key = JSON.stringify([one.kind, one.here, one.owner]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((same): Finding[] => {
    const [first] = same;
    if (!first) return [];
    const {kind, here, owner, vtep} = first;
    const networks = [...new Set(same.map(({network}) => network))];
    const endpoints = same.flatMap((one) => one.endpoints);
    const [only, ...more] = endpoints;
    const asked = `docker network inspect --verbose ${networks.join(', ')}`;
    const lost = same.some((one) => one.lost);
    const which = {...{here, owner, asked, lost}, ...whichOf(endpoints, networks)};
    const {subject, severity, cause, last} = wordsOf[kind](which);
    const ages = endpoints.map(({since}) => (since === undefined ? Infinity : first.readAt - since));
    const scope = {host: here, ...(vtep === undefined ? {} : {vtep})};
    return [
      unlessOverdue(
        {
          code: 'gossip-differs',
          severity,
          host: here,
          network: networks.length === 1 ? first.network : null,
          subject,
          evidence: [...same.flatMap(({lines}) => lines).slice(0, mostLines), ...last],
          cause,
          check: look(line(asked), `on ${here} and on ${owner}: who is listed`),
          fix: announcedAnew(first, endpoints),
          basis: 'several-hosts',
          at: {
            ...scope,
            ...(networks.length === 1 ? {networkId: first.networkId} : {}),
            ...(only && more.length === 0 ? {address: only.ip} : {}),
          },
          // Rows that follow such gossip name the other node, so they are known by their address.
          reach: kind === 'misplaces' ? endpoints.slice(0, 50).map(({ip}) => ({host: here, ip})) : [scope],
        },
        'reassignment',
        Math.max(...ages) / 1000,
      ),
    ];
  });
}

interface Which {
  here: string;
  owner: string;
  asked: string;
  lost: boolean;
  /** `web2`, or `3 endpoints`, and where that is on several networks. */
  what: string;
  many: boolean;
  where: string;
}

function whichOf(
  endpoints: GossipGap['endpoints'],
  networks: string[],
): Pick<Which, 'what' | 'many' | 'where'> {
  const [first, ...more] = endpoints;
  return {
    what: first && more.length === 0 ? first.name : `${endpoints.length} endpoints`,
    many: more.length > 0,
    where: networks.length === 1 ? '' : ` on ${networks.length} networks`,
  };
}

/** What is said of each kind of difference. */
const wordsOf: Record<
  GossipGap['kind'],
  (which: Which) => Pick<Finding, 'subject' | 'severity' | 'cause'> & {last: string[]}
> = {
  lacks: ({here, owner, asked, what, many, where}) => ({
    subject: `endpoints of ${owner}`,
    severity: 'error',
    cause: `${what} of ${owner}${where} ${many ? 'are' : 'is'} unknown to gossip on ${here}: ${here} neither resolves the names nor programs the entries`,
    last: [`${here}: ${asked}: nothing of ${what}`],
  }),
  misplaces: ({here, owner, lost, what, where}) => ({
    subject: `endpoints of ${owner} elsewhere`,
    severity: lost ? 'error' : 'warning',
    cause: `gossip on ${here} has ${what} of ${owner}${where} on another node${lost ? `, and ${here} sends there` : '; its entries are right for now'}`,
    last: [],
  }),
  keeps: ({here, owner, asked, what, many, where}) => ({
    subject: `endpoints of ${owner} that are gone`,
    severity: 'warning',
    cause: `gossip on ${here} still has ${many ? what : 'an endpoint'} of ${owner}${where} that neither its engine nor its gossip has: names resolve to addresses that no endpoint has`,
    last: [`${owner}: ${asked}: no such endpoint`],
  }),
};

/**
 * Seconds since the container of an endpoint was started, where the gossip of a host has not heard of it yet or has it
 * elsewhere: its entries follow its gossip. Undefined where the gossip was not read, or has it right.
 */
export function newToGossip(
  {endpoints}: NetworkJudgement,
  heard: readonly Heard[],
  member: Member,
  address: string | null,
): number | undefined {
  const own = heard.find((one) => one.member === member);
  const ip = address === null ? undefined : ipv4Number(address);
  const number = ip === undefined ? undefined : endpoints.find(ip);
  if (!own || number === undefined || own.has[number] === heardThere) return undefined;
  const since = endpoints.claims[number]?.find((claim) => claim.since !== undefined)?.since;
  return since === undefined ? undefined : (own.time - since) / 1000;
}

/** What a host's gossip has of an endpoint: nothing, where its own engine has it, or on another node. */
const unheard = 0;
const heardThere = 1;
const heardElsewhere = 2;

function heardBy({endpoints}: NetworkJudgement, {rows}: Member): Uint8Array {
  const has = new Uint8Array(endpoints.size);
  const {ownVtep} = endpoints;
  const note = (ip: number | undefined, vtep: number) => {
    const number = ip === undefined ? undefined : endpoints.find(ip);
    if (number === undefined || has[number] === heardThere) return;
    const own = ownVtep[number] ?? none;
    has[number] = own >= 0 && vtep >= 0 && own !== vtep ? heardElsewhere : heardThere;
  };
  for (const {ip, vtep} of rows.gossip ?? [])
    note(ipv4Number(ip), vtep === undefined ? none : endpoints.vtep(vtep));
  for (const {pairs, cut} of rows.sandboxes) {
    for (const packed of pairs) notePacked(endpoints, packed, note);
    // Nothing is known of what was not kept.
    for (const ip of cut) note(ip, none);
  }
  return has;
}

/** The gossip that goes with packed pairs. */
function notePacked(
  endpoints: NetworkJudgement['endpoints'],
  {ips, gossip, vteps, vtepNames}: PackedPairs,
  note: (ip: number | undefined, vtep: number) => void,
): void {
  const known = vtepNames.map((vtep) => endpoints.vtep(vtep));
  for (let at = 0; at < ips.length; at++) if (gossip[at] === 1) note(ips[at], known[vteps[at] ?? 0] ?? none);
}

function near(one: Heard, other: Heard): boolean {
  return Math.abs(one.time - other.time) <= largestSkewMs;
}

/** Endpoints that their own engine and its gossip have. */
function ownHeard(
  endpoints: NetworkJudgement['endpoints'],
  heard: Heard[],
): {number: number; claim: Claim; owner: Heard}[] {
  const byKey = new Map(heard.map((one) => [one.member.host.key, one]));
  const owned: {number: number; claim: Claim; owner: Heard}[] = [];
  for (const [number, claims] of endpoints.claims.entries()) {
    const claim = claims.find(
      ({source, kind}) => source === 'own-engine' && (kind === 'container' || kind === 'task'),
    );
    const owner = claim && byKey.get(claim.hostKey);
    // A task is in gossip only once it is healthy, and no more when it is about to end.
    if (owner && owner.has[number] === heardThere) owned.push({number, claim, owner});
  }
  return owned;
}

/** Endpoints that their own engine and its gossip have, and this host's gossip has not. */
function lacking({id, name, endpoints, entries}: NetworkJudgement, heard: Heard[]): GossipGap[] {
  const faulty = new Set(
    entries.flatMap(({member, judged: {entry}}) =>
      entry.status === 'unknown' ? [] : [`${member.host.key} ${entry.address}`],
    ),
  );
  const owned = ownHeard(endpoints, heard);
  return heard.flatMap((one) => {
    const {host} = one.member;
    const gaps = new Map<string, GossipGap>();
    for (const {number, claim, owner} of owned) {
      const has = one.has[number];
      if (has === heardThere || owner === one || !near(one, owner) || isNews(claim, host)) continue;
      const kind = has === unheard ? 'lacks' : 'misplaces';
      const key = `${kind} ${owner.member.host.key}`;
      const known = gaps.get(key) ?? emptyGap(kind, one, owner, {id, name});
      known.lost ||= faulty.has(`${host.key} ${claim.ip}`);
      addToGap(known, one, claim);
      gaps.set(key, known);
    }
    return [...gaps.values()];
  });
}

function addToGap({kind, network, endpoints, lines}: GossipGap, one: Heard, claim: Claim): void {
  const {name, ip, since} = claim;
  endpoints.push({name, ip, ...(since === undefined ? {} : {since})});
  if (lines.length >= mostLines) return;
  lines.push(claimLine(claim, network));
  if (kind === 'misplaces') lines.push(...misplacedLines(one, claim, network));
}

function emptyGap(
  kind: GossipGap['kind'],
  {member: {host}, time}: Heard,
  {member: {host: owner}}: Heard,
  {id: networkId, name: network}: {id: string; name: string},
): GossipGap {
  const named = {
    kind,
    here: host.name,
    owner: owner.name,
    vtep: owner.vtep,
    network,
    networkId,
    readAt: time,
  };
  return {...named, lines: [], endpoints: [], lost: false};
}

function misplacedLines({member: {host, rows}}: Heard, {ip, name}: Claim, network: string): string[] {
  const number = ipv4Number(ip);
  const places = [
    ...(rows.gossip ?? []).flatMap((claim) => (claim.ip === ip && claim.vtep ? [claim.vtep] : [])),
    ...rows.sandboxes
      .flatMap(({pairs}) => pairs)
      .flatMap(({ips, vteps, vtepNames}) => {
        const at = number === undefined ? -1 : ips.indexOf(number);
        return at < 0 ? [] : [vtepNames[vteps[at] ?? 0] ?? ''];
      }),
  ];
  return [...new Set(places)].map(
    (vtep) => `${host.name}: docker network inspect --verbose ${network}: ${name} ${ip} on ${vtep}`,
  );
}

/** Endpoints that this host's gossip has on a node whose engine and gossip do not have them. */
function outdated({id, name, endpoints}: NetworkJudgement, heard: Heard[]): GossipGap[] {
  const byVtep = new Map(
    heard.flatMap((one) => {
      const {host, rows} = one.member;
      return rows.own && host.vtep !== undefined ? [[host.vtep, one] as const] : [];
    }),
  );
  const byName = new Map(
    heard.flatMap(({member}) => (member.rows.gossip ?? []).map((claim) => [claim.ip, claim.name] as const)),
  );
  return heard.flatMap((one) => {
    const found = new Map<Heard, string[]>();
    const note = (ip: number | undefined, vtep: string | undefined) => {
      const number = ip === undefined ? undefined : endpoints.find(ip);
      if (number === undefined || endpoints.ownVtep[number] !== none) return;
      const owner = byVtep.get(vtep ?? '');
      if (!owner || owner === one || owner.has[number] !== unheard || !near(one, owner)) return;
      found.set(owner, [...(found.get(owner) ?? []), ipv4Text(endpoints.ips[number] ?? 0)]);
    };
    for (const {ip, vtep} of one.member.rows.gossip ?? []) note(ipv4Number(ip), vtep);
    for (const {ips, gossip, vteps, vtepNames} of one.member.rows.sandboxes.flatMap(({pairs}) => pairs)) {
      const asked = vtepNames.map((vtep) => byVtep.has(vtep));
      for (let index = 0; index < ips.length; index++) {
        const vtep = vteps[index] ?? 0;
        if (gossip[index] === 1 && asked[vtep]) note(ips[index], vtepNames[vtep]);
      }
    }
    const here = one.member.host.name;
    return [...found].map(
      ([{member: owner}, ips]): GossipGap => ({
        kind: 'keeps',
        here,
        owner: owner.host.name,
        vtep: owner.host.vtep,
        network: name,
        networkId: id,
        lines: ips
          .slice(0, mostLines)
          .map(
            (ip) =>
              `${here}: docker network inspect --verbose ${name}: ${byName.has(ip) ? `${byName.get(ip)} ` : ''}${ip} on ${owner.host.vtep}`,
          ),
        endpoints: ips.map((ip) => ({name: byName.get(ip) ?? ip, ip})),
        readAt: one.time,
        lost: false,
      }),
    );
  });
}

/** Endpoints of nodes that were not read, which some hosts' gossip has and that of others has not. */
export function divided({id, name, endpoints, nodes}: NetworkJudgement, heard: Heard[]): Finding[] {
  const read = new Set(heard.flatMap(({member: {host, rows}}) => (rows.own && host.vtep ? [host.vtep] : [])));
  const byVtep = new Map<string, {lines: string[]; hosts: Set<string>}>();
  for (const [number, claims] of endpoints.claims.entries()) {
    const claim = claims.find(({source, vtep}) => source === 'gossip' && vtep !== undefined);
    // Some engines list the load balancers of ingress, and others do not.
    if (
      !claim?.vtep ||
      read.has(claim.vtep) ||
      claims.some(({source, kind}) => source === 'own-engine' || kind === 'load-balancer')
    )
      continue;
    const lack = heard.filter(({has}) => has[number] === unheard);
    if (lack.length === 0 || lack.length === heard.length) continue;
    const have = heard.filter(({has}) => has[number] !== unheard);
    const apart = lack.filter((one) => have.some((other) => near(one, other)));
    if (apart.length === 0) continue;
    const known = byVtep.get(claim.vtep) ?? {lines: [], hosts: new Set()};
    known.lines.push(
      `${claim.name === claim.ip ? '' : `${claim.name} `}${claim.ip}: gossip on ${names(have)} has it, on ${names(apart)} has not`,
    );
    for (const {member} of apart) known.hosts.add(member.host.name);
    byVtep.set(claim.vtep, known);
  }
  return [...byVtep].map(([vtep, {lines, hosts}]): Finding => {
    const [only, ...more] = hosts;
    return {
      code: 'gossip-differs',
      severity: 'warning',
      host: more.length === 0 ? (only ?? null) : null,
      network: name,
      subject: `endpoints of ${nodes.get(vtep) ?? vtep}`,
      evidence: lines.slice(0, mostLines),
      cause: `gossip of ${[...hosts].slice(0, 3).join(', ')}${hosts.size > 3 ? ` and ${hosts.size - 3} more` : ''} lacks ${lines.length === 1 ? 'an endpoint' : `${lines.length} endpoints`} of ${vtep} that others have; the engine there was not read, so which of them is right is not known`,
      check: look(
        line('docker network inspect --verbose'),
        'with the names of the networks: who is listed on each node',
      ),
      fix: fixByOthers('you', `read ${nodes.get(vtep) ?? vtep} too (--host): its engine has the answer`),
      basis: 'several-hosts',
      at: {networkId: id, vtep},
    };
  });
}

function names(heard: Heard[]): string {
  const all = heard.map(({member}) => member.host.name);
  return `${all.slice(0, 3).join(', ')}${all.length > 3 ? ` and ${all.length - 3} more` : ''}`;
}

/** One node's gossip can't be asked to read another's again: what is started again is announced to all. */
function announcedAnew({kind, owner, here, network}: GossipGap, endpoints: GossipGap['endpoints']): Fix {
  const services = [...new Set(endpoints.map(({name}) => /^(.+)\.[^.]+\.[^.]+$/.exec(name)?.[1]))];
  if (kind === 'keeps' || services.length !== 1 || services[0] === undefined)
    return fixByOthers(
      `administrator of the network between ${here} and ${owner}`,
      `allow TCP and UDP 7946 in both directions: gossip then recovers within a minute. If it is allowed, disconnect and reconnect the endpoints on ${owner} to ${network}, so that they are announced again`,
    );
  return renewService(
    services[0],
    `which are replaced and announced again. If gossip (TCP and UDP 7946) is blocked between ${here} and ${owner}, allow it first: it then recovers by itself`,
  );
}

/** What one host's rows say of an endpoint. */
interface Side {
  host: string;
  time: number;
  vtep: string;
}

/** Endpoints by number whose engine was not read, with all rows of them where two hosts' rows differ. */
function sidesOf({members, endpoints}: NetworkJudgement): Map<number, Side[]> {
  const asked = new Set(members.flatMap(({host, rows}) => (rows.own && host.vtep ? [host.vtep] : [])));
  const differs = (number: number | undefined): number is number =>
    number !== undefined && endpoints.rowVtep[number] === several && endpoints.ownVtep[number] === none;
  const sides = new Map<number, Side[]>();
  for (const {host, rows} of members) {
    for (const {ips, vteps, vtepNames} of rows.sandboxes.flatMap(({pairs}) => pairs)) {
      for (let index = 0; index < ips.length; index++) {
        const number = endpoints.find(ips[index] ?? 0);
        const vtep = vtepNames[vteps[index] ?? 0] ?? '';
        if (!differs(number) || asked.has(vtep)) continue;
        const known = sides.get(number) ?? [];
        known.push({host: host.name, time: Date.parse(host.startedAt), vtep});
        sides.set(number, known);
      }
    }
  }
  return sides;
}

/** Endpoints whose engine was not read, and which two hosts' rows put behind different nodes. */
export function disagreements(judgement: NetworkJudgement): Finding[] {
  const {id, name, endpoints, nodes} = judgement;
  return [...sidesOf(judgement)].flatMap(([number, rows]): Finding[] => {
    const [first] = rows;
    const other = rows.find(
      (row) => first && row.vtep !== first.vtep && Math.abs(row.time - first.time) <= largestSkewMs,
    );
    if (!first || !other) return [];
    const ip = ipv4Text(endpoints.ips[number] ?? 0);
    const claim = endpoints.claims[number]?.find((one) => one.name !== ip);
    const place = (vtep: string) => `${vtep}${nodes.has(vtep) ? ` (${nodes.get(vtep)})` : ''}`;
    return [
      {
        code: 'hosts-disagree',
        severity: 'error',
        host: null,
        network: name,
        subject: claim?.name ?? ip,
        evidence: [first, ...rows.filter((row) => row !== first)]
          .slice(0, mostLines)
          .map((row) => `${row.host}: entries of ${ip} to ${place(row.vtep)}`),
        cause: `${first.host} sends frames for ${claim?.name ?? ip} to ${place(first.vtep)}, ${other.host} to ${place(other.vtep)}: one of them is wrong, and neither node was read`,
        check: look(line('ovdiag doctor'), `with --host of ${first.vtep} and ${other.vtep} as well`),
        fix: fixByOthers(
          'you',
          `read ${first.vtep} and ${other.vtep} too (--host): their engines have the answer`,
        ),
        basis: 'several-hosts',
        at: {networkId: id, address: ip},
      },
    ];
  });
}
