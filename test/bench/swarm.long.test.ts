import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {describe, it} from 'node:test';
import {hostEvidence} from '../../bench/swarm/evidence.js';
import {type FaultName, faultNames, faults, type PlantedFault, plant} from '../../bench/swarm/faults.js';
import {type Node, planSwarm, type Swarm, standardSize} from '../../bench/swarm/plan.js';
import {checks} from '../../src/checks/registry.js';
import {boilDown, Examiner, type Kept} from '../../src/checks/run.js';
import {foldFindings} from '../../src/findings/fold.js';
import {type HostModel, hostModel} from '../../src/model/host.js';
import {fdbEntries} from '../../src/rows/fdb.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {findContainer} from '../../src/topology/names.js';
import {trace} from '../../src/trace/trace.js';
import {type Raw, recordedEvidence} from '../support/evidence.js';

const swarm = planSwarm(standardSize(6));
const healthy = new Map(swarm.nodes.map((node) => [node, hostModel(hostEvidence(swarm, node))]));

function models(of: (node: Node) => HostModel | undefined): HostModel[] {
  return swarm.nodes.flatMap((node) => of(node) ?? []);
}

/** What the checks keep of a host that is in several swarms, which is looked at once. */
const kept = new WeakMap<HostModel, Kept>();

function keptOf(host: HostModel): Kept {
  const known = kept.get(host) ?? boilDown(checks, host);
  kept.set(host, known);
  return known;
}

function findings(hosts: HostModel[]) {
  const examiner = new Examiner(checks);
  for (const host of hosts) examiner.take(keptOf(host));
  assert.equal(examiner.outdated(), false);
  return foldFindings(examiner.end().findings);
}

/** Rows that are neither `ok` nor `local`: `HOST NETWORK ADDRESS STATUS`. */
function trouble(hosts: HostModel[]): string[] {
  return swarm.networks.flatMap((network) => {
    return fdbEntries(hosts, network.id)
      .filter(({status}) => status !== 'ok' && status !== 'local')
      .map(({host, address: ip, status}) => `${host} ${network.name} ${ip} ${status}`);
  });
}

describe('a simulated swarm', () => {
  it('comes out the same every time, host by host and in any order', () => {
    const again = planSwarm(standardSize(6));
    const [first, , third] = again.nodes;
    assert.ok(first && third);
    const evidence = [hostEvidence(again, third), hostEvidence(again, first)];
    assert.deepEqual(evidence, [hostEvidence(swarm, node(2)), hostEvidence(swarm, node(0))]);
    const other = planSwarm({...standardSize(6), seed: 2});
    assert.notEqual(other.nodes[0]?.id, swarm.nodes[0]?.id);
  });

  it('is read without a problem', () => {
    for (const host of healthy.values()) assert.deepEqual(host.problems, [], host.name);
  });

  it('is well by fdb, by trace and by doctor', () => {
    const hosts = models((one) => healthy.get(one));
    assert.deepEqual(trouble(hosts), []);
    assert.deepEqual(
      findings(hosts).map(({code, host, subject}) => `${code} ${host} ${subject}`),
      [],
    );
    for (const network of swarm.networks.filter(({ingress}) => !ingress)) {
      const [from, to] = network.endpoints.filter(
        ({kind}, at, all) => kind === 'task' && all[at - 1]?.kind === 'task',
      );
      assert.ok(from && to);
      const walked = trace(hosts, findContainer(hosts, from.name), findContainer(hosts, to.name));
      assert.match(walked.disposition, /^deliver(ed|able)$/, `${from.name} to ${to.name}`);
    }
  });

  it('has the rows and answers of a recorded host, key by key', () => {
    const recorded = keysOf(recordedEvidence('engine-28.5.2/node1'));
    for (const [kind, lists] of keysOf(hostEvidence(swarm, node(0))))
      for (const keys of lists) assert.ok(recorded.get(kind)?.has(keys), `${kind}: ${keys}`);
  });

  it('has certificates that name their nodes', () => {
    const evidence = hostEvidence(swarm, node(4));
    const section = evidence.sections.find(({name}) => name === 'certificate');
    const {subject, validTo} = new X509Certificate(section?.output ?? '');
    assert.match(subject, new RegExp(`CN=${node(4).id}$`));
    assert.ok(Date.parse(validTo) > Date.parse(evidence.startedAt));
  });

  it('spreads a thousand nodes over twenty networks, about six thousand rows on each', () => {
    const large = planSwarm(standardSize(1000));
    const overlays = large.networks.filter(({ingress}) => !ingress);
    assert.deepEqual([...new Set(overlays.map(({nodes}) => nodes.length))], [200]);
    for (const {networks} of [large.nodes[0], large.nodes[777], large.nodes[999]] as Node[]) {
      const own = networks.filter(({ingress}) => !ingress);
      const rows = own.reduce(
        (sum, {endpoints, nodes}) => sum + endpoints.length * (1 - 1 / nodes.length),
        0,
      );
      assert.equal(own.length, 4);
      assert.ok(rows > 5500 && rows < 6500, String(rows));
    }
  });
});

describe('faults in a simulated swarm', () => {
  for (const name of faultNames) {
    it(`${name}: ${faults[name].about}`, () => {
      const {planted, evidence, touches} = plant(swarm, [name]);
      const [fault] = planted;
      assert.ok(fault);
      const hosts = models((one) => (touches(one) ? hostModel(evidence(one)) : healthy.get(one)));
      found(fault, hosts);
    });
  }

  it('all at once are each on a node of their own, where there are enough nodes', () => {
    const large: Swarm = planSwarm(standardSize(40));
    const {planted} = plant(large, faultNames);
    assert.equal(new Set(planted.map(({place}) => place.node)).size, faultNames.length);
    assert.ok(planted.every(({place}) => !place.node.manager));
  });
});

/** What the existing judgements say of a fault, at its place and nowhere else. */
function found({name, fdb, code, place}: PlantedFault, hosts: HostModel[]): void {
  const {node: at, network, far} = place;
  const rows = trouble(hosts);
  if (fdb) {
    const ip = name === 'fdb-stale' ? `${network.prefix}.250.250` : far.ip;
    assert.deepEqual(rows, [`${at.name} ${network.name} ${ip} ${fdb}`]);
  } else if (!spoilsRows.has(name)) assert.deepEqual(rows, []);
  if (!code) return;
  // What is wrong between hosts is told of the network's address, and not of one of them.
  const told = findings(hosts).filter((finding) => finding.code === code);
  const names = told.map(({host, subject}) => `${host} ${subject}`).join('\n');
  assert.ok(told.length === 1 && (names.includes(at.name) || names.includes(far.ip)), `${code}: ${names}`);
}

/** Faults that take rows away with them: of the tunnel that is down, of the host that can't be read. */
const spoilsRows: ReadonlySet<FaultName> = new Set(['vxlan-down', 'node-down', 'endpoint-without-interface']);

function node(index: number): Node {
  const found = swarm.nodes[index];
  assert.ok(found);
  return found;
}

/** The keys of each row of each table and of each answer, by what it is of. */
function keysOf({sections, docker}: HostEvidence): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const add = (kind: string, row: Raw) =>
    found.set(kind, (found.get(kind) ?? new Set()).add(Object.keys(row).join()));
  for (const {name, output} of sections) {
    // The recorded collector did not ask for routes to VTEPs.
    if (!output.startsWith('[') || name === 'route-get') continue;
    for (const row of JSON.parse(output) as Raw[]) {
      const {linkinfo = {}, addr_info: addresses = []} = row;
      // A card, of which the lab has none.
      if (name === 'addr' && row.parentbus) continue;
      add(`${name} ${linkinfo.info_kind} ${linkinfo.info_slave_kind}`, row);
      if (linkinfo.info_data) add(`${linkinfo.info_kind} device`, linkinfo.info_data);
      // A service's address, of which the lab has none: its kernel has no IPVS.
      for (const address of addresses) if (address.prefixlen < 32) add('address', address);
    }
  }
  for (const {path, body} of docker.answers) {
    const kind = path.replace(/[0-9a-z]{25,}/, 'ID');
    for (const one of Array.isArray(body) ? body : [body]) add(`${kind} ${(one as Raw).Scope}`, one);
  }
  return found;
}
