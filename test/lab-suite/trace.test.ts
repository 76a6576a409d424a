import assert from 'node:assert/strict';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {before, describe, it} from 'node:test';
import {collect} from '../../src/collect/collect.js';
import {parseHost} from '../../src/collect/transport.js';
import {everything} from '../../src/collect/wanted.js';
import {sortReadings} from '../../src/hosts/readings.js';
import {type HostModel, hostModel} from '../../src/model/host.js';
import {findContainer, findDestination} from '../../src/topology/names.js';
import {traceName} from '../../src/trace/naming.js';
import {tracePublished} from '../../src/trace/published.js';
import type {Trace} from '../../src/trace/targets.js';
import {trace} from '../../src/trace/trace.js';
import type {LabNode} from '../lab/lab.js';
import {arrives, endOf, taskOn} from '../lab/trace-ends.js';
import {traceFaults} from '../lab/trace-faults.js';
import {endsOf, withTraceFault} from '../lab/trace-run.js';
import {labSuite, useLab} from '../lab/use.js';
import {until} from '../lab/wait.js';
import {document, reading} from './live.js';

interface TraceJson {
  disposition: string;
  name?: {asked: string; resolves: boolean | null};
  vip?: string | null;
  backends?: {node: string | null; disposition: string; forward: {disposition: string}}[];
  entries?: {host: string; forward: {hops: {verdict: string; code?: string}[]}}[];
  forward: {disposition: string; hops: {layer: string; verdict: string; code?: string}[]};
}

/** The walks that a healthy swarm must have, each after the traffic that proves it. */
describe('trace on the live swarm', labSuite(), () => {
  const lab = useLab();
  const node1 = () => lab().node('node1');
  const node2 = () => lab().node('node2');
  let hosts: HostModel[] = [];
  let local = '';

  async function read(...nodes: LabNode[]): Promise<HostModel[]> {
    const {signal} = new AbortController();
    const evidence = await Promise.all(
      nodes.map(({prefix}) => collect(parseHost(`exec:${prefix.join(' ')}`), everything, {signal})),
    );
    return sortReadings(evidence.map(hostModel)).hosts;
  }

  function walked(from: string, to: string, read = hosts): Trace {
    return trace(read, findContainer(read, from), findDestination(read, to).target);
  }

  const code = ({forward}: Trace) => forward.hops.find(({verdict}) => verdict === 'fail')?.code;

  before(async () => {
    local = await taskOn(node1(), 'app');
    const pings = async (container: string, ...addresses: string[]) => {
      for (const address of addresses)
        await node1().exec(container, ['ping', '-c', '1', '-W', '2', address], {reject: false});
    };
    const near = await endOf(node1(), local, 'uber-net');
    const {stdout: mac2} = await node1().docker([
      'inspect',
      '-f',
      '{{(index .NetworkSettings.Networks "mac-net").IPAddress}}',
      'mac2',
    ]);
    const ping = () =>
      Promise.all([
        pings('web1', 'web2', near.ip, 'tasks.app'),
        pings('ts1a', '10.50.2.12'),
        pings('mac1', mac2.trim()),
      ]);
    // Whoever was asked and has answered confirms the other some seconds later, with a question of its own. Only what has
    // passed lately proves a way, so something passes while it is read.
    await until({what: 'every way to be proven', pauses: {first: 2000, longest: 8000}}, async () => {
      await ping();
      [hosts] = await Promise.all([read(node1(), node2()), ping()]);
      return (
        [
          ['web1', 'web2'],
          ['web1', local],
          ['ts1a', 'ts2b'],
          ['mac1', 'mac2'],
        ] as const
      ).every(([from, to]) => walked(from, to).disposition === 'delivered')
        ? true
        : undefined;
    });
  });

  it('delivered: two hosts, one host, two subnets, a macvlan', () => {
    assert.equal(walked('web1', 'web2').disposition, 'delivered');
    assert.equal(walked('web1', local).disposition, 'delivered');
    assert.equal(walked('ts1a', 'ts2b').disposition, 'delivered');
    assert.equal(walked('mac1', 'mac2').disposition, 'delivered');
  });

  it('no more than sent with the evidence of one host', async () => {
    const alone = await read(node1());
    const {container} = findContainer(hosts, 'web2');
    const ip = container.endpoints.find(({networkName}) => networkName === 'uber-net')?.ip ?? '';
    assert.equal(walked('web1', ip, alone).disposition, 'sent-receiver-unknown');
  });

  it('a task by the name of its service, and by its own short name', () => {
    assert.match(walked('service:site', 'web1').disposition, /^deliver/);
    assert.match(walked('web1', 'task:app.1').disposition, /^deliver/);
    assert.match(walked('web1', `container:${local}`).disposition, /^deliver/);
  });

  it('outside, and what an internal network keeps in', () => {
    assert.equal(walked('web1', '192.168.1.1').disposition, 'sent-outside');
    const inside = walked('quiet1', '192.168.1.1');
    assert.deepEqual([inside.disposition, code(inside)], ['isolated', 'internal-network']);
  });

  const namingOf = (name: string) => {
    const source = findContainer(hosts, 'web1');
    const {target} = findDestination(hosts, name);
    return traceName(source, target, trace(hosts, source, target), name);
  };

  it('tells each name as the engine does', async () => {
    for (const name of ['web2', 'app', 'site', local]) {
      // What an engine could not be asked in the first reading is unknown, which a second one settles; wrong stays wrong.
      let naming = namingOf(name);
      if (naming?.resolves === null) {
        hosts = await read(node1(), node2());
        naming = namingOf(name);
      }
      assert.equal(naming?.resolves, true, `${name}: ${JSON.stringify(naming)}`);
      const {stdout} = await node1().exec('web1', ['nslookup', '-type=a', `${name}.`, '127.0.0.11']);
      assert.ok(
        naming?.addresses.some((ip) => stdout.includes(`Address: ${ip}\n`)),
        `${name}: ${stdout}`,
      );
    }
  });

  it('a service and its published port, on a kernel that has no IPVS', async (context) => {
    const {stdout} = await node1().run(['sh', '-c', 'test -e /proc/net/ip_vs && echo yes || echo no']);
    if (stdout.trim() === 'yes') return context.skip('this kernel has IPVS');
    const service = await document<TraceJson>(['trace', 'web1', 'app', ...reading(node1(), node2())]);
    assert.equal(service.status, 1, service.stderr);
    assert.deepEqual([service.disposition, service.name?.resolves], ['unreachable', true]);
    assert.equal(service.forward.hops.find(({verdict}) => verdict === 'fail')?.code, 'ipvs-missing');
    assert.equal(service.backends?.length, 2);
    // The tasks themselves are reached: so is tasks.app, whatever becomes of app.
    for (const {forward, node} of service.backends ?? [])
      assert.match(forward.disposition, /^deliver/, node ?? '');
    const web1 = await endOf(node1(), 'web1', 'uber-net');
    assert.equal(await arrives(web1, await endOf(node1(), local, 'uber-net')), true);

    const published = tracePublished(hosts, {port: 8080, protocol: 'tcp'});
    assert.equal(published.disposition, 'unreachable');
    assert.deepEqual(
      published.entries.map(({host, forward}) => `${host} ${forward.hops.at(-1)?.code}`),
      ['node1 ipvs-missing', 'node2 ipvs-missing'],
    );
  });

  it('a row that is missing: looked at twice, and the same again from what was recorded', async () => {
    const ends = await endsOf(lab(), 'web');
    const folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-trace-'));
    try {
      const file = path.join(folder, 'record.json');
      const fault = traceFaults['fdb-missing'];
      assert.ok(fault);
      const {answer} = await withTraceFault(ends, fault, () =>
        document<TraceJson>(['trace', 'web1', 'web2', ...reading(node1(), node2()), '--record', file]),
      );
      assert.deepEqual([answer.status, answer.disposition], [1, 'dropped']);
      const {hosts: kept} = JSON.parse(await readFile(file, 'utf8')) as {hosts: unknown[]};
      assert.equal(kept.length, 4);
      const {stdout} = await document<TraceJson>(['trace', 'web1', 'web2', '--snapshot', file]);
      assert.equal(stdout, answer.stdout);
    } finally {
      await rm(folder, {recursive: true, force: true});
    }
  });

  it('a port in host mode, open, closed and without its rule', async () => {
    const name = 'published-here';
    const run = [
      'run',
      '-d',
      '--name',
      name,
      '--network',
      'open-bridge',
      '-p',
      '8090:80',
      '-p',
      '8091:81',
      'ovlab:1',
    ];
    await node1().docker([...run, 'httpd', '-f', '-p', '80']);
    try {
      const asked = async (port: number) =>
        tracePublished(await read(node1()), {port, protocol: 'tcp', client: '192.168.1.1'});
      const connects = async (port: number) =>
        (
          await lab().router.run(['busybox', 'nc', '-w', '2', '172.31.1.5', String(port)], {
            reject: false,
            input: '',
          })
        ).exitCode === 0;
      const open = await asked(8090);
      assert.deepEqual([open.disposition, await connects(8090)], ['deliverable', true]);
      const closed = await asked(8091);
      assert.deepEqual([closed.disposition, await connects(8091)], ['refused', false]);
      const nat = ['-p', 'tcp', '--dport', '8090', '-j', 'RETURN'];
      await node1().run(['iptables', '-t', 'nat', '-I', 'PREROUTING', ...nat]);
      try {
        // docker-proxy passes it on all the same, which nobody can tell from the socket.
        const gone = await asked(8090);
        assert.deepEqual([gone.disposition, await connects(8090)], ['undecided', true]);
      } finally {
        await node1().run(['iptables', '-t', 'nat', '-D', 'PREROUTING', ...nat]);
      }
    } finally {
      await node1().docker(['rm', '-f', name]);
    }
  });
});
