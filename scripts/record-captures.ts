/**
 * Records fixtures/captures from real traffic: in the lab's swarm, and between two plain network namespaces for what
 * Docker doesn't build (IPv6 underlay, fragments, another port, ARP through the tunnel). Needs root, Docker, tcpdump
 * and dumpcap. The recordings are committed; run this only to make them anew.
 *
 * node --import tsx scripts/record-captures.ts [NAME…]
 */
import {type ChildProcess, execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, statSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import type {Lab, LabNode} from '../test/lab/lab.js';
import {up} from '../test/lab/swarm.js';

const folder = fileURLToPath(new URL('../fixtures/captures/', import.meta.url));
const wanted = process.argv.slice(2);

type Prefix = readonly string[];

const run = (argv: readonly string[]): string => {
  const [file = '', ...args] = argv;
  return execFileSync(file, args, {stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000}).toString();
};

/** Runs the traffic while a capture goes on, and ends the capture. */
async function record(
  name: string,
  prefix: Prefix,
  capture: readonly string[],
  traffic: () => unknown,
): Promise<void> {
  if (wanted.length > 0 && !wanted.includes(name)) return;
  const file = path.join(folder, name);
  const [program = '', ...args] = [...prefix, ...capture, '-w', file];
  const child = spawn(program, args, {stdio: ['ignore', 'ignore', 'pipe']});
  await started(child);
  await traffic();
  await sleep(700);
  // Behind nsenter it is tcpdump itself that has this process id.
  child.kill('SIGINT');
  await once(child, 'exit');
  process.stdout.write(`${name}: ${statSync(file).size} bytes\n`);
}

async function started(child: ChildProcess): Promise<void> {
  let text = '';
  const deadline = Date.now() + 10_000;
  child.stderr?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  while (!/listening on|File:/.test(text)) {
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(`the capture did not start: ${text}`);
    await sleep(50);
  }
  await sleep(200);
}

/** A program that serves during `work`. */
async function serving(argv: readonly string[], work: () => unknown): Promise<void> {
  const [file = '', ...args] = argv;
  const child = spawn(file, args, {stdio: ['ignore', 'ignore', 'inherit']});
  await sleep(400);
  try {
    await work();
  } finally {
    child.kill('SIGKILL');
  }
}

const vxlanOrEsp = 'udp port 4789 or esp or (ip[6:2] & 0x1fff != 0)';

async function addressOf(node: LabNode, container: string, network: string): Promise<string> {
  const format = `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`;
  return (await node.docker(['inspect', '-f', format, container])).stdout.trim();
}

async function inLab(lab: Lab): Promise<void> {
  const node1 = lab.node('node1');
  const node2 = lab.node('node2');
  const router = lab.router.prefix;
  const tcpdump = ['tcpdump', '-i', 'node2', '-nn', '-U'];
  const web2 = await addressOf(node2, 'web2', 'uber-net');
  const may = {reject: false};
  const pings = async (): Promise<void> => {
    await node1.exec('web1', ['ping', '-c', '3', '-i', '0.2', 'web2']);
    await node1.exec('web1', ['ping', '-c', '2', '-i', '0.2', '-s', '1400', 'web2']);
  };

  await record('lab-icmp.pcap', router, [...tcpdump, vxlanOrEsp], pings);
  await record('lab-icmp.pcapng', router, ['dumpcap', '-i', 'node2', '-f', 'udp port 4789'], pings);
  await record('lab-any-sll2.pcap', router, ['tcpdump', '-i', 'any', '-nn', '-U', vxlanOrEsp], pings);
  await record(
    'lab-any-sll1.pcap',
    router,
    ['tcpdump', '-i', 'any', '-y', 'LINUX_SLL', '-nn', '-U', vxlanOrEsp],
    pings,
  );
  await record('lab-all.pcap', router, tcpdump, async () => {
    await pings();
    await sleep(1500);
  });
  await record('lab-tcp.pcap', router, [...tcpdump, vxlanOrEsp], async () => {
    await node1.exec('web1', ['wget', '-q', '-O', '/dev/null', 'http://web2/']);
    // Nobody listens there: refused.
    await node1.exec('web1', ['nc', '-w', '1', 'web2', '81'], may);
    await serving(
      [...nodeNetns(node2, 'web2'), 'sh', '-c', 'sleep 2 | busybox nc -l -p 7001 >/dev/null'],
      async () => {
        await node1.exec('web1', ['sh', '-c', 'head -c 9000 /bin/busybox | nc -w 1 web2 7001'], may);
      },
    );
  });
  await record('lab-udp.pcap', router, [...tcpdump, vxlanOrEsp], async () => {
    // One is echoed, the other meets a closed port.
    await serving([...nodeNetns(node2, 'web2'), process.execPath, '-e', udpEcho], () => {
      for (const port of [7002, 7009])
        run([...nodeNetns(node1, 'web1'), process.execPath, '-e', udpSend(web2, port)]);
    });
  });
  await record('lab-dns.pcap', router, [...tcpdump, vxlanOrEsp], async () => {
    await serving([...nodeNetns(node2, 'web2'), process.execPath, '-e', dnsServer], async () => {
      await node1.exec('web1', ['nslookup', 'db.example.org', web2], may);
      await node1.exec('web1', ['nslookup', '-type=mx', 'nowhere.example.org', web2], may);
    });
  });
  await record('lab-two-subnets.pcap', router, [...tcpdump, vxlanOrEsp], async () => {
    await node1.exec('ts1a', ['ping', '-c', '2', 'ts1b'], may);
    await node1.exec('ts1a', ['ping', '-c', '2', 'ts2b'], may);
    await node1.exec('ts2a', ['ping', '-c', '2', 'ts1b'], may);
  });
  await record('lab-ingress.pcap', router, [...tcpdump, vxlanOrEsp], async () => {
    const format = '{{range .Containers}}{{.Name}} {{.IPv4Address}}\n{{end}}';
    const ends = (await node2.docker(['network', 'inspect', 'ingress', '-f', format])).stdout;
    const site = /^site\S* ([\d.]+)/m.exec(ends)?.[1] ?? '';
    await node1.inNetns('ingress_sbox', ['ping', '-c', '2', site], may);
    await node1.inNetns('ingress_sbox', ['busybox', 'wget', '-q', '-O', '/dev/null', `http://${site}/`], may);
  });
  const uplink = ['nsenter', '-t', String(node1.dockerd.pid), '-n', '--'];
  await record(
    'lab-gro.pcap',
    uplink,
    ['tcpdump', '-i', 'eth0', '-nn', '-U', '-s', '160', vxlanOrEsp],
    async () => {
      await serving([...nodeNetns(node2, 'web2'), process.execPath, '-e', tcpSink], () => {
        run([...nodeNetns(node1, 'web1'), process.execPath, '-e', tcpSend(web2)]);
      });
    },
  );
  const uber = (await node1.docker(['network', 'inspect', 'uber-net', '-f', '{{.Id}}'])).stdout.trim();
  const file = `1-${uber.slice(0, 10)}`;
  // By way of the engine's process: that keeps the machine's own files, which tcpdump looks for its user in.
  const sandbox = `/proc/${node1.dockerd.pid}/root/run/docker/netns/${file}`;
  await record(
    'lab-sandbox-arp.pcap',
    ['nsenter', `--net=${sandbox}`, '--'],
    ['tcpdump', '-i', 'br0', '-nn', '-U'],
    async () => {
      await node1.exec('web1', ['ping', '-c', '2', '-W', '1', web2.replace(/\d+$/, '250')], may);
      await node1.exec('web1', ['ping', '-c', '1', web2]);
    },
  );
}

/** Puts a program into the network of a container of a node, with the machine's own files. */
function nodeNetns(node: LabNode, container: string): string[] {
  const pid = run([...node.prefix, 'docker', 'inspect', '-f', '{{.State.Pid}}', container]).trim();
  return ['nsenter', '-t', pid, '-n', '--'];
}

/** Answers A questions with two addresses and all others with "no such name". */
const dnsServer = `
const socket = require('dgram').createSocket('udp4');
socket.on('message', (query, from) => {
  let end = 12;
  while (query[end]) end += query[end] + 1;
  const isA = query.readUInt16BE(end + 1) === 1;
  const head = Buffer.from(query.subarray(0, end + 5));
  head.writeUInt16BE(isA ? 0x8180 : 0x8183, 2);
  head.writeUInt16BE(isA ? 2 : 0, 6);
  const answer = (last) => Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, last]);
  socket.send(isA ? Buffer.concat([head, answer(7), answer(8)]) : head, from.port, from.address);
});
socket.bind(53);
`;

const udpEcho = `
const socket = require('dgram').createSocket('udp4');
socket.on('message', (data, from) => socket.send(data, from.port, from.address));
socket.bind(7002);
`;

const udpSend = (address: string, port: number): string => `
const socket = require('dgram').createSocket('udp4');
socket.on('error', () => process.exit());
for (let count = 1; count < 4; count++) socket.send(Buffer.alloc(count * 100), ${port}, '${address}');
setTimeout(() => process.exit(), 300);
`;

const tcpSink = "require('net').createServer((socket) => socket.resume()).listen(7003)";

/** In one piece, so that the kernel hands large frames to the (virtual) network card. */
const tcpSend = (address: string): string => `
const socket = require('net').connect(7003, '${address}', () => socket.end(Buffer.alloc(1000000)));
socket.on('close', () => process.exit());
`;

const left = 'ovcap-left';
const right = 'ovcap-right';
const inside = (namespace: string): string[] => ['nsenter', `--net=/run/netns/${namespace}`, '--'];

/** Two hosts with a cable and a tunnel, without Docker. What an earlier run left behind goes first. */
function build(tunnel: readonly string[], underlay: {left: string; right: string; mtu?: number}): void {
  remove();
  const ip = (...args: string[]): void => void run(['ip', ...args]);
  ip('netns', 'add', left);
  ip('netns', 'add', right);
  ip('link', 'add', 'cable', 'netns', left, 'type', 'veth', 'peer', 'name', 'cable', 'netns', right);
  for (const [namespace, own, peer, inner, mac] of [
    [left, underlay.left, underlay.right, '10.77.0.2', '02:42:0a:4d:00:02'],
    [right, underlay.right, underlay.left, '10.77.0.3', '02:42:0a:4d:00:03'],
  ] as const) {
    const at = (...args: string[]): void => void run([...inside(namespace), 'ip', ...args]);
    at('link', 'set', 'lo', 'up');
    at('addr', 'add', own, 'dev', 'cable', ...(own.includes(':') ? ['nodad'] : []));
    at('link', 'set', 'cable', 'up', 'mtu', String(underlay.mtu ?? 1500));
    const [local = ''] = own.split('/');
    const [remote = ''] = peer.split('/');
    at('link', 'add', 'tunnel', 'type', 'vxlan', 'id', '7000', 'local', local, 'remote', remote, ...tunnel);
    at('link', 'set', 'tunnel', 'address', mac);
    at('addr', 'add', `${inner}/24`, 'dev', 'tunnel');
    at('addr', 'add', `fd77::${inner.at(-1)}/64`, 'dev', 'tunnel', 'nodad');
    at('link', 'set', 'tunnel', 'up');
  }
}

function remove(): void {
  for (const namespace of [left, right]) {
    try {
      run(['ip', 'netns', 'delete', namespace]);
    } catch {
      // It isn't there.
    }
  }
}

const v4 = {left: '192.0.2.1/24', right: '192.0.2.2/24'};
const v6 = {left: '2001:db8:77::1/64', right: '2001:db8:77::2/64'};

async function inPlainNamespaces(): Promise<void> {
  const ping = (...args: string[]): void => {
    try {
      run([...inside(left), 'ping', '-i', '0.2', ...args]);
    } catch {
      // No answer is what some of them are for.
    }
  };
  const tcpdump = ['tcpdump', '-i', 'cable', '-nn', '-U'];
  try {
    build(['dstport', '7789'], v4);
    await record('plain-port-7789.pcap', inside(left), tcpdump, async () => {
      ping('-c', '2', '10.77.0.3');
      ping('-c', '2', 'fd77::3');
      // Nobody has this address: ARP goes through the tunnel and stays without an answer.
      ping('-c', '3', '-W', '1', '10.77.0.99');
      await sleep(1500);
    });
    build(['dstport', '4789'], v6);
    await record('plain-ipv6-underlay.pcap', inside(left), tcpdump, () => {
      ping('-c', '2', '10.77.0.3');
      ping('-c', '2', 'fd77::3');
    });
    build(['dstport', '4789'], {...v4, mtu: 1280});
    for (const namespace of [left, right])
      run([...inside(namespace), 'ip', 'link', 'set', 'tunnel', 'mtu', '1450']);
    await record('plain-fragments.pcap', inside(left), tcpdump, () => {
      ping('-c', '2', '-s', '1400', '10.77.0.3');
      ping('-c', '2', '-s', '3000', '10.77.0.3');
    });
    build(['dstport', '4789'], {...v6, mtu: 1280});
    for (const namespace of [left, right])
      run([...inside(namespace), 'ip', 'link', 'set', 'tunnel', 'mtu', '1450']);
    await record('plain-fragments-ipv6.pcap', inside(left), tcpdump, () => {
      ping('-c', '2', '-s', '1400', '10.77.0.3');
      ping('-c', '1', '-s', '3000', 'fd77::3');
    });
    build(['dstport', '4789', 'gbp'], v4);
    await record('plain-raw-ip.pcap', inside(left), ['tcpdump', '-i', 'tunnel', '-nn', '-U'], () => {
      ping('-c', '2', '10.77.0.3');
    });
  } finally {
    remove();
  }
}

mkdirSync(folder, {recursive: true});
await inPlainNamespaces();
await inLab(await up());
