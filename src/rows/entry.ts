/** What is told of one endpoint in one sandbox, from what it was judged by. */
import type {FdbRow, Link, Neighbour} from '../model/facts.js';
import type {Claim, Endpoint, EndpointKind} from '../topology/endpoints.js';
import {judgeBridgeRow} from './bridge-row.js';
import {judgeAbsence, statusOf, type Verdict} from './fdb-judge.js';
import {isProgrammed, placeByClaims, type SandboxView, servesAddress} from './sandbox-view.js';
import type {FdbStatus} from './status.js';

/** One endpoint of a network as one host sees it, with the judgement and its reason. */
export interface FdbEntry {
  host: string;
  /** File name of the overlay sandbox. */
  netns: string;
  vni: number | null;
  mac: string | null;
  address: string | null;
  vtep: string | null;
  node: string | null;
  endpoint: {kind: EndpointKind; name: string | null; id: string | null};
  /** State of the vxlan device's own row: `permanent`, or `learned`. */
  self: 'permanent' | 'learned' | null;
  /** Port of the bridge behind which the MAC was seen. */
  master: string | null;
  /** State of the neighbour entry on the vxlan device. */
  neighbour: string | null;
  usedSeconds: number | null;
  updatedSeconds: number | null;
  status: FdbStatus;
  reason: string;
}

/** One endpoint as a sandbox has it, with the rows that it was judged by. */
export interface JudgedEntry {
  entry: FdbEntry;
  verdict: Verdict;
  rows: FdbRow[];
  neighbour: Neighbour | undefined;
  endpoint: Endpoint | undefined;
}

/** An endpoint of the host itself, which needs no rows. */
export function localEntry(view: SandboxView, endpoint: Endpoint): JudgedEntry {
  const {
    ip,
    claims: [claim],
  } = endpoint;
  const port = view.portOf.get(claim.mac ?? '');
  const stuck = judgeBridgeRow(view.links, port, undefined) === 'into-tunnel';
  const verdict: Verdict = {
    status: claim.kind === 'unknown' ? 'unknown' : 'local',
    reason:
      claim.kind === 'unknown'
        ? "this host's Docker engine has it without a sandbox: a leftover endpoint, or one that is being created"
        : stuck
          ? `local container, but the bridge FDB has its MAC on ${port?.device}`
          : 'local container, no FDB entry needed',
  };
  return judged(
    view,
    verdict,
    {endpoint},
    {
      ...named(claim),
      address: ip,
      vni: view.vxlans.find((device) => servesAddress(view.links, device, ip))?.vxlan?.vni ?? null,
      mac: claim.mac ?? null,
      vtep: view.ownVtep ?? null,
      node: view.host.name,
      master: port?.device ?? null,
      usedSeconds: port?.usedSeconds ?? null,
      updatedSeconds: port?.updatedSeconds ?? null,
    },
  );
}

/** An endpoint in whose subnet this sandbox has no vxlan device. */
export function unservedEntry(view: SandboxView, endpoint: Endpoint): JudgedEntry {
  const [claim] = endpoint.claims;
  const verdict = judgeAbsence(view, endpoint);
  const reason =
    verdict.status === 'fdb-row-missing'
      ? 'the sandbox has no vxlan device for the subnet of this address'
      : verdict.reason;
  const vtep = placeByClaims(endpoint);
  return judged(
    view,
    {...verdict, reason},
    {endpoint},
    {
      ...named(claim),
      address: claim.ip,
      mac: claim.mac ?? null,
      vtep: vtep ?? null,
      node: vtep === undefined ? null : (view.nodes.get(vtep) ?? null),
    },
  );
}

/** What an entry was judged by. */
interface Grounds {
  neighbour?: Neighbour;
  rows?: FdbRow[];
  endpoint: Endpoint | undefined;
}

/** A remote endpoint at the vxlan device that has its rows or should have them. */
export function describedEntry(
  view: SandboxView,
  device: Link,
  grounds: Grounds,
  verdict: Verdict,
): JudgedEntry {
  const {neighbour, rows = [], endpoint} = grounds;
  const claim = endpoint?.claims[0];
  const row = rows.find(isProgrammed) ?? rows[0];
  const mac = (verdict.mac === undefined ? row?.mac : undefined) ?? neighbour?.mac ?? claim?.mac ?? null;
  const vtep = row?.vtep ?? (endpoint && placeByClaims(endpoint)) ?? null;
  return judged(view, verdict, grounds, {
    ...(claim ? named(claim) : {}),
    vni: device.vxlan?.vni ?? null,
    mac,
    address: neighbour?.address ?? claim?.ip ?? null,
    vtep,
    node: vtep === null ? null : (view.nodes.get(vtep) ?? null),
    ...(row ? agesOf(row) : {}),
    master: view.portOf.get(mac ?? '')?.device ?? null,
    neighbour: neighbour?.state.join(',') ?? null,
  });
}

function agesOf(row: FdbRow): Pick<FdbEntry, 'self' | 'usedSeconds' | 'updatedSeconds'> {
  return {
    self: isProgrammed(row) ? 'permanent' : 'learned',
    usedSeconds: row.usedSeconds ?? null,
    updatedSeconds: row.updatedSeconds ?? null,
  };
}

function judged(
  view: SandboxView,
  verdict: Verdict,
  {neighbour, rows = [], endpoint}: Grounds,
  part: Partial<FdbEntry>,
): JudgedEntry {
  const entry: FdbEntry = {
    host: view.host.name,
    netns: view.file,
    vni: null,
    mac: null,
    address: null,
    vtep: null,
    node: null,
    endpoint: {kind: 'unknown', name: null, id: null},
    self: null,
    master: null,
    neighbour: null,
    usedSeconds: null,
    updatedSeconds: null,
    ...part,
    ...(verdict.endpoint ? {endpoint: verdict.endpoint} : {}),
    status: statusOf(verdict),
    reason: verdict.reason,
  };
  return {entry, verdict, rows, neighbour, endpoint};
}

function named(claim: Claim): Pick<FdbEntry, 'endpoint'> {
  return {endpoint: {kind: claim.kind, name: claim.name, id: claim.id ?? null}};
}
