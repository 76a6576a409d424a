/** From what was judged of a row to what is reported of it. */
import type {CheckCode} from '../../findings/catalogue.js';
import type {Finding} from '../../findings/finding.js';
import type {Remedy, Severity} from '../../findings/severity.js';
import {neighbourText, rowText} from '../../kernel/printed.js';
import type {FdbRow} from '../../model/facts.js';
import type {JudgedEntry} from '../../rows/entry.js';
import {nameOf} from '../../rows/fdb-raw.js';
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

interface RowFault {
  code: CheckCode;
  severity: Severity;
  cause: string;
  remedy: Remedy[];
}

/** The finding about one judged entry; undefined where it is no fault. */
export function rowFinding(
  network: Pick<NetworkJudgement, 'id' | 'name' | 'nodes'>,
  member: Member,
  judged: JudgedEntry,
): Finding | undefined {
  const {entry, rows, neighbour, endpoint, verdict} = judged;
  const told = faultOf(network, member, judged);
  if (!told) return undefined;
  const claims = endpoint?.claims ?? [];
  const device = deviceOf(member, judged);
  const {netns: file, ip} = entry;
  const expected = claims.find(({vtep}) => vtep !== undefined)?.vtep;
  const lines = [
    ...(neighbour
      ? [`${file}: ${neighbourText(neighbour)}`]
      : isMissing(entry.status)
        ? [`${file}: ip neigh show dev ${device}: no row for ${ip ?? 'it'}`]
        : []),
    ...rows.map((row) => `${file}: ${rowText(row)}`),
    ...(rows.some(isProgrammed)
      ? []
      : [
          `${file}: bridge fdb show dev ${device}: no permanent row for ${entry.mac ?? hintedMac(ip ?? '') ?? 'its MAC'}`,
        ]),
    ...claimLines(claims, network.name),
  ];
  const elsewhere =
    claims.some(({hostKey}) => hostKey !== member.host.key) ||
    (verdict.deniedBy !== undefined && verdict.deniedBy !== member.host.key);
  const vtep = entry.status === 'missing-fdb' ? (expected ?? entry.vtep) : entry.vtep;
  return {
    code: told.code,
    severity: told.severity,
    host: member.host.name,
    network: network.name,
    subject: nameOf(entry),
    evidence: lines,
    cause: told.cause,
    remedy: told.remedy,
    basis: elsewhere ? 'several-hosts' : 'one-host',
    at: {
      host: member.host.name,
      network: network.id,
      netns: file,
      ...(ip === null ? {} : {ip}),
      ...(vtep === null ? {} : {vtep}),
    },
  };
}

function faultOf(
  {name: network, nodes}: Pick<NetworkJudgement, 'name' | 'nodes'>,
  member: Member,
  judged: JudgedEntry,
): RowFault | undefined {
  const {entry, verdict, rows, neighbour, endpoint} = judged;
  const claims = endpoint?.claims ?? [];
  const {ip} = entry;
  const inside = (command: string, ...words: string[]) =>
    inNamespace(member.host.digest.directory, entry.netns, command, ...words);
  const who = nameOf(entry);
  const here = member.host.name;
  const device = deviceOf(member, judged);
  const expected = claims.find(({vtep}) => vtep !== undefined)?.vtep;
  const mac = verdict.mac ?? macOf(claims) ?? rows[0]?.mac ?? neighbour?.mac ?? hintedMac(ip ?? '') ?? 'MAC';
  const look = {command: `ovdiag fdb ${network}`, touches: 'nothing'};
  const program = {
    command: inside('bridge fdb replace', mac, 'dev', device, 'dst', expected ?? 'VTEP', 'self', 'permanent'),
    touches: 'that one row',
  };
  const answer = {
    command: inside('ip neigh replace', ip ?? 'ADDRESS', 'lladdr', mac, 'dev', device, 'nud', 'permanent'),
    touches: 'that one row',
  };
  const away = [...new Set(rows.map((row) => row.mac))].map((one) => ({
    command: inside('bridge fdb del', one, 'dev', device, 'self'),
    touches: 'that row',
  }));
  const forget = neighbour
    ? [{command: inside('ip neigh del', neighbour.ip, 'dev', device), touches: 'that row'}]
    : [];
  const node = (vtep: string | undefined) => {
    const name = vtep === undefined ? undefined : nodes.get(vtep);
    return `${vtep ?? 'another host'}${name ? ` (${name})` : ''}`;
  };
  switch (entry.status) {
    case 'missing-fdb':
      return {
        code: 'fdb-row-missing',
        // Without a source for the address it may be left of an endpoint that is gone.
        severity: endpoint ? 'error' : 'warning',
        cause: `${here} has no row that tells where ${who} is, so it drops every frame for it: ${verdict.reason}`,
        remedy: [program, ...(neighbour || !endpoint ? [] : [answer]), look, ...renewal(claims)],
      };
    case 'missing-neighbour':
      return {
        code: 'neighbour-missing',
        severity: 'error',
        cause: `${here} answers no ARP request for ${who}: ${verdict.reason}`,
        remedy: [answer, look, ...renewal(claims)],
      };
    case 'wrong-mac':
      return {
        code: 'neighbour-wrong-mac',
        severity: 'error',
        cause: `${here} answers ARP for ${who} with ${neighbour?.mac ?? 'another MAC'}: ${verdict.reason}`,
        remedy: [answer, look, ...renewal(claims)],
      };
    case 'learned-only':
      return {
        code: 'fdb-learned-only',
        severity: 'warning',
        cause: `${who} is reached by a learned row only${timeLeft(member, judged)}; then ${here} drops every frame for it`,
        remedy: [program, look, ...renewal(claims)],
      };
    case 'wrong-vtep':
      return verdict.names === 'this-host'
        ? {
            code: 'fdb-points-home',
            severity: 'error',
            cause: `the row of ${who} names ${entry.vtep}, which is ${here} itself: ${verdict.reason}`,
            remedy: [program, look, ...renewal(claims)],
          }
        : {
            code: 'fdb-wrong-vtep',
            severity: 'error',
            cause: `${here} sends frames for ${who} to ${node(entry.vtep ?? undefined)}, and drops those that come from it: ${verdict.reason}`,
            remedy: [program, look, ...renewal(claims)],
          };
    case 'stale':
      return verdict.names === 'local-endpoint'
        ? {
            code: 'fdb-local-as-remote',
            severity: 'warning',
            cause: `${here} has remote rows for its own ${localName(judged)}, to ${node(rows[0]?.dst)}; delivery goes on as long as the bridge knows its port`,
            remedy: [...away, ...forget],
          }
        : {
            code: verdict.names === 'this-host' ? 'fdb-points-home' : 'fdb-stale',
            severity: 'warning',
            cause: `${here} keeps rows of ${who}, to ${node(rows[0]?.dst)}: ${verdict.reason}`,
            remedy: [...away, ...forget],
          };
    default:
      return undefined;
  }
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
        remedy: [
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
        ],
        basis: 'several-hosts',
        at: {host: member.host.name, network: network.id, netns: entry.netns, ip: owner.ip},
      },
    ];
  });
}
