import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {ovdiag, recorded} from '../cli/support.js';
import {sandboxFile, withFault} from '../lab/faults.js';
import {labSuite, useLab} from '../lab/use.js';
import {reading} from './live.js';
import {faults, nameOf, type ProbeJson, probing, way, webPlace, withRule} from './probe.js';

const dataPath = ['-p', 'udp', '--dport', '4789', '-j', 'DROP'];

/** Every point saw all in one direction up to `last`, and nothing beyond it. */
function assertSeenUpTo({probe}: ProbeJson, direction: 'forward' | 'reverse', last: string): void {
  const ordered = direction === 'forward' ? probe.points : [...probe.points].reverse();
  const end = ordered.findIndex((point) => nameOf(point) === last);
  assert.ok(end >= 0, `${last} is a point`);
  ordered.forEach((point, index) => {
    assert.equal(point.failure, undefined, nameOf(point) ?? '');
    assert.equal(point[direction].packets, index <= end ? probe.sent : 0, `${nameOf(point)} ${direction}`);
  });
}

describe('probes on the live swarm', labSuite(), () => {
  const lab = useLab();
  const node1 = () => lab().node('node1');
  const node2 = () => lab().node('node2');
  const probe = (...words: string[]) => probing(lab(), words);

  for (const [from, to] of [
    ['web1', 'web2'],
    ['web2', 'web1'],
  ] as const) {
    it(`sees each packet from ${from} to ${to} at every point, there and back`, async () => {
      const answer = await probe(from, to);
      assert.equal(answer.status, 0, answer.stderr);
      assert.equal(answer.disposition, 'delivered');
      assert.equal(answer.forward.disposition, 'delivered');
      assert.equal(answer.reverse?.disposition, 'delivered');
      const {name, points, sent, received, packets, roundTrip, verdict, agreesWithModel, loss} = answer.probe;
      assert.deepEqual(
        [name?.asked, name?.result, name?.resolves, name?.agreesWithModel],
        [to, 'answered', true, true],
      );
      assert.equal(verdict.code, 'arrived');
      assert.equal(agreesWithModel, true);
      assert.deepEqual([sent, received, packets, loss.lost, loss.highPercent], [20, 20, 21, 0, 13.9]);
      const order = from === 'web1' ? way : [...way].reverse();
      assert.deepEqual(points.map(nameOf), order);
      for (const point of points) {
        assert.equal(point.failure, undefined);
        assert.deepEqual([point.forward.packets, point.reverse.packets], [20, 20], nameOf(point) ?? '');
      }
      // One machine, so one clock: a packet is seen later at each further point.
      const times = points.map(({forward}) => Number(forward.firstSeen));
      assert.deepEqual(
        times,
        [...times].sort((a, b) => a - b),
      );
      const back = points.map(({reverse}) => Number(reverse.firstSeen)).reverse();
      assert.deepEqual(
        back,
        [...back].sort((a, b) => a - b),
      );
      assert.ok((back[0] ?? 0) >= (times.at(-1) ?? 0));
      const [first] = times;
      const rtt = ((back.at(-1) ?? 0) - (first ?? 0)) * 1000;
      assert.ok(roundTrip && roundTrip.minMs <= roundTrip.meanMs && roundTrip.meanMs <= roundTrip.maxMs);
      assert.ok(
        rtt > 0 && rtt < roundTrip.maxMs + 1,
        `${rtt} ms between the captures, ${roundTrip.maxMs} by ping`,
      );
    });
  }

  it('says on stderr what it is about to do, and in the plan', async () => {
    const {stderr, probe: report} = await probe('web1', 'web2');
    assert.match(
      stderr,
      /probe: web1 on node1 sends web2 \(10\.0\.1\.\d+\) 20 ICMP echo requests; at most 21 packets/,
    );
    assert.match(
      stderr,
      /probe: captures on node1 at container eth0, bridge-port veth\d, vxlan vxlan0, uplink eth0/,
    );
    assert.match(stderr, /probe: captures on node2 at uplink eth0/);
    assert.equal(report.plan.mostPackets, 21);
    assert.equal(report.plan.captures.length, 8);
  });

  it('proves with one host what only the answer can prove, and sees its own half', async () => {
    const {stdout} = await node2().docker([
      'inspect',
      '-f',
      '{{(index .NetworkSettings.Networks "uber-net").IPAddress}}',
      'web2',
    ]);
    const answer = await probing(lab(), ['web1', stdout], [node1()]);
    assert.equal(answer.status, 0, answer.stderr);
    assert.equal(answer.disposition, 'delivered');
    assert.equal(answer.probe.model.disposition, 'sent-receiver-unknown');
    assert.equal(answer.probe.agreesWithModel, null);
    assert.deepEqual(answer.probe.points.map(nameOf), way.slice(0, 4));
    const blocked = await withRule(lab().router.run, 'FORWARD', dataPath, () =>
      probing(lab(), ['web1', stdout], [node1()]),
    );
    assert.equal(blocked.status, 3);
    assert.equal(blocked.disposition, 'sent-receiver-unknown');
    assert.equal(blocked.probe.verdict.code, 'unanswered');
    assert.equal(nameOf(blocked.probe.lastSeen.forward), 'node1 uplink');
  });

  it('connects to a TCP port: open, closed, filtered in the container', async () => {
    const open = await probe('web1', 'web2', '--port', '80');
    assert.equal(open.status, 0, open.stderr);
    assert.equal(open.probe.verdict.code, 'arrived');
    assert.deepEqual([open.probe.sent, open.probe.received], [2, 2]);
    // The question for the name is one more.
    assert.ok(open.probe.packets >= 5 && open.probe.packets <= 9, `${open.probe.packets} packets`);
    assert.ok((open.probe.roundTrip?.maxMs ?? 1000) < 100);
    assert.deepEqual(open.probe.points.map(nameOf), way);
    for (const point of open.probe.points)
      assert.deepEqual([point.forward.packets, point.reverse.packets], [2, 2]);

    const closed = await probe('web1', 'web2', '--port', '81/tcp');
    assert.equal(closed.status, 1, closed.stderr);
    assert.equal(closed.disposition, 'refused');
    assert.equal(closed.probe.verdict.code, 'refused');
    assert.equal(closed.probe.agreesWithModel, true);
    assert.equal(closed.reverse?.disposition, 'delivered');

    const {stdout: key} = await node2().docker(['inspect', '-f', '{{.NetworkSettings.SandboxKey}}', 'web2']);
    const inside = (argv: readonly string[]) => node2().inNetns(key.split('/').at(-1) ?? '', argv);
    const rule = ['-p', 'tcp', '--dport', '80', '-j', 'DROP'];
    await inside(['iptables', '-I', 'INPUT', ...rule]);
    try {
      const filtered = await probe('web1', 'web2', '--port', '80');
      assert.equal(filtered.status, 1);
      assert.equal(filtered.probe.verdict.code, 'no-answer');
      assert.equal(nameOf(filtered.probe.lastSeen.forward), 'node2 container');
      assert.equal(filtered.probe.agreesWithModel, true);
      // The echo is not filtered.
      assert.equal((await probe('web1', 'web2')).status, 0);
    } finally {
      await inside(['iptables', '-D', 'INPUT', ...rule]);
    }
  });

  it('finds the port dropped on the receiver', async () => {
    const answer = await withRule(node2().run, 'INPUT', dataPath, () => probe('web1', 'web2'));
    assert.equal(answer.status, 1);
    assert.equal(answer.disposition, 'dropped');
    assert.equal(answer.probe.verdict.code, 'lost-after');
    assertSeenUpTo(answer, 'forward', 'node2 uplink');
    assert.equal(nameOf(answer.probe.verdict.before), 'node2 vxlan');
    assert.equal(answer.probe.agreesWithModel, true);
    assert.ok(answer.forward.hops.some(({code}) => code === 'data-path-filtered-in'));
  });

  it('finds the port dropped on the sender', async () => {
    const answer = await withRule(node1().run, 'OUTPUT', dataPath, () => probe('web1', 'web2'));
    assert.equal(answer.status, 1);
    assertSeenUpTo(answer, 'forward', 'node1 vxlan');
    assert.equal(nameOf(answer.probe.verdict.before), 'node1 uplink');
    assert.equal(answer.probe.agreesWithModel, true);
  });

  it('finds the port dropped in the router, which no table shows, and says first that nothing came back', async () => {
    const toNode2 = ['-d', node2().address, ...dataPath];
    const answer = await withRule(lab().router.run, 'FORWARD', toNode2, () => probe('web1', 'web2'));
    assert.equal(answer.status, 1);
    assert.equal(answer.disposition, 'dropped');
    assertSeenUpTo(answer, 'forward', 'node1 uplink');
    assert.equal(nameOf(answer.probe.verdict.before), 'node2 uplink');
    assert.equal(answer.probe.agreesWithModel, false);
    assert.match(answer.probe.model.disposition, /^deliver/);
    assert.match(answer.probe.difference ?? '', /tables say deliver.*dropped between the hosts/);

    const text = await withRule(lab().router.run, 'FORWARD', toNode2, () =>
      ovdiag(['trace', 'web1', 'web2', '--probe', ...reading(node1(), node2())]),
    );
    assert.equal(text.status, 1);
    assert.match(text.stdout, /^web1 → web2: NO ANSWER: .*; tables alone say deliver/);
  });

  it('tells the way back from the way there', async () => {
    const toNode1 = ['-d', node1().address, ...dataPath];
    const answer = await withRule(lab().router.run, 'FORWARD', toNode1, () => probe('web1', 'web2'));
    assert.equal(answer.status, 1);
    assert.equal(answer.forward.disposition, 'delivered');
    assert.equal(answer.reverse?.disposition, 'dropped');
    assert.equal(answer.probe.verdict.direction, 'reverse');
    assertSeenUpTo(answer, 'forward', 'node2 container');
    assertSeenUpTo(answer, 'reverse', 'node2 uplink');
    assert.equal(nameOf(answer.probe.verdict.before), 'node1 uplink');
  });

  it('finds a missing FDB entry: nothing leaves the host', async () => {
    const answer = await withFault(lab(), faults['fdb-row-missing'], () => probe('web1', 'web2'));
    assert.equal(answer.status, 1);
    assertSeenUpTo(answer, 'forward', 'node1 vxlan');
    assert.equal(answer.probe.agreesWithModel, true);
    assert.ok(answer.forward.hops.some(({code}) => code === 'fdb-row-missing'));
  });

  it('finds a row to a wrong VTEP: it leaves, and goes elsewhere', async () => {
    const answer = await withFault(lab(), faults['fdb-wrong-vtep'], () => probe('web1', 'web2'));
    assert.equal(answer.status, 1);
    assertSeenUpTo(answer, 'forward', 'node1 uplink');
    assert.equal(answer.probe.agreesWithModel, true);
    const uplink = answer.probe.points.find((point) => nameOf(point) === 'node1 uplink') as {
      outer?: string[];
    };
    assert.deepEqual(uplink.outer, [`${node1().address} → 192.168.1.77`]);
  });

  it('finds a missing neighbour: not one packet leaves the container', async () => {
    const answer = await withFault(lab(), faults['neighbour-missing'], async (place) => {
      await node1().exec('web1', ['ip', 'neigh', 'flush', 'all'], {reject: false});
      const {stdout} = await node1().docker(['inspect', '-f', '{{.NetworkSettings.SandboxKey}}', 'web1']);
      await node1().inNetns(stdout.split('/').at(-1) ?? '', ['ip', 'neigh', 'del', place.ip, 'dev', 'eth0'], {
        reject: false,
      });
      return probe('web1', 'web2');
    });
    assert.equal(answer.status, 1);
    assert.equal(answer.disposition, 'unreachable');
    assert.equal(answer.probe.verdict.code, 'not-sent');
    assert.equal(answer.probe.agreesWithModel, true);
  });

  it("finds the receiver's stale row for the sender: seen on its uplink, never on its vxlan device", async () => {
    const web1 = await webPlace(lab());
    const netns = await sandboxFile(node2(), 'uber-net');
    const {stdout} = await node1().docker([
      'inspect',
      '-f',
      '{{(index .NetworkSettings.Networks "uber-net").MacAddress}}',
      'web1',
    ]);
    const row = (vtep: string) =>
      node2().inNetns(netns, [
        ...'bridge fdb replace'.split(' '),
        stdout,
        'dev',
        web1.device,
        'dst',
        vtep,
        'self',
        'permanent',
      ]);
    await row('192.168.1.99');
    try {
      const answer = await probe('web1', 'web2');
      assert.equal(answer.status, 1);
      assertSeenUpTo(answer, 'forward', 'node2 uplink');
      assert.equal(nameOf(answer.probe.verdict.before), 'node2 vxlan');
      assert.equal(answer.probe.agreesWithModel, true);
      assert.ok(answer.forward.hops.some(({code}) => code === 'receiver-source-stale'));
    } finally {
      await row(node1().address);
    }
  });

  it('finds a port that is unplugged, and a device that is down, at which nothing can be captured', async () => {
    const unplugged = await withFault(lab(), faults['veth-unplugged'], () => probe('web1', 'web2'));
    assert.equal(unplugged.status, 1);
    assertSeenUpTo(unplugged, 'forward', 'node1 bridge-port');
    assert.equal(unplugged.probe.agreesWithModel, true);

    const down = await withFault(lab(), faults['vxlan-down'], () => probe('web1', 'web2'));
    assert.equal(down.status, 1);
    const device = down.probe.points.find((point) => nameOf(point) === 'node1 vxlan');
    assert.match(device?.failure ?? '', /not up|is down/);
    assert.equal(down.probe.agreesWithModel, true);
  });

  /** A packet that was too large leaves a path MTU on the hosts and in both containers. */
  async function forgetPathMtu(): Promise<void> {
    for (const [node, name] of [
      [node1(), 'web1'],
      [node2(), 'web2'],
    ] as const) {
      const {stdout} = await node.docker(['inspect', '-f', '{{.NetworkSettings.SandboxKey}}', name]);
      await node.run(['ip', 'route', 'flush', 'cache']);
      await node.inNetns(stdout.split('/').at(-1) ?? '', ['ip', 'route', 'flush', 'cache']);
    }
  }

  it('finds with --mtu the largest packet that passes a smaller router', async () => {
    await forgetPathMtu();
    const whole = await probe('web1', 'web2', '--mtu');
    assert.equal(whole.status, 0);
    assert.deepEqual(
      [whole.probe.mtu?.largestWhole, whole.probe.mtu?.smallestNot, whole.probe.mtu?.sizes.length],
      [1450, null, 1],
    );
    const resize = (mtu: number) => lab().router.run(['ip', 'link', 'set', 'node2', 'mtu', String(mtu)]);
    await resize(1400);
    try {
      const answer = await probe('web1', 'web2', '--mtu');
      assert.equal(answer.status, 1);
      assert.equal(answer.disposition, 'limited');
      const {mtu, packets, difference, agreesWithModel} = answer.probe;
      // 50 bytes of encapsulation; the router's end of the pair takes what is larger by a VLAN tag.
      assert.equal(mtu?.largestWhole, 1350);
      assert.equal(mtu?.exact, true);
      assert.ok((mtu?.largestPassing ?? 0) >= 1350 && (mtu?.largestPassing ?? 0) <= 1354);
      assert.ok((mtu?.sizes.length ?? 99) <= 12 && packets <= 34, `${packets} packets`);
      // Gossip over TCP may have met the router before: then the host's route cache tells of it, and so does the model.
      const known = answer.forward.hops.some(({code}) => code === 'mtu-too-small');
      assert.equal(agreesWithModel, known);
      if (!known) assert.match(difference ?? '', /packets above 1350 bytes/);
      assert.match(answer.stderr, /route caches of the container and the hosts for up to 10 minutes/);
      const open = await probe('web1', 'web2', '--mtu', '--port', '80');
      assert.equal(open.probe.mtu?.largestWhole, 1350);
      assert.ok(open.probe.packets <= 34, `${open.probe.packets} packets`);
    } finally {
      await resize(1500);
      await forgetPathMtu();
    }
  });

  it('sees between two subnets, on one host, on one bridge, of a macvlan and to the outside', async () => {
    for (const [from, to, points] of [
      ['ts1a', 'ts2b', 8],
      ['ts1a', 'ts2a', 4],
      ['open1', 'open2', 4],
      ['mac1', 'mac2', 2],
      ['web1', '192.168.1.1', 3],
    ] as const) {
      const answer = await probe(from, to);
      assert.equal(answer.status, 0, `${from} to ${to}: ${answer.stderr}`);
      assert.equal(answer.disposition, 'delivered');
      assert.equal(answer.probe.points.length, points, `${from} to ${to}`);
      for (const point of answer.probe.points)
        assert.deepEqual(
          [point.forward.packets, point.reverse.packets],
          [20, 20],
          `${from} ${nameOf(point)}`,
        );
    }
  });

  it('has the same word as the model for what is kept apart or encrypted without a key', async () => {
    const outside = await probe('quiet1', '192.168.1.1');
    assert.equal(outside.status, 1);
    assert.equal(outside.disposition, 'isolated');
    assert.equal(outside.probe.verdict.code, 'not-sent');
    const secret = await probe('secret1', 'secret2');
    assert.equal(secret.status, 1);
    assert.equal(nameOf(secret.probe.lastSeen.forward), 'node1 vxlan');
    assert.equal(secret.probe.agreesWithModel, true);
  });

  it('refuses snapshots, UDP ports and --mtu alone before it reads anything', async () => {
    for (const [words, pattern] of [
      [['--probe', '-s', recorded('node1')], /live hosts/],
      [['--probe', '--port', '53/udp'], /TCP/],
      [['--mtu'], /probe/],
    ] as const) {
      const {status, stderr} = await ovdiag(['trace', 'web1', 'web2', ...words]);
      assert.equal(status, 2, stderr);
      assert.match(stderr, pattern);
    }
  });
});
