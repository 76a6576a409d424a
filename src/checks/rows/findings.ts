/** From what was judged of a row to what is reported of it. */

import {address, type Command, device, mac as macWord, sh} from '../../base/command.js';
import {type Advice, type CheckStep, type Fix, fixBy, look, noFix} from '../../findings/advice.js';
import type {Finding} from '../../findings/finding.js';
import type {Severity} from '../../findings/severity.js';
import {neighbourText, rowText} from '../../kernel/printed.js';
import type {FdbRow} from '../../model/facts.js';
import type {JudgedEntry} from '../../rows/entry.js';
import {nameOf} from '../../rows/fdb-raw.js';
import type {Member, NetworkJudgement} from '../../rows/rows-swarm.js';
import {isProgrammed} from '../../rows/sandbox-view.js';
import {sourceCheck} from '../../rows/source-check.js';
import {isExtra, isFault, isMissing} from '../../rows/status.js';
import {type Claim, isNews} from '../../topology/endpoints.js';
import {within} from '../../topology/in-namespace.js';
import {hintedMac} from '../../topology/mac.js';
import {claimLines, deviceOf} from './words.js';

/** Docker's vxlan devices drop a learned row that has been idle for so many seconds, unless `ip -d link` says otherwise. */
const defaultAgeing = 300;

/** The finding about one judged entry; undefined where it is no fault. */
export function rowFinding(
  network: Pick<NetworkJudgement, 'id' | 'name' | 'nodes'>,
  member: Member,
  judged: JudgedEntry,
): Finding | undefined {
  const {entry, endpoint, verdict} = judged;
  const {status: code} = entry;
  if (!isFault(code)) return undefined;
  const claims = endpoint?.claims ?? [];
  const {netns, address: ip} = entry;
  const vtep = entry.status === 'fdb-row-missing' ? (expectedVtep(claims) ?? entry.vtep) : entry.vtep;
  const elsewhere =
    claims.some(({hostKey}) => hostKey !== member.host.key) ||
    (verdict.deniedBy !== undefined && verdict.deniedBy !== member.host.key);
  return {
    code,
    severity: severityOf(judged),
    host: member.host.name,
    network: network.name,
    subject: nameOf(entry),
    evidence: [...rowLines(member, judged), ...claimLines(claims, network.name)],
    cause: causeOf(network, member, judged),
    ...adviceOf(member, judged),
    basis: elsewhere ? 'several-hosts' : 'one-host',
    at: {
      host: member.host.name,
      networkId: network.id,
      netns,
      ...(ip === null ? {} : {address: ip}),
      ...(vtep === null ? {} : {vtep}),
    },
  };
}

/** The rows that it was judged by, and those that are not there. */
function rowLines(member: Member, judged: JudgedEntry): string[] {
  const {
    entry: {netns: file, address: ip, mac, status},
    rows,
    neighbour,
  } = judged;
  const dev = deviceOf(member, judged) ?? 'of the tunnel';
  const lines = rows.map((row) => `${file}: ${rowText(row)}`);
  if (neighbour) lines.unshift(`${file}: ${neighbourText(neighbour)}`);
  else if (isMissing(status)) lines.unshift(`${file}: ip neigh show dev ${dev}: no entry for ${ip ?? 'it'}`);
  if (!rows.some(isProgrammed))
    lines.push(
      `${file}: bridge fdb show dev ${dev}: no permanent entry for ${mac ?? hintedMac(ip ?? '') ?? 'its MAC'}`,
    );
  return lines;
}

function severityOf({entry: {status}, endpoint}: JudgedEntry): Severity {
  if (status === 'fdb-learned-only' || isExtra(status)) return 'warning';
  // Without a source for the address it may be left of an endpoint that is gone.
  return status === 'fdb-row-missing' && !endpoint ? 'warning' : 'error';
}

function causeOf({nodes}: Pick<NetworkJudgement, 'nodes'>, member: Member, judged: JudgedEntry): string {
  const {entry, verdict, rows, neighbour} = judged;
  const {reason} = verdict;
  const who = nameOf(entry);
  const here = member.host.name;
  const node = (vtep: string | undefined) => {
    const name = vtep === undefined ? undefined : nodes.get(vtep);
    return `${vtep ?? 'another host'}${name ? ` (${name})` : ''}`;
  };
  switch (entry.status) {
    case 'fdb-row-missing':
      return `${here} has no FDB entry for ${who} and drops every frame to it: ${reason}`;
    case 'neighbour-missing':
      return `${here} has no neighbour entry for ${who}, so ARP for it stays unanswered: ${reason}`;
    case 'neighbour-wrong-mac':
      return `${here} answers ARP for ${who} with ${neighbour?.mac ?? 'another MAC'}: ${reason}`;
    case 'fdb-learned-only':
      return `${who} is reached by a learned FDB entry only${timeLeft(member, judged)}; then ${here} drops every frame to it`;
    case 'fdb-points-home':
      return `the FDB entry of ${who} names ${entry.vtep}, which is ${here} itself: ${reason}`;
    case 'fdb-local-as-remote':
      return `${here} has remote entries for its own ${localName(judged)}, to ${node(rows[0]?.vtep)}; delivery goes on as long as the bridge knows its port`;
    case 'fdb-wrong-vtep':
      return `${here} sends frames for ${who} to ${node(entry.vtep ?? undefined)}, and drops those that come from it: ${reason}`;
    default:
      return `${here} keeps entries of ${who}, to ${node(rows[0]?.vtep)}: ${reason}`;
  }
}

function adviceOf(member: Member, judged: JudgedEntry): Advice {
  const name = deviceOf(member, judged);
  if (name === undefined) return {check: [], fix: noFix('the vxlan device of this network was not read')};
  const {entry} = judged;
  const inside = (command: Command) => within(member.host.digest.directory, entry.netns, command);
  const place = {inside, name};
  return {check: checkOf(place, judged), fix: fixOf(place, judged, member.host.name)};
}

/** The vxlan device whose entries they are, and how a command gets to it. */
interface Place {
  inside: (command: Command) => Command;
  name: string;
}

function checkOf({inside, name}: Place, {entry: {status, address: ip}, neighbour}: JudgedEntry): CheckStep[] {
  const dev = device(name);
  const neighbours =
    ip === null ? [] : look(inside(sh`ip neigh show ${address(ip)} dev ${dev}`), 'its neighbour entry');
  const fdb = look(inside(sh`bridge fdb show dev ${dev}`), 'FDB entries: MAC, dst VTEP, permanent');
  return status === 'neighbour-missing' ||
    status === 'neighbour-wrong-mac' ||
    (status === 'fdb-row-missing' && !neighbour)
    ? [...neighbours, ...fdb]
    : [...fdb, ...neighbours];
}

function fixOf(place: Place, judged: JudgedEntry, here: string): Fix {
  const {entry, neighbour, endpoint} = judged;
  const {status, address: ip} = entry;
  const who = nameOf(entry);
  if (isExtra(status))
    return fixBy({
      commands: removal(place, judged),
      affects: `the entries of ${who} on ${here}, which nothing uses`,
    });
  const mac = knownMac(judged);
  const vtep = expectedVtep(endpoint?.claims ?? []);
  const unknown = (what: string) =>
    noFix(`not known: no source that was read has the ${what} of ${who}; read its own host too (--host)`);
  if (mac === undefined) return unknown('MAC');
  const affects = `the entries of ${who} on ${here} only; Docker removes them when the endpoint goes`;
  if (status === 'neighbour-missing' || status === 'neighbour-wrong-mac')
    return ip === null ? unknown('address') : fixBy({commands: [neighbourEntry(place, ip, mac)], affects});
  if (vtep === undefined) return unknown('VTEP');
  const needsBoth = status === 'fdb-row-missing' && !neighbour && ip !== null;
  const commands = [fdbEntry(place, mac, vtep), ...(needsBoth ? [neighbourEntry(place, ip, mac)] : [])];
  return fixBy({commands, affects});
}

function knownMac({entry, verdict, rows, neighbour, endpoint}: JudgedEntry): string | undefined {
  const told = verdict.mac ?? macOf(endpoint?.claims ?? []);
  return told ?? rows[0]?.mac ?? neighbour?.mac ?? hintedMac(entry.address ?? '');
}

function fdbEntry({inside, name}: Place, mac: string, vtep: string): Command {
  return inside(
    sh`bridge fdb replace ${macWord(mac)} dev ${device(name)} dst ${address(vtep)} self permanent`,
  );
}

function neighbourEntry({inside, name}: Place, ip: string, mac: string): Command {
  return inside(sh`ip neigh replace ${address(ip)} lladdr ${macWord(mac)} dev ${device(name)} nud permanent`);
}

function removal({inside, name}: Place, {rows, neighbour}: JudgedEntry): Command[] {
  const dev = device(name);
  return [
    ...[...new Set(rows.map((row) => row.mac))].map((mac) =>
      inside(sh`bridge fdb del ${macWord(mac)} dev ${dev} self`),
    ),
    ...(neighbour ? [inside(sh`ip neigh del ${address(neighbour.address)} dev ${dev}`)] : []),
  ];
}

function expectedVtep(claims: readonly Claim[]): string | undefined {
  return claims.find(({vtep}) => vtep !== undefined)?.vtep;
}

function localName({entry, endpoint}: JudgedEntry): string {
  return endpoint?.claims[0].name ?? entry.address ?? entry.mac ?? 'endpoint';
}

function macOf(claims: readonly Claim[]): string | undefined {
  return claims.find(({mac}) => mac !== undefined)?.mac;
}

/**
 * How long a learned row still lives. Kernels since 6.13 count from the last frame that came, earlier ones from the
 * last use in either direction, so the longer of the two is told as the most.
 */
function timeLeft(member: Member, {entry, rows}: JudgedEntry): string {
  const [row] = rows;
  const ages = [row?.usedSeconds, row?.updatedSeconds].filter((age) => age !== undefined);
  if (ages.length === 0) return '';
  const device = member.rows.sandboxes
    .find(({file}) => file === entry.netns)
    ?.tables.links?.find(({name}) => name === row?.device);
  const ageing = device?.vxlan?.ageingSeconds ?? defaultAgeing;
  const left = Math.max(0, ageing - Math.min(...ages));
  return `, which ages out ${left} s after it was read unless another frame renews it (${ageing} s idle)`;
}

/**
 * What a wrong row does to the other direction: frames of an endpoint come from its own host, and the row says that
 * they should come from elsewhere. Only a device that learns checks that.
 */
export function sourceFindings(
  network: Pick<NetworkJudgement, 'id' | 'name'>,
  member: Member,
  {entry, rows}: JudgedEntry,
  ownerOfMac: (mac: string) => Claim | undefined,
): Finding[] {
  const links = member.rows.sandboxes.find(({file}) => file === entry.netns)?.tables.links;
  const inside = (command: Command) => within(member.host.digest.directory, entry.netns, command);
  return rows.flatMap((row: FdbRow): Finding[] => {
    const owner = ownerOfMac(row.mac);
    if (!owner?.vtep || owner.hostKey === member.host.key || isNews(owner, member.host)) return [];
    const tunnel = links?.find(({name}) => name === row.device);
    if (sourceCheck(tunnel, row, owner.vtep) !== 'discarded') return [];
    return [
      {
        code: 'receiver-source-stale',
        severity: 'error',
        host: member.host.name,
        network: network.name,
        subject: owner.kind === 'load-balancer' ? `load balancer of ${owner.host}` : owner.name,
        evidence: [`${entry.netns}: ${rowText(row)}`, ...claimLines([owner], network.name)],
        cause: `frames of ${owner.name} come from ${owner.vtep} (${owner.host}); the FDB entry on ${member.host.name} has ${row.vtep}, so it drops all of them, and no counter rises`,
        check: look(inside(sh`bridge fdb show dev ${device(row.device)}`), `${row.mac} dst ${row.vtep}`),
        fix: fixBy({
          commands: [fdbEntry({inside, name: row.device}, row.mac, owner.vtep)],
          affects: `the entry of ${owner.name} on ${member.host.name} only`,
        }),
        basis: 'several-hosts',
        at: {host: member.host.name, networkId: network.id, netns: entry.netns, address: owner.ip},
      },
    ];
  });
}
