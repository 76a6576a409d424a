import assert from 'node:assert/strict';
import path from 'node:path';
import {describe, it} from 'node:test';
import {execa} from 'execa';
import {expectedInLab} from '../checks/support.js';
import {type Answer, ovdiag, root} from '../cli/support.js';
import {untilClean} from '../lab/doctor-run.js';
import {image} from '../lab/image.js';
import {signal as signalProcess} from '../lab/process.js';
import {rowsOf} from '../lab/trace-ends.js';
import {traceFaults} from '../lab/trace-faults.js';
import {endsOf, meetAgain, withTraceFault} from '../lab/trace-run.js';
import {labSuite, useLab} from '../lab/use.js';
import {until} from '../lab/wait.js';
import {reading} from './live.js';
import {during, withRule} from './probe.js';

/** Where the lab's kernel lacks something, doctor says so on every run. */
const skipped = [...expectedInLab].flatMap((code) => ['--skip', code]);
const port = ['-p', 'udp', '--dport', '4789', '-j', 'DROP'];

/** Ten things that go wrong at 3 am: the first line alone must name the cause and the place. */
describe('the first line of the answer', labSuite(), () => {
  const lab = useLab();
  const node1 = () => lab().node('node1');
  const node2 = () => lab().node('node2');
  const all = () => reading(node1(), node2());
  const firstLine = ({stdout, stderr}: Answer) => (stdout || stderr).split('\n')[0] ?? '';
  const doctor = async (flags: string[] = all(), ...more: string[]) =>
    firstLine(await ovdiag(['doctor', ...skipped, ...flags, ...more]));
  const trace = async (words: string[] = ['web1', 'web2'], flags: string[] = all()) =>
    firstLine(await ovdiag(['trace', ...words, ...flags]));

  /** Both first lines while one of the faults is in that trace and doctor are tried on. */
  async function sceneOf(name: string): Promise<{doctor: string; trace: string}> {
    const fault = traceFaults[name];
    if (fault === undefined) throw new Error(`there is no fault ${name}`);
    const ends = await endsOf(lab(), fault.pair ?? 'web');
    const {answer} = await withTraceFault(ends, fault, async () => ({
      trace: await trace(),
      doctor: await doctor(),
    }));
    await meetAgain(ends);
    await untilClean(lab());
    return answer;
  }

  it('names an FDB entry that is gone', async () => {
    const said = await sceneOf('fdb-missing');
    assert.match(
      said.trace,
      /^web1 → web2: DROPPED on node1 at vxlan0: no FDB entry for .+ \(fdb-row-missing\)$/,
    );
    assert.match(said.doctor, /^1 error on 2 hosts: node1: uber-net: web2: .+ \(fdb-row-missing\)$/);
  });

  it('names the host that filters the data-path port', async () => {
    const said = await sceneOf('filter-in');
    assert.match(
      said.trace,
      /^web1 → web2: DROPPED on node2 at eth0: iptables INPUT of node2 drops udp 4789 .+ \(data-path-filtered-in\)$/,
    );
    assert.match(said.doctor, /on 2 hosts: node2: UDP 4789.* \(data-path-filtered-in\)$/);
  });

  it('names the link that is down', async () => {
    const said = await sceneOf('vxlan-down-receiver');
    assert.match(said.trace, /^web1 → web2: DROPPED on node2 at vxlan0: vxlan device down \(vxlan-down\)$/);
    assert.match(said.doctor, /on 2 hosts: node2: uber-net: vxlan0.* \(vxlan-down\)$/);
  });

  it('names the VTEP to which there is no route', async () => {
    const said = await sceneOf('vtep-route-blackhole');
    assert.match(
      said.trace,
      /^web1 → web2: DROPPED on node1 at vxlan0: no route to VTEP [0-9.]+ \(vtep-route-missing\)$/,
    );
    assert.match(said.doctor, /on 2 hosts: node1: .*[0-9.]+.* \(vtep-route-missing\)$/);
  });

  it('names the container that is not running', async () => {
    const name = 'scene-stopped';
    const said = await during(
      async () => {
        await node2().docker(['run', '-d', '--name', name, '--network', 'uber-net', image, 'sleep', '600']);
        await node2().docker(['stop', '-t', '0', name]);
      },
      () => node2().docker(['rm', '-f', name]),
      () => trace(['web1', name]),
    );
    assert.match(
      said,
      /^web1 → scene-stopped: NOT RUNNING on node2: container scene-stopped is exited \(not-running\)$/,
    );
  });

  it('names the node that was not read', async () => {
    const flags = reading(node1());
    assert.match(
      await trace(['web1', 'web2'], flags),
      new RegExp(
        `^web1 → web2: SENT, RECEIVER NOT READ: .+ VTEP ${node2().address.replaceAll('.', '\\.')} \\(node2\\)$`,
      ),
    );
    assert.match(
      await trace(['web2', 'web1'], flags),
      new RegExp(
        `^ovdiag: web2 \\(.+\\) runs on node2 \\(${node2().address.replaceAll('.', '\\.')}\\), which was not read\\. \\[not-on-this-host\\]$`,
      ),
    );
  });

  it('names what could not be read without rights', async () => {
    const user = `exec:${node1().prefix.join(' ')} setpriv --reuid=65534 --regid=65534 --clear-groups`;
    assert.match(await doctor(['--host', user]), /^ovdiag: needs root on node1: /);
  });

  it('names the engine that does not answer', async () => {
    const said = await during(
      () => signalProcess(node1().dockerd, 'SIGSTOP'),
      () => signalProcess(node1().dockerd, 'SIGCONT'),
      () => doctor(),
    );
    assert.match(said, /node1: docker.* \(docker-[a-z-]+\)/);
    await untilClean(lab());
  });

  it('says of a router that drops what was sent, and what did not arrive', async () => {
    const ends = await endsOf(lab(), 'web');
    const toNode2 = ['-d', node2().address, ...port];
    const said = await withRule(lab().router.run, 'FORWARD', toNode2, async () => {
      const probe = await trace(['web1', 'web2', '--probe']);
      await ends.one.inside(`ping -q -n -i 0.5 -w 35 ${ends.two.ip} || true`);
      const [found] = await Promise.all([
        doctor(all(), '--for', '5s'),
        ends.one.inside(`ping -q -n -i 0.5 -w 15 ${ends.two.ip} || true`),
      ]);
      return {probe, tables: await trace(), doctor: found};
    });
    await meetAgain(ends);
    await untilClean(lab());
    assert.match(
      said.probe,
      /^web1 → web2: NO ANSWER: (\d+) of \1 probes left node1 eth0, none arrived at node2 eth0; tables alone say deliver/,
    );
    assert.doesNotMatch(said.tables, /DELIVERED/);
    assert.match(said.doctor, /on 2 hosts: .*frames to node2.* \(frames-lost-between\)$/);
  });

  it('names the uplink that takes no full packets', async () => {
    const said = await sceneOf('uplink-mtu');
    assert.match(
      said.trace,
      /^web1 → web2: LARGE PACKETS DROPPED on node1 at eth0: .+ exceeds the underlay MTU 1400 \(mtu-too-small\)$/,
    );
    assert.match(said.doctor, /on 2 hosts: node1: .+ \(mtu-too-small\)$/);
  });

  it('is repeated by --watch until the fault is fixed', async () => {
    const {one, two} = await endsOf(lab(), 'web');
    const rows = (await rowsOf(one)).join('\n');
    await one.sandbox(`bridge fdb del ${two.mac} dev ${one.vxlan} self`);
    const watched = [
      ['doctor', ...skipped],
      ['trace', 'web1', 'web2'],
      ['fdb', 'uber-net'],
    ].map((words) => watching([...words, '--watch=1', ...all()]));
    try {
      await Promise.all(watched.map(({hasPrinted}) => hasPrinted('fdb-row-missing')));
      await one.sandbox(rows);
      for (const {ended} of watched) {
        const {stdout, exitCode} = await ended;
        const last = stdout.slice(stdout.lastIndexOf('] reading ')).replace('  unchanged', '');
        assert.match(stdout, /^\[[\d:]+\] reading 1\n/);
        assert.match(last, /^\] reading ([2-9]|\d\d+)\n/);
        assert.doesNotMatch(last, /fdb-row-missing/);
        assert.equal(exitCode, 0, stdout);
      }
    } finally {
      for (const {stop} of watched) stop();
      await one.sandbox(rows);
      await meetAgain(await endsOf(lab(), 'web'));
      await untilClean(lab());
    }
  });
});

/** A command that goes on until its answer holds. */
function watching(args: string[]) {
  const child = execa(process.execPath, [path.join(root, 'bin/run.js'), ...args], {
    env: {NO_COLOR: '1'},
    reject: false,
    timeout: 300_000,
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  return {
    ended: child,
    stop: () => child.kill('SIGINT'),
    hasPrinted: (word: string) =>
      until({what: `${args[0]} to print ${word}`}, async () => printed.includes(word) || undefined),
  };
}
