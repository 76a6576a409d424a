/** Sends the probes from the source's own namespace, with the tools of its host. */
import {setTimeout as sleep} from 'node:timers/promises';
import {OvdiagError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {type Ladder, ladder, type Step} from './ladder.js';
import {newPingText, type PingText, readPingLine} from './ping-text.js';
import type {ProbeShell} from './session.js';
import {connectId, echoId, type Signature} from './sight.js';
import type {ProbeTraffic, Sighting, TryId} from './types.js';

/** IPv4 and ICMP headers: what a packet is longer than ping's -s (RFC 791, RFC 792). */
export const echoHeaders = 28;
/** ping's own default: 84 bytes with the headers, enough for its time stamp and our pattern. */
export const plainSize = 56;
/** Seconds that an answer is waited for. */
const answerSeconds = 1;
const connectSeconds = 2;
/** Where nothing more is seen for so long, all captures have come from their hosts' kernels to us. */
const settleMs = 250;
/** A busy host tells late what it has captured; what it has not told after so many looks is given up. */
const mostLooks = 80;

export interface Sender {
  shell: ProbeShell;
  inode: number;
  netns: string;
  address: string;
  signature: Signature;
  /** What the captures see, as it comes. */
  sightings: Sighting[];
  signal: AbortSignal;
}

export interface Sent {
  tries: TryId[];
  answered: Set<TryId>;
  /** Round-trip times in milliseconds. */
  roundTrips: number[];
  /** Packets that left the source's program. */
  packets: number;
  said: string[];
}

/** The plain probes: echoes, or connections. */
export function sendProbes(sender: Sender, traffic: ProbeTraffic, count: number): Promise<Sent> {
  return traffic.protocol === 'icmp' ? sendEchoes(sender, count) : connectAll(sender, traffic.port);
}

/** Waits until the captures tell nothing more. */
async function settle({sightings, signal}: Pick<Sender, 'sightings' | 'signal'>): Promise<void> {
  let before = -1;
  for (let look = 0; look < mostLooks && sightings.length !== before; look++) {
    before = sightings.length;
    await sleep(settleMs, undefined, {signal});
  }
}

async function sendEchoes(sender: Sender, count: number): Promise<Sent> {
  const round = 1;
  const text = await ping(sender, {round, count, size: plainSize, fragments: 'dont'});
  await settle(sender);
  const tries = Array.from({length: count}, (_, index) => echoId(round, index + 1));
  return {
    tries,
    answered: new Set([...text.replies.keys()].map((sequence) => echoId(round, sequence))),
    roundTrips: [...text.replies.values()].filter((time) => time !== undefined),
    packets: text.transmitted,
    said: text.said,
  };
}

interface Echo {
  round: number;
  count: number;
  size: number;
  fragments: 'do' | 'dont';
}

async function ping(sender: Sender, {round, count, size, fragments}: Echo): Promise<PingText> {
  const {shell, inode, netns, address, signature} = sender;
  const text = newPingText();
  const pattern = Buffer.concat([signature.pattern, Buffer.from([round])]).toString('hex');
  const status = await shell.run(
    ['ping', inode, netns, count, answerSeconds, size, fragments, pattern, address],
    (line) => readPingLine(text, line),
  );
  sender.signal.throwIfAborted();
  checkStatus(status, text.said.at(-1));
  return text;
}

/** 126 and 127 are a shell's word for a program that could not be run: then nothing that follows proves anything. */
function checkStatus(status: number | undefined, said: string | undefined): void {
  if (status !== undefined && status !== 126 && status !== 127) return;
  throw new OvdiagError({
    code: 'probe-failed',
    message:
      status === undefined
        ? "The connection to the source's host ended before the probe was sent."
        : `The probe could not be sent: ${quoteText(said ?? 'its program could not be run', 300)}`,
  });
}

async function connectAll(sender: Sender, port: number): Promise<Sent> {
  const {shell, inode, netns, address, signature, sightings} = sender;
  const answered = new Set<TryId>();
  const said: string[] = [];
  const sources = signature.tcp?.sources ?? [];
  for (const source of sources) {
    const lines: string[] = [];
    const status = await shell.run(
      ['connect', inode, netns, connectSeconds, source, address, port],
      (line) => {
        if (/\S/.test(line) && !/^exit \d+$/.test(line)) lines.push(line.trim());
      },
    );
    sender.signal.throwIfAborted();
    checkStatus(status, lines.at(-1));
    if (status === 0 || lines.some((line) => /^connected after 0\.0*[1-9]/.test(line))) {
      answered.add(connectId(source));
    } else said.push(...lines.filter((line) => !line.startsWith('connected after ')).slice(-1));
  }
  await settle(sender);
  const tries = sources.map(connectId);
  const own = sightings.filter(
    (seen) => seen.point === 0 && seen.direction === 'forward' && tries.includes(seen.try),
  );
  return {
    tries,
    answered,
    roundTrips: roundTripsOf(sightings, tries),
    packets: own.length,
    said: [...new Set(said)],
  };
}

/** From a connection's first packet to the first answer, at the source's own interface. */
function roundTripsOf(sightings: Sighting[], tries: TryId[]): number[] {
  return tries.flatMap((id) => {
    const own = sightings.filter((seen) => seen.try === id && seen.point === 0 && seen.part === 'probe');
    const first = own.find(({direction}) => direction === 'forward');
    const answer = own.find(({direction}) => direction === 'reverse');
    return first && answer ? [Math.round((Number(answer.time) - Number(first.time)) * 1e6) / 1000] : [];
  });
}

export interface Climbed {
  steps: Step[];
  tries: TryId[];
  packets: number;
  said: string[];
}

/** Echoes that must not be fragmented, in ever closer sizes. `mtu` is that of the source's interface. */
export async function climb(sender: Sender, mtu: number): Promise<Climbed> {
  const steps: Ladder = ladder(plainSize + echoHeaders, mtu);
  const climbed: Climbed = {steps: steps.steps, tries: [], packets: 0, said: []};
  for (let round = 2; ; round++) {
    const size = steps.next();
    if (size === undefined) return climbed;
    const text = await ping(sender, {round, count: 1, size: size - echoHeaders, fragments: 'do'});
    const id = echoId(round, 1);
    if (text.replies.size > 0) await settle(sender);
    const pieces = sender.sightings.some((seen) => seen.try === id && seen.pieceBytes !== undefined);
    const step = stepOf(text, size, pieces);
    steps.add(step);
    if (!step.cached) {
      climbed.tries.push(id);
      climbed.packets += text.transmitted;
    }
    climbed.said.push(...text.said);
  }
}

/** What ping says of one size; `pieces`: whether it crossed in fragments. */
function stepOf(text: PingText, size: number, pieces: boolean): Step {
  const told = text.mtu !== undefined && text.mtu < size;
  const unanswered = told ? 'too-big' : 'lost';
  const answered = pieces ? 'pieces' : 'whole';
  return {
    size,
    result: text.replies.size > 0 ? answered : unanswered,
    ...(told && text.mtu !== undefined ? {mtu: text.mtu} : {}),
    ...(text.said.some((line) => line.includes('too long')) ? {cached: true} : {}),
  };
}
