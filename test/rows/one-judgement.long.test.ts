/**
 * The same rows, asked through each command. Found to be so on all recordings, by both hosts and by each alone:
 * a row that fdb calls ok is passed by trace and named in no finding, and one that it calls a fault stops trace with the
 * code that doctor reports. Two things are apart by what the kernel does, and stay so: a learned row carries frames until
 * it ages out, so trace passes it and doctor warns; and a container's own neighbour entry, which is no row of a sandbox,
 * may be wrong or still good where the sandbox's is not.
 */
import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Finding} from '../../src/findings/finding.js';
import type {HostModel} from '../../src/model/host.js';
import type {FdbEntry} from '../../src/rows/entry.js';
import {fdbEntries} from '../../src/rows/fdb.js';
import type {FdbStatus} from '../../src/rows/status.js';
import type {Step} from '../../src/services/step.js';
import {trace} from '../../src/trace/trace.js';
import {examine} from '../checks/support.js';
import {recordedHosts, recordings} from '../support/recordings.js';

/** A remote endpoint as one host has it, by all who judge it. */
interface Judged {
  about: string;
  entry: FdbEntry;
  findings: Finding[];
  /** What trace makes of its rows, walking from a container of that host; undefined where it ends before them. */
  hops: Step[] | undefined;
}

const rowCode = /^(fdb-|neighbour-)/;

function judgements(folder: string, hosts: HostModel[]): Judged[] {
  const {findings} = examine(...hosts);
  const networks = new Map(
    hosts.flatMap(({docker}) =>
      (docker?.networks ?? []).flatMap((network) =>
        network.driver === 'overlay' && !network.ingress ? [[network.id, network.name] as const] : [],
      ),
    ),
  );
  return [...networks].flatMap(([id, network]) =>
    fdbEntries(hosts, id).flatMap((entry): Judged[] => {
      const {host, status, address: ip} = entry;
      if (status === 'local' || ip === null) return [];
      return [
        {
          about: `${folder} ${hosts.length === 1 ? host : 'both'}: ${ip} of ${network} on ${host}`,
          entry,
          findings: findings.filter(
            ({code, at}) =>
              rowCode.test(code) && at.host === host && at.networkId === id && at.address === ip,
          ),
          hops: walked(hosts, entry, id, network),
        },
      ];
    }),
  );
}

/** The hops of a walk to the endpoint from the first container of the host whose walk comes so far. */
function walked(
  hosts: HostModel[],
  {host, address: ip}: FdbEntry,
  id: string,
  network: string,
): Step[] | undefined {
  const model = hosts.find(({name}) => name === host);
  for (const container of model?.docker?.containers ?? []) {
    if (!model || !container.running || !container.endpoints.some(({networkId}) => networkId === id))
      continue;
    if (!container.endpoints.some((own) => own.networkId === id && own.ip)) continue;
    const {forward} = trace(hosts, {host: model, container}, {ip: ip ?? ''}, {network});
    const hops = forward.hops.filter((hop) => hop.host === host);
    if (hops.some(({layer}) => layer === 'neighbour')) return hops;
  }
  return undefined;
}

/** What trace says at the rows, as `layer code`; undefined where it passes them. */
function stopped(hops: Step[] | undefined): string | undefined {
  const hop = hops?.find(
    ({layer, verdict, code}) =>
      (layer === 'neighbour' || layer === 'vxlan-fdb') && (verdict === 'fail' || code),
  );
  return hop && `${hop.layer} ${hop.code}`;
}

/** The codes by which a status shows in doctor and in trace; of a row that both pass none. */
const codes: Partial<Record<FdbStatus, {doctor: RegExp; trace: RegExp | undefined}>> = {
  ok: {doctor: /^$/, trace: undefined},
  unknown: {doctor: /^$/, trace: undefined},
  'fdb-row-missing': {
    doctor: /^fdb-row-missing$/,
    trace: /^(vxlan-fdb fdb-row|neighbour neighbour)-missing$/,
  },
  'neighbour-missing': {doctor: /^neighbour-missing$/, trace: /^neighbour neighbour-missing$/},
  'neighbour-wrong-mac': {doctor: /^neighbour-wrong-mac$/, trace: /^neighbour neighbour-wrong-mac$/},
  'fdb-learned-only': {doctor: /^fdb-learned-only$/, trace: undefined},
  'fdb-wrong-vtep': {doctor: /^fdb-wrong-vtep$/, trace: /^vxlan-fdb fdb-wrong-vtep$/},
  'fdb-points-home': {doctor: /^fdb-points-home$/, trace: /^vxlan-fdb fdb-points-home$/},
  'fdb-local-as-remote': {doctor: /^fdb-local-as-remote$/, trace: /^vxlan-fdb fdb-local-as-remote$/},
  'fdb-stale': {doctor: /^fdb-stale$/, trace: /^vxlan-fdb fdb-stale$/},
};

describe('rows are judged alike by fdb, trace and doctor', () => {
  const seen = new Set<FdbStatus>();
  for (const folder of recordings) {
    // The container's own entry is the fault that was made.
    const ownEntry = folder === 'trace/container-neighbour-wrong-mac';
    it(folder || 'the healthy hosts', () => {
      const all = recordedHosts(folder);
      const groups = all.length > 1 ? [all, ...all.map((host) => [host])] : [all];
      for (const {about, entry, findings, hops} of groups.flatMap((hosts) => judgements(folder, hosts))) {
        const {status, reason} = entry;
        const expected = codes[status];
        assert.ok(expected, `${about}: ${status}`);
        assert.match(
          findings.map(({code}) => code).join(' '),
          expected.doctor,
          `${about}: ${status}: ${reason}`,
        );
        if (hops === undefined) continue;
        const end = stopped(hops);
        if (expected.trace === undefined)
          assert.ok(end === undefined || ownEntry, `${about}: ${status}, ${end}`);
        else assert.match(end ?? 'passed', expected.trace, `${about}: ${status}: ${reason}`);
        seen.add(status);
      }
    });
  }

  it('met every status that a recording can show', () => {
    // No recording has these two: test/rows/fdb.test.ts has them by hand.
    const byHand = new Set(['fdb-local-as-remote', 'fdb-points-home']);
    assert.deepEqual(
      [...seen].sort(),
      Object.keys(codes)
        .filter((status) => !byHand.has(status))
        .sort(),
    );
  });
});
