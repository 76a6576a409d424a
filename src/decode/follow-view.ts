import {type Arrival, newTcpStream, type StreamPiece, type TcpStream} from '../flows/tcp-stream.js';
import {Fragment, type Frame} from '../packet/frame.js';
import {Proto} from '../packet/numbers.js';
import {highWater, newOutput} from '../packet/output.js';
import {
  hasTcpHeader,
  TcpFlag,
  tcpAck,
  tcpDataLength,
  tcpField,
  tcpFlags,
  tcpHeaderLength,
  tcpSeq,
} from '../packet/tcp.js';
import {udpField} from '../packet/udp.js';
import {innerOf, outerOf, type PacketView} from '../packet/view.js';
import type {Conversation, ConversationWriter} from '../render/packet/follow-text.js';
import type {FollowEnd} from './follow-ends.js';
import type {Sink} from './stdout.js';
import type {PacketSink} from './view.js';

export interface FollowView extends PacketSink {
  /** Whether there was such a conversation. */
  found(): boolean;
}

/** The conversation that is followed, once its first packet was seen: that one's sender is the first end. */
interface Followed extends Conversation {
  /** Of TCP, by sender; undefined before its first segment. */
  streams: [TcpStream | undefined, TcpStream | undefined];
  /** Their first sequence numbers, as the segments have them. */
  starts: [number, number];
}

export interface FollowRequest {
  /** Ends of the conversation. */
  wanted: readonly FollowEnd[];
  /** How its bytes are shown. */
  writer: ConversationWriter;
  /** The file of the packet that is being shown. */
  currentFile(): string;
}

/** Takes what one end of a conversation sent next. */
type Show = (followed: Followed, from: 0 | 1, piece: StreamPiece) => void;

/** Shows the bytes of the first TCP or UDP conversation that has these ends. */
export function followView(sink: Sink, {wanted, writer, currentFile}: FollowRequest): FollowView {
  const out = newOutput();
  let followed: Followed | undefined;

  function begin(frame: Frame, vni: number): Followed {
    const begun = newFollowed(frame, vni, (followed?.number ?? 0) + 1);
    writer.begin(out, begun);
    return begun;
  }

  const show: Show = (shown, from, piece) => {
    writer.piece(out, shown, from, piece);
    shown.sent[from] += piece.kind === 'bytes' ? piece.bytes.length : piece.length;
  };

  async function flush(): Promise<boolean> {
    const written = await sink.write(out.bytes.subarray(0, out.at));
    out.at = 0;
    return written;
  }

  return {
    found: () => followed !== undefined,
    packet(view) {
      const frame = innerOf(view) ?? outerOf(view);
      if (!hasPorts(frame)) return true;
      const vni = vniOf(view);
      if (followed === undefined && isWanted(frame, wanted)) followed = begin(frame, vni);
      const from = followed === undefined ? -1 : senderIn(followed, frame, vni);
      if (followed === undefined || from < 0) return true;
      const isNew = isNewConnection(followed, frame, from as 0 | 1);
      if (isNew) {
        endStreams(followed);
        followed = begin(frame, vni);
      }
      take({followed, from: isNew ? 0 : (from as 0 | 1), show}, frame, arrivalOf(view, currentFile()));
      return out.at < highWater;
    },
    flush,
    async end() {
      if (followed !== undefined) endStreams(followed);
      await flush();
    },
  };
}

const arrivalOf = ({number, hasTime, seconds, nanos}: PacketView, file: string): Arrival => ({
  file,
  number,
  hasTime,
  seconds,
  nanos,
});

/** The VNI that what a packet carries belongs to, or -1. */
const vniOf = (view: PacketView): number => (innerOf(view) === undefined ? view.vni : outerOf(view).vni);

const newFollowed = (frame: Frame, vni: number, number: number): Followed => ({
  number,
  vni,
  proto: frame.proto,
  ends: [endOf(frame, true), endOf(frame, false)],
  sent: [0, 0],
  streams: [undefined, undefined],
  starts: [-1, -1],
});

function endStreams({streams}: Followed): void {
  for (const stream of streams) stream?.end();
}

/** Which end of which conversation sent a packet, and what takes its bytes. */
interface Sent {
  followed: Followed;
  from: 0 | 1;
  show: Show;
}

function take(sent: Sent, frame: Frame, arrival: Arrival): void {
  if (sent.followed.proto === Proto.tcp) takeTcp(sent, frame, arrival);
  else takeUdp(sent, frame, arrival);
}

function takeTcp({followed, from, show}: Sent, frame: Frame, arrival: Arrival): void {
  if (!hasTcpHeader(frame) || tcpHeaderLength(frame) < tcpField.header) return;
  const {streams, starts} = followed;
  const flags = tcpFlags(frame);
  // A SYN stands for one number in front of the bytes.
  const seq = (tcpSeq(frame) + ((flags & TcpFlag.syn) === 0 ? 0 : 1)) >>> 0;
  if ((flags & TcpFlag.ack) !== 0) streams[from === 0 ? 1 : 0]?.acknowledged(tcpAck(frame));
  if (streams[from] === undefined) starts[from] = tcpSeq(frame);
  streams[from] ??= newTcpStream(seq, (piece) => show(followed, from, piece));
  const start = Math.min(frame.l4 + tcpHeaderLength(frame), frame.l4End);
  const bytes = frame.payload.subarray(start, frame.l4End);
  streams[from].segment({seq, bytes, length: tcpDataLength(frame), arrival});
}

const hasPorts = ({proto, dport, fragment, ip}: Frame): boolean =>
  ip >= 0 && dport >= 0 && fragment !== Fragment.waiting && (proto === Proto.tcp || proto === Proto.udp);

function endOf({data, src, dst, version, sport, dport}: Frame, isSource: boolean): FollowEnd {
  const at = isSource ? src : dst;
  return {
    address: Buffer.from(data.subarray(at, at + (version === 6 ? 16 : 4))),
    port: isSource ? sport : dport,
  };
}

function isEnd(frame: Frame, {address, port}: FollowEnd, isSource: boolean): boolean {
  const {data, src, dst, version, sport, dport} = frame;
  const at = isSource ? src : dst;
  return (
    port === (isSource ? sport : dport) &&
    address.length === (version === 6 ? 16 : 4) &&
    address.compare(data, at, at + address.length) === 0
  );
}

/** Whether a packet has the ends that were asked for, in either direction. */
function isWanted(frame: Frame, [first, second]: readonly FollowEnd[]): boolean {
  if (first === undefined) return false;
  return [true, false].some(
    (isSource) => isEnd(frame, first, isSource) && (second === undefined || isEnd(frame, second, !isSource)),
  );
}

/** Which end sent a packet: 0, 1, or -1 where it is of another conversation. */
function senderIn({vni, proto, ends}: Followed, frame: Frame, itsVni: number): number {
  if (vni !== itsVni || proto !== frame.proto) return -1;
  if (isEnd(frame, ends[0], true) && isEnd(frame, ends[1], false)) return 0;
  return isEnd(frame, ends[1], true) && isEnd(frame, ends[0], false) ? 1 : -1;
}

/** A SYN of ports that were used before, with bytes of its own to come. */
function isNewConnection({proto, streams, starts}: Followed, frame: Frame, from: 0 | 1): boolean {
  if (proto !== Proto.tcp || streams[from] === undefined || !hasTcpHeader(frame)) return false;
  const isOpening = (tcpFlags(frame) & (TcpFlag.syn | TcpFlag.ack)) === TcpFlag.syn;
  return isOpening && starts[from] !== tcpSeq(frame);
}

function takeUdp({followed, from, show}: Sent, frame: Frame, arrival: Arrival): void {
  const start = Math.min(frame.l4 + udpField.header, frame.l4End);
  const bytes = frame.payload.subarray(start, frame.l4End);
  if (bytes.length > 0) show(followed, from, {kind: 'bytes', bytes, arrival});
  const cut = frame.l4WireEnd - frame.l4End;
  if (cut > 0) show(followed, from, {kind: 'cut', length: cut, arrival});
}
