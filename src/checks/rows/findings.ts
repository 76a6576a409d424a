/** From what was judged of a row to what is reported of it. */

import type {Remedy} from '../../findings/advice.js';
import {advised} from '../../findings/advice.js';
import type {Finding} from '../../findings/finding.js';
import type {Severity} from '../../findings/severity.js';
import {neighbourText, rowText} from '../../kernel/printed.js';
import type {FdbRow} from '../../model/facts.js';
import type {JudgedEntry} from '../../rows/entry.js';
import {nameOf} from '../../rows/fdb-raw.js';
import {rowCode} from '../../rows/row-code.js';
import type {Member, NetworkJudgement} from '../../rows/rows-swarm.js';
import {isProgrammed} from '../../rows/sandbox-view.js';
import {sourceCheck} from '../../rows/source-check.js';
import {isMissing} from '../../rows/status.js';
import {type Claim, isNews} from '../../topology/endpoints.js';
import {inNamespace} from '../../topology/in-namespace.js';
import {hintedMac} from '../../topology/mac.js';
import {claimLines, deviceOf, renewal} from './words.js';

/** Docker's vxlan devices drop a learned row that has been idle for so many seconds, unless `ip -d link` says otherwise. */
const defaultAgeing = 300;

/** The finding about one judged entry; undefined where it is no fault. */
export function rowFinding(
  network: Pick<NetworkJudgement, 'id' | 'name' | 'nodes'>,
  member: Member,
  judged: JudgedEntry,
): Finding | undefined {
  const {entry, endpoint, verdict} = judged;
  const code = rowCode(verdict);
  if (!code) return undefined;
  const claims = endpoint?.claims ?? [];
  const {netns, ip} = entry;
  const vtep = entry.status === 'missing-fdb' ? (expectedVtep(claims) ?? entry.vtep) : entry.vtep;
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
    ...advised(remedyOf(network, member, judged)),
    basis: elsewhere ? 'several-hosts' : 'one-host',
    at: {
      host: member.host.name,
      network: network.id,
      netns,
      ...(ip === null ? {} : {ip}),
      ...(vtep === null ? {} : {vtep}),
    },
  };
}

/** The rows that it was judged by, and those that are not there. */
function rowLines(member: Member, judged: JudgedEntry): string[] {
  const {
    entry: {netns: file, ip, mac, status},
    rows,
    neighbour,
  } = judged;
  const device = deviceOf(member, judged);
  const lines = rows.map((row) => `${file}: ${rowText(row)}`);
  if (neighbour) lines.unshift(`${file}: ${neighbourText(neighbour)}`);
  else if (isMissing(status)) lines.unshift(`${file}: ip neigh show dev ${device}: no row for ${ip ?? 'it'}`);
  if (!rows.some(isProgrammed))
    lines.push(
      `${file}: bridge fdb show dev ${device}: no permanent row for ${mac ?? hintedMac(ip ?? '') ?? 'its MAC'}`,
    );
  return lines;
}

function severityOf({entry: {status}, endpoint}: JudgedEntry): Severity {
  if (status === 'learned-only' || status === 'stale') return 'warning';
  // Without a source for the address it may be left of an endpoint that is gone.
  return status === 'missing-fdb' && !endpoint ? 'warning' : 'error';
}

function causeOf({nodes}: Pick<NetworkJudgement, 'nodes'>, member: Member, judged: JudgedEntry): string {
  const {entry, verdict, rows, neighbour} = judged;
  const {names, reason} = verdict;
  const who = nameOf(entry);
  const here = member.host.name;
  const node = (vtep: string | undefined) => {
    const name = vtep === undefined ? undefined : nodes.get(vtep);
    return `${vtep ?? 'another host'}${name ? ` (${name})` : ''}`;
  };
  switch (entry.status) {
    case 'missing-fdb':
      return `${here} has no row that tells where ${who} is, so it drops every frame for it: ${reason}`;
    case 'missing-neighbour':
      return `${here} answers no ARP request for ${who}: ${reason}`;
    case 'wrong-mac':
      return `${here} answers ARP for ${who} with ${neighbour?.mac ?? 'another MAC'}: ${reason}`;
    case 'learned-only':
      return `${who} is reached by a learned row only${timeLeft(member, judged)}; then ${here} drops every frame for it`;
    case 'wrong-vtep':
      return names === 'this-host'
        ? `the row of ${who} names ${entry.vtep}, which is ${here} itself: ${reason}`
        : `${here} sends frames for ${who} to ${node(entry.vtep ?? undefined)}, and drops those that come from it: ${reason}`;
    default:
      return names === 'local-endpoint'
        ? `${here} has remote rows for its own ${localName(judged)}, to ${node(rows[0]?.dst)}; delivery goes on as long as the bridge knows its port`
        : `${here} keeps rows of ${who}, to ${node(rows[0]?.dst)}: ${reason}`;
  }
}

function remedyOf({name}: Pick<NetworkJudgement, 'name'>, member: Member, judged: JudgedEntry): Remedy[] {
  const {entry, verdict, rows, neighbour, endpoint} = judged;
  const {status, ip} = entry;
  const claims = endpoint?.claims ?? [];
  const device = deviceOf(member, judged);
  const inside = (command: string, ...words: string[]) =>
    inNamespace(member.host.digest.directory, entry.netns, command, ...words);
  if (status === 'stale') {
    const away = [...new Set(rows.map((row) => row.mac))].map((mac) => ({
      command: inside('bridge fdb del', mac, 'dev', device, 'self'),
      touches: 'that row',
    }));
    const forget = neighbour
      ? [{command: inside('ip neigh del', neighbour.ip, 'dev', device), touches: 'that row'}]
      : [];
    return [...away, ...forget];
  }
  const mac = verdict.mac ?? macOf(claims) ?? rows[0]?.mac ?? neighbour?.mac ?? hintedMac(ip ?? '') ?? 'MAC';
  const dst = expectedVtep(claims) ?? 'VTEP';
  const program = {
    command: inside('bridge fdb replace', mac, 'dev', device, 'dst', dst, 'self', 'permanent'),
    touches: 'that one row',
  };
  const answer = {
    command: inside('ip neigh replace', ip ?? 'ADDRESS', 'lladdr', mac, 'dev', device, 'nud', 'permanent'),
    touches: 'that one row',
  };
  const first = status === 'missing-neighbour' || status === 'wrong-mac' ? answer : program;
  const both = status === 'missing-fdb' && !neighbour && endpoint;
  const look = {command: `ovdiag fdb ${name}`, touches: 'nothing'};
  return [first, ...(both ? [answer] : []), look, ...renewal(claims)];
}

function expectedVtep(claims: readonly Claim[]): string | undefined {
  return claims.find(({vtep}) => vtep !== undefined)?.vtep;
}

function localName({entry, endpoint}: JudgedEntry): string {
  return endpoint?.claims[0].name ?? entry.ip ?? entry.mac ?? 'endpoint';
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
    ?.tables.links?.find(({name}) => name === row?.dev);
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
  return rows.flatMap((row: FdbRow): Finding[] => {
    const owner = ownerOfMac(row.mac);
    if (!owner?.vtep || owner.hostKey === member.host.key || isNews(owner, member.host)) return [];
    const device = links?.find(({name}) => name === row.dev);
    if (sourceCheck(device, row, owner.vtep) !== 'discarded') return [];
    return [
      {
        code: 'receiver-source-stale',
        severity: 'error',
        host: member.host.name,
        network: network.name,
        subject: owner.kind === 'load-balancer' ? `load balancer of ${owner.host}` : owner.name,
        evidence: [`${entry.netns}: ${rowText(row)}`, ...claimLines([owner], network.name)],
        cause: `frames of ${owner.name} come from ${owner.vtep} (${owner.host}); the row on ${member.host.name} says ${row.dst}, so it discards every one of them, and no counter moves`,
        ...advised([
          {
            command: inNamespace(
              member.host.digest.directory,
              entry.netns,
              'bridge fdb replace',
              row.mac,
              'dev',
              row.dev,
              'dst',
              owner.vtep,
              'self',
              'permanent',
            ),
            touches: 'that one row',
          },
        ]),
        basis: 'several-hosts',
        at: {host: member.host.name, network: network.id, netns: entry.netns, ip: owner.ip},
      },
    ];
  });
}
