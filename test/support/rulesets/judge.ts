import {type ChildProcess, spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {setTimeout as sleep} from 'node:timers/promises';
import {execa} from 'execa';
import type {FilteredPacket, Hook} from '../../../src/kernel/netfilter.js';
import {decide, type PacketFilter, packetFilter} from '../../../src/kernel/packet-filter.js';
import {parseTables} from '../../../src/model/netns-tables.js';
import {type Ends, randomFrom, ruleset} from './generate.js';

export interface Judged {
  packets: number;
  unknown: number;
  drops: number;
  /** Rulesets that nft itself refused. */
  rejected: number;
  wrong: string[];
}

/** A process in a namespace that sends and hears UDP 4789, by lines: `send ADDRESS TEXT`, `echo TEXT`; it prints what it hears. */
const talker = `
const {createSocket} = require('node:dgram');
const heard = createSocket('udp4');
heard.on('message', (text) => console.log('heard ' + text));
heard.bind(4789, () => console.log('ready'));
require('node:readline').createInterface({input: process.stdin}).on('line', (line) => {
  const [what, address, text] = line.split(' ');
  if (what === 'echo') return console.log('echoed ' + address);
  const socket = createSocket('udp4');
  socket.on('error', () => {});
  socket.send(text, 4789, address, () => { console.log('sent ' + text); setTimeout(() => socket.close(), 200); });
});
process.stdin.on('end', () => process.exit());
`;

class Talker {
  readonly heard = new Set<string>();
  readonly sent = new Set<string>();
  readonly echoed = new Set<string>();
  private readonly child: ChildProcess;
  readonly ready: Promise<void>;

  constructor(netns: string) {
    this.child = spawn('ip', ['netns', 'exec', netns, process.execPath, '-e', talker], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({input: this.child.stdout as NodeJS.ReadableStream});
    this.ready = new Promise((resolve) => {
      lines.on('line', (line) => {
        const [word, text = ''] = line.split(' ');
        if (word === 'ready') resolve();
        else if (word === 'heard') this.heard.add(text);
        else (word === 'sent' ? this.sent : this.echoed).add(text);
      });
    });
  }

  send(address: string, text: string): void {
    this.child.stdin?.write(`send ${address} ${text}\n`);
  }

  echo(text: string): void {
    this.child.stdin?.write(`echo ${text}\n`);
  }

  end(): void {
    this.child.kill('SIGKILL');
  }
}

/** A packet that is not heard is sent so many times before it counts as lost: the first one waits for ARP as well. */
const tries = 3;

/** Until it is so, or for a minute: a process that does nothing for so long has ended. */
async function when(what: string, holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 5) {
    if (waited > 60_000) throw new Error(`${what}: nothing for a minute`);
    await sleep(5);
  }
}

/**
 * Sent means that the kernel has taken it, and a veth delivers at once. What the receiver has been given it has read when it
 * has answered twice since, as its loop looks at all its sockets in every round.
 */
async function arrives(from: Talker, to: Talker, address: string, name: string): Promise<boolean> {
  const heard = () => [...Array(tries).keys()].some((index) => to.heard.has(`${name}-${index}`));
  for (let index = 0; index < tries && !heard(); index++) {
    const text = `${name}-${index}`;
    from.send(address, text);
    await when(`sending ${text}`, () => from.sent.has(text));
    await sleep(20);
    for (const round of ['a', 'b']) {
      to.echo(`${text}${round}`);
      await when(`hearing ${text}`, () => to.echoed.has(`${text}${round}`));
    }
  }
  return heard();
}

/** A way of a packet: who sends it, who should hear it, and as the rules see it. */
interface Passage {
  way: Hook;
  packet: FilteredPacket;
  sender: Talker;
  receiver: Talker;
  to: string;
}

/** Namespaces of runs that were cut short. */
async function clean(): Promise<void> {
  const {stdout} = await execa('ip', ['netns', 'list'], {reject: false});
  for (const [name, pid] of stdout.matchAll(/^ovd-(?:judge|peer)-(\d+)/gm))
    if (!existsSync(`/proc/${pid}`)) await execa('ip', ['netns', 'del', name], {reject: false});
}

/** Two namespaces with a link between them, and a process that talks in each. */
async function connected(names: readonly [string, string], ends: Ends): Promise<[Talker, Talker]> {
  const [judged, peer] = names;
  await clean();
  for (const netns of names) await execa('ip', ['netns', 'add', netns]);
  const link = ['link', 'add', ends.device, 'netns', judged, 'type', 'veth'];
  await execa('ip', [...link, 'peer', 'name', ends.device, 'netns', peer]);
  for (const [netns, address] of [
    [judged, ends.own],
    [peer, ends.peer],
  ] as const) {
    await inside(netns, ['ip', 'addr', 'add', `${address}/24`, 'dev', ends.device]);
    for (const one of ['lo', ends.device]) await inside(netns, ['ip', 'link', 'set', one, 'up']);
  }
  const talkers: [Talker, Talker] = [new Talker(judged), new Talker(peer)];
  await Promise.all(talkers.map(({ready}) => ready));
  return talkers;
}

const inside = (netns: string, argv: string[], input?: string) =>
  execa('ip', ['netns', 'exec', netns, ...argv], {reject: false, ...(input === undefined ? {} : {input})});

/** What the rules that are loaded say of a packet, and what becomes of it. */
async function judge(
  report: Judged,
  filter: PacketFilter,
  passage: Passage,
  name: string,
): Promise<string | undefined> {
  const {way, packet, sender, receiver, to} = passage;
  const {verdict, evidence} = decide(filter, way, packet);
  const arrived = await arrives(sender, receiver, to, `${name}-${way}`);
  report.packets += 1;
  if (verdict === 'unknown') report.unknown += 1;
  if (!arrived) report.drops += 1;
  if (verdict === 'unknown' || (verdict === 'accept') === arrived) return undefined;
  return `${name}, ${way}: ${verdict} by ${evidence.join('; ') || 'no rule'}, but it ${arrived ? 'arrived' : 'was lost'}`;
}

/** Loads random rulesets into a namespace of its own and holds the walk to what the kernel does with real packets. */
export async function judgeRulesets({
  count,
  seed,
  tell = () => {},
}: {
  count: number;
  seed: number;
  tell?: (line: string) => void;
}): Promise<Judged> {
  const names = [`ovd-judge-${process.pid}`, `ovd-peer-${process.pid}`] as const;
  const ends: Ends = {device: 'eth0', own: '192.0.2.1', peer: '192.0.2.2'};
  const report: Judged = {packets: 0, unknown: 0, drops: 0, rejected: 0, wrong: []};
  const random = randomFrom(seed);
  let talkers: Talker[] = [];
  try {
    const [own, other] = await connected(names, ends);
    talkers = [own, other];
    const passages: Passage[] = [
      {way: 'INPUT', packet: packetOf(ends, 'in'), sender: other, receiver: own, to: ends.own},
      {way: 'OUTPUT', packet: packetOf(ends, 'out'), sender: own, receiver: other, to: ends.peer},
    ];
    for (let index = 0; index < count; index++) {
      const text = ruleset(random, ends);
      const loaded = await inside(names[0], ['nft', '-f', '-'], `flush ruleset\n${text}`);
      if (loaded.exitCode !== 0) {
        report.rejected += 1;
        continue;
      }
      const {stdout} = await inside(names[0], ['nft', '-j', 'list', 'ruleset']);
      const filter = filterOf(stdout);
      for (const passage of passages) {
        const wrong = await judge(
          report,
          filter,
          passage,
          `seed ${seed}, ruleset ${index}`.replaceAll(' ', '_'),
        );
        if (wrong === undefined) continue;
        report.wrong.push(wrong);
        tell(`${wrong}\n${text}`);
      }
    }
  } finally {
    for (const one of talkers) one.end();
    for (const netns of names) await execa('ip', ['netns', 'del', netns], {reject: false});
  }
  return report;
}

/** A namespace without iptables, in which nft printed this. */
function filterOf(nft: string): PacketFilter {
  const section = (name: string, output: string) => ({
    ...{name, command: name, at: '2026-01-01T00:00:00.000Z', status: 0, output},
  });
  const filter = packetFilter(parseTables([section('iptables-nft', ''), section('nft', nft)]));
  if (!filter) throw new Error('the rules could not be read');
  return filter;
}

function packetOf({device, own, peer}: Ends, way: 'in' | 'out'): FilteredPacket {
  return {
    protocol: 'udp',
    src: way === 'in' ? peer : own,
    dst: way === 'in' ? own : peer,
    dport: 4789,
    ctState: 'NEW',
    ipsec: false,
    dstLocal: way === 'in',
    ...(way === 'in' ? {inInterface: device} : {outInterface: device}),
  };
}
