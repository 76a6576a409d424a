import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {ovdiag} from '../cli/support.js';
import {faults, sandboxFile, withFault} from '../lab/faults.js';
import {labSuite, useLab} from '../lab/use.js';
import {
  document,
  engineContainer,
  engineContainers,
  engineNetworks,
  type KernelLink,
  kernelLinks,
  liveFiles,
  reading,
} from './live.js';

interface NamespaceRow {
  host: string;
  netns: string;
  kind: string;
  networks: string[];
  containers: string[];
  vnis: number[];
  inode: number | null;
  state: string;
}

interface FdbRow {
  host: string;
  address: string | null;
  mac: string | null;
  vtep: string | null;
  node: string | null;
  status: string;
  reason: string;
  endpoint: {kind: string; name: string | null};
}

describe('commands on the live swarm', labSuite(), () => {
  const lab = useLab();
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-live-'));
  });
  after(() => rm(folder, {recursive: true, force: true}));
  const node1 = () => lab().node('node1');
  const node2 = () => lab().node('node2');
  const fdb = (...args: string[]) => document<{entries: FdbRow[]}>(['fdb', 'uber-net', ...args]);
  const statusOf = (rows: FdbRow[], ip: string) => rows.find((row) => row.address === ip)?.status;

  for (const name of ['node1', 'node2']) {
    it(`names every namespace of ${name} as its engine does`, async () => {
      const node = lab().node(name);
      const [answer, containers, networks, files] = await Promise.all([
        document<{namespaces: NamespaceRow[]}>(['namespaces', ...reading(node)]),
        engineContainers(node),
        engineNetworks(node),
        liveFiles(node),
      ]);
      assert.equal(answer.status, 0, answer.stderr);
      const live = answer.namespaces.filter(({state}) => state === 'live');
      assert.deepEqual(
        new Map(live.map((row) => [row.netns, row.inode])),
        new Map(
          [...files].sort(
            ([a], [b]) => live.findIndex((row) => row.netns === a) - live.findIndex((row) => row.netns === b),
          ),
        ),
      );
      const row = (file: string) => live.find((one) => one.netns === file);
      for (const container of containers.filter(({State}) => State.Running)) {
        const {Name, HostConfig, NetworkSettings} = container;
        const label = Name.slice(1);
        if (HostConfig.NetworkMode.startsWith('container:')) {
          assert.ok(
            live.some(({containers}) => containers.includes(label)),
            `${label} shares a namespace`,
          );
          continue;
        }
        const found = row(path.basename(NetworkSettings.SandboxKey));
        assert.equal(found?.containers[0], label);
        assert.equal(found?.kind, HostConfig.NetworkMode === 'host' ? 'host' : 'container');
        assert.deepEqual(new Set(found?.networks), new Set(Object.keys(NetworkSettings.Networks)), label);
      }
      for (const {Id, Name, Driver, Ingress} of networks.filter(({Driver}) => Driver === 'overlay')) {
        assert.equal(Driver, 'overlay');
        const overlay = row(`1-${Id.slice(0, 10)}`);
        assert.equal(overlay?.kind, 'overlay', Name);
        assert.deepEqual(overlay?.networks, [Name]);
        const balancer = row(Ingress ? 'ingress_sbox' : `lb_${Id.slice(0, 9)}`);
        assert.equal(balancer?.kind, Ingress ? 'ingress' : 'load-balancer', Name);
        assert.deepEqual(balancer?.networks, [Name]);
        const {stdout} = await node.inNetns(`1-${Id.slice(0, 10)}`, ['ip', '-d', 'link']);
        const vnis = [...stdout.matchAll(/vxlan id (\d+)/g)].map(([, vni]) => Number(vni));
        assert.deepEqual(overlay?.vnis, vnis.sort(), Name);
      }
      assert.deepEqual(
        live.filter(({kind}) => kind === 'unknown'),
        [],
      );
    });
  }

  it('pairs every veth of every overlay with the container that the kernel and the engine name', async () => {
    for (const node of lab().nodes) {
      interface Row {
        name: string;
        ifindex: number;
        kind: string;
        peer: {netns: string; owner: string; ifindex: number; mac: string} | null;
        peerReason: string | null;
      }
      const {namespaces} = await document<{namespaces: {netns: string; network: string; links: Row[]}[]}>([
        'links',
        ...reading(node),
      ]);
      const containers = (await engineContainers(node)).filter(({State}) => State.Running);
      let checked = 0;
      for (const {netns, network, links} of namespaces) {
        const inside = await kernelLinks(node, netns);
        for (const link of links.filter(({kind}) => kind === 'veth')) {
          const label = `${link.name} of ${network} on ${node.name}`;
          assert.ok(link.peer, `${label}: ${link.peerReason}`);
          const own = inside.find(({ifname}) => ifname === link.name);
          assert.deepEqual([own?.ifindex, own?.link_index], [link.ifindex, link.peer.ifindex], label);
          const there = await kernelLinks(node, link.peer.netns);
          const other = there.find(({ifindex}) => ifindex === link.peer?.ifindex);
          assert.equal(other?.link_index, link.ifindex, label);
          assert.equal(other?.address, link.peer.mac, label);
          const container = containers.find(
            ({NetworkSettings}) => NetworkSettings.Networks[network]?.MacAddress === link.peer?.mac,
          );
          if (container) {
            assert.equal(link.peer.owner, container.Name.slice(1), label);
            assert.equal(path.basename(container.NetworkSettings.SandboxKey), link.peer.netns, label);
            checked += 1;
          } else assert.match(link.peer.owner, /load balancer/, label);
        }
      }
      assert.ok(checked >= 5, `${checked} containers of ${node.name}`);
    }
  });

  it('lists web2 on node1 with the MAC, address, VTEP and name that node2’s engine gives', async () => {
    const {IPAddress, MacAddress} =
      (await engineContainer(node2(), 'web2')).NetworkSettings.Networks['uber-net'] ?? {};
    const {entries, status} = await fdb(...reading(node1()));
    assert.equal(status, 0);
    const row = entries.find(({address}) => address === IPAddress);
    assert.deepEqual(
      [row?.mac, row?.vtep, row?.node, row?.endpoint.name, row?.status],
      [MacAddress, '192.168.1.5', 'node2', 'web2', 'ok'],
    );
    assert.deepEqual(
      entries.filter((one) => !['ok', 'local'].includes(one.status)),
      [],
    );
  });

  it('has every endpoint of both engines on both nodes, local on its own and ok on the other', async () => {
    const {entries} = await fdb(...reading(node1(), node2()));
    for (const node of lab().nodes) {
      for (const {Name, NetworkSettings} of await engineContainers(node)) {
        const ip = NetworkSettings.Networks['uber-net']?.IPAddress;
        if (!ip) continue;
        for (const {name} of lab().nodes) {
          const row: FdbRow | undefined = entries.find((one) => one.host === name && one.address === ip);
          assert.equal(row?.status, name === node.name ? 'local' : 'ok', `${Name} on ${name}`);
          assert.equal(row?.endpoint.name, Name.slice(1));
          assert.equal(row?.node, node.name);
        }
      }
    }
  });

  for (const [name, fault] of Object.entries(faults)) {
    if (name === 'stale' || name === 'vxlan-down' || name === 'veth-unplugged') continue;
    it(`says ${name} while that is the case, and ok before and after`, async () => {
      await withFault(lab(), fault, async ({ip}) => {
        const {entries, status, stderr} = await fdb(...reading(node1()));
        const row: FdbRow | undefined = entries.find((one) => one.address === ip);
        assert.equal(row?.status, name, row?.reason);
        assert.equal(status, 0, stderr);
        assert.equal(row?.endpoint.name, 'web2');
        // Of all others nothing is said.
        assert.deepEqual(
          entries.filter((one) => one.address !== ip && !['ok', 'local'].includes(one.status)),
          [],
        );
      });
      const {ip = ''} = {
        ip: (await engineContainer(node2(), 'web2')).NetworkSettings.Networks['uber-net']?.IPAddress,
      };
      assert.equal(statusOf((await fdb(...reading(node1()))).entries, ip), 'ok');
    });
  }

  it('says stale of a row for a MAC that nobody has, and of an address once its node denies it', async () => {
    await withFault(lab(), faults.stale, async () => {
      const one = await fdb(...reading(node1()));
      const lonely = one.entries.find(({mac}) => mac === '02:42:0a:00:01:c9');
      assert.equal(lonely?.status, 'fdb-stale', lonely?.reason);
      // Both rows agree and gossip never lists load balancers: with one host nobody can tell the two apart.
      assert.equal(statusOf(one.entries, '10.0.1.200'), 'unknown');
      const two = await fdb(...reading(node1(), node2()));
      const denied = two.entries.find(({host, address}) => host === 'node1' && address === '10.0.1.200');
      assert.equal(denied?.status, 'fdb-stale');
      assert.match(denied?.reason ?? '', /node2, whose Docker engine/);
      assert.deepEqual(
        two.entries.filter(({status}) => !['ok', 'local', 'fdb-stale'].includes(status)),
        [],
      );
    });
    const after = await fdb(...reading(node1()));
    assert.equal(
      after.entries.some(({mac}) => mac === '02:42:0a:00:01:c8' || mac === '02:42:0a:00:01:c9'),
      false,
    );
  });

  it('pairs web1’s eth0 with the veth whose index the kernel gives, and says where it leads', async () => {
    interface Interface {
      name: string;
      ifindex: number;
      mac: string;
      addresses: string[];
      attachment: {network: string} | null;
      peer: {netns: string; name: string; ifindex: number; bridge: string} | null;
    }
    const {NetworkSettings} = await engineContainer(node1(), 'web1');
    const [file, own] = [path.basename(NetworkSettings.SandboxKey), NetworkSettings.Networks['uber-net']];
    const {interfaces, status} = await document<{interfaces: Interface[]}>([
      'inspect',
      'web1',
      ...reading(node1()),
    ]);
    assert.equal(status, 0);
    const eth = interfaces.find(({mac}) => mac === own?.MacAddress);
    assert.equal(eth?.attachment?.network, 'uber-net');
    assert.ok(eth?.addresses.includes(`${own?.IPAddress}/24`));
    const end = (await kernelLinks(node1(), file)).find(({address}) => address === own?.MacAddress);
    assert.equal(eth?.ifindex, end?.ifindex);
    const sandbox = await sandboxFile(node1(), 'uber-net');
    const port = (await kernelLinks(node1(), sandbox)).find(
      ({ifindex}: KernelLink) => ifindex === end?.link_index,
    );
    assert.equal(port?.link_index, end?.ifindex);
    assert.deepEqual(eth?.peer && [eth.peer.netns, eth.peer.name, eth.peer.ifindex, eth.peer.bridge], [
      sandbox,
      port?.ifname,
      port?.ifindex,
      port?.master,
    ]);
  });

  it('replays the very evidence of an answer, byte by byte', async () => {
    const commands = [
      ['namespaces'],
      ['networks'],
      ['links', '--all', '--stats'],
      ['links', 'uber-net', '--table'],
      ['fdb', 'uber-net'],
      ['fdb', 'uber-net', '--raw'],
      ['inspect', 'web1'],
      ['inspect', 'closed1'],
    ];
    for (const [index, command] of commands.entries()) {
      for (const json of [['--json'], []]) {
        const file = path.join(folder, `${index}${json.length}.json.gz`);
        const live = await ovdiag([...command, ...reading(node1(), node2()), '--record', file, ...json]);
        assert.equal(live.status, 0, `${command.join(' ')}: ${live.stderr}`);
        const replayed = await ovdiag([...command, '--snapshot', file, ...json]);
        assert.deepEqual(replayed, live, command.join(' '));
      }
    }
  });

  it('replays both readings of a fault', async () => {
    const file = path.join(folder, 'fault.json');
    await withFault(lab(), faults['fdb-row-missing'], async () => {
      const live = await ovdiag(['fdb', 'uber-net', ...reading(node1()), '--record', file, '--json']);
      assert.match(live.stdout, /"fdb-row-missing"/);
      assert.deepEqual(await ovdiag(['fdb', 'uber-net', '--snapshot', file, '--json']), live);
    });
  });

  it('answers every command from a snapshot as it does live, apart from ages and counters', async () => {
    const file = path.join(folder, 'whole.json.gz');
    const made = await ovdiag(['snapshot', ...reading(node1()), '-o', file]);
    assert.equal(made.status, 0, made.stderr);
    for (const command of [
      ['namespaces'],
      ['networks'],
      ['links', '--all'],
      ['fdb', 'uber-net'],
      ['inspect', 'web1'],
    ]) {
      const live = await document<Record<string, unknown>>([...command, ...reading(node1())]);
      const replayed = await document<Record<string, unknown>>([...command, '--snapshot', file]);
      assert.equal(live.status, 0, live.stderr);
      assert.deepEqual(lasting(replayed), lasting(live), command.join(' '));
    }
  });

  it('without the right to enter namespaces tells what the engine’s socket tells, and the line to type', async () => {
    const {prefix} = node1();
    const group = (await node1().run(['stat', '-L', '-c', '%g', '/var/run/docker.sock'])).stdout;
    const host = `exec:${prefix.join(' ')} setpriv --reuid 65534 --regid 65534 --groups ${group} --`;
    const networks = await document<{networks: {network: string}[]; problems: {code: string}[]}>([
      'networks',
      '--host',
      host,
    ]);
    assert.equal(networks.status, 3);
    assert.ok(networks.networks.some(({network}) => network === 'uber-net'));
    assert.ok(networks.problems.some(({code}) => code === 'permission'));
    const text = await ovdiag(['namespaces', '--host', host]);
    assert.equal(text.status, 3);
    assert.match(text.stderr, /root/);
    assert.match(text.stderr.trimEnd().split('\n').at(-1) ?? '', /sudo ovdiag namespaces --host/);
    const none = `exec:${prefix.join(' ')} setpriv --reuid 65534 --regid 65534 --clear-groups --`;
    const nothing = await document<{error: {code: string; suggestions: string[]}}>([
      'inspect',
      'web1',
      '--host',
      none,
    ]);
    assert.equal(nothing.status, 3);
    assert.equal(nothing.error.code, 'permission');
  });
});

/**
 * Without what differs between two readings: where and when, ages, counters, and states that come and go with traffic. Which
 * proof a pair has is of these: a learned MAC ages out, and lsns gives up where a process ends while it looks.
 */
function lasting(value: unknown): unknown {
  const passing =
    /^(hosts|stdout|stderr|usedSeconds|updatedSeconds|confirmedSeconds|stats|fdb|neighbours|neighbour|master|packets|proof)$/;
  if (Array.isArray(value)) return value.map(lasting);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, entry]) => (passing.test(key) ? [] : [[key, lasting(entry)]])),
  );
}
