import assert from 'node:assert/strict';
import {before, describe, it} from 'node:test';
import {collect} from '../../src/collect/collect.js';
import {parseHost} from '../../src/collect/transport.js';
import {everything} from '../../src/collect/wanted.js';
import {sortReadings} from '../../src/hosts/readings.js';
import {type HostModel, hostModel} from '../../src/model/host.js';
import {planProbe} from '../../src/probe/plan.js';
import {type ProbeReport, runProbe} from '../../src/probe/probe.js';
import {findContainer} from '../../src/topology/names.js';
import {traceName, withName} from '../../src/trace/naming.js';
import type {Trace} from '../../src/trace/targets.js';
import {trace} from '../../src/trace/trace.js';
import {type Ends, type Pair, traceFaults} from '../lab/trace-faults.js';
import {meetAgain, traceEnds, withTraceFault} from '../lab/trace-run.js';
import {labSuite, useLab} from '../lab/use.js';

/** Faults that the model names: real packets must be lost there as well. */
const agreed = [
  'fdb-missing',
  'fdb-wrong-vtep',
  'receiver-row-stale',
  'neighbour-missing',
  'neighbour-wrong-mac',
  'vxlan-down-receiver',
  'vxlan-unplugged-sender',
  'bridge-down-receiver',
  'veth-down-sender',
  'veth-unplugged-receiver',
  'container-link-down-sender',
  'address-gone-sender',
  'address-gone-receiver',
  'route-gone-sender',
  'mac-changed-receiver',
  'outer-source',
  'filter-out',
  'filter-in',
  'vni-missing',
  'port-differs',
  'ip-forward-off',
  'encrypted-without-esp',
];

describe('probes on a swarm with one fault at a time', labSuite(), () => {
  const lab = useLab();
  let ends: Record<Pair, Ends>;
  before(async () => {
    ends = await traceEnds(lab());
  });

  async function read(): Promise<HostModel[]> {
    const {signal} = new AbortController();
    const evidence = await Promise.all(
      lab().nodes.map(({prefix}) => collect(parseHost(`exec:${prefix.join(' ')}`), everything, {signal})),
    );
    return sortReadings(evidence.map(hostModel)).hosts;
  }

  /** The model's answer and the probe's, while a fault is in. */
  async function probed(name: string): Promise<{answer: Trace; probe: ProbeReport; whole: Trace}> {
    const fault = traceFaults[name];
    assert.ok(fault, name);
    const pair = ends[fault.pair ?? 'web'];
    const {answer} = await withTraceFault(pair, fault, async () => {
      const hosts = await read();
      const [source, target] = [
        findContainer(hosts, pair.one.container),
        findContainer(hosts, pair.two.container),
      ];
      const modelled = trace(hosts, source, target);
      const naming = fault.name ? traceName(source, target, modelled, pair.two.container) : undefined;
      const planned = planProbe({
        hosts,
        source,
        target,
        naming,
        network: modelled.network,
        traffic: {protocol: 'icmp'},
        mtu: false,
      });
      const probe = await runProbe({hosts, planned, trace: modelled, signal: new AbortController().signal});
      return {
        answer: modelled,
        probe,
        whole: naming ? withName(modelled, naming, probe.name ?? undefined) : modelled,
      };
    });
    if (fault.pair !== 'secret') await meetAgain(pair);
    return answer;
  }

  for (const name of agreed) {
    it(`${name}: the probe agrees`, async () => {
      const {answer, probe} = await probed(name);
      assert.equal(probe.agreesWithModel, true, `${answer.disposition}; ${probe.verdict.text}`);
      assert.ok(probe.packets <= 20);
    });
  }

  it('router-drop: what no host can see comes out, and is said first', async () => {
    const {answer, probe} = await probed('router-drop');
    assert.equal(answer.disposition, 'deliverable');
    assert.equal(probe.agreesWithModel, false);
    assert.match(probe.difference ?? '', /dropped between the hosts/);
  });

  for (const [name, result] of [
    ['dns-rules-missing', /^refused$/],
    ['dns-other-server', /^(refused|timeout|unknown-name)$/],
  ] as const) {
    it(`${name}: the name is asked for in vain, and the way is open`, async () => {
      const {probe, whole} = await probed(name);
      assert.match(probe.name?.result ?? '', result);
      assert.deepEqual([probe.name?.resolves, probe.name?.agreesWithModel], [false, true]);
      assert.equal(probe.verdict.code, 'arrived');
      assert.equal(whole.disposition, 'unresolved');
    });
  }
});
