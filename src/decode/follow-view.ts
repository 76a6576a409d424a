import {newTcpStream, type StreamPiece, type TcpStream} from '../flows/tcp-stream.js';
import {putEndpoint} from '../packet/address.js';
import {Fragment, type Frame} from '../packet/frame.js';
import {Proto, protoName} from '../packet/numbers.js';
import {highWater, newOutput, type Output, put, putNumber, putText} from '../packet/output.js';
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
import {byteLines} from '../render/packet/byte-lines.js';
import {plural} from '../render/text.js';
import type {FollowEnd} from './follow-ends.js';
import type {Sink} from './stdout.js';
import type {PacketSink} from './view.js';

export interface FollowView extends PacketSink {
  /** Whether there was such a conversation. */
  found(): boolean;
}

/** The conversation that is followed, once its first packet was seen: that one's sender is the first end. */
interface Followed {
  vni: number;
  proto: number;
  ends: readonly [FollowEnd, FollowEnd];
  /** Of TCP, by sender; undefined before its first segment. */
  streams: [TcpStream | undefined, TcpStream | undefined];
  /** Their first sequence numbers, as the segments have them. */
  starts: [number, number];
}

/** Shows the bytes of the first TCP or UDP conversation that has these ends, those of the first sender behind `>`. */
export function followView(sink: Sink, wanted: readonly FollowEnd[]): FollowView {
  const out = newOutput();
  let followed: Followed | undefined;

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
      if (followed === undefined && isWanted(frame, wanted)) followed = begin(out, frame, vni);
      const from = followed === undefined ? -1 : senderIn(followed, frame, vni);
      if (followed === undefined || from < 0) return true;
      const isNew = isNewConnection(followed, frame, from as 0 | 1);
      if (isNew) {
        endStreams(followed);
        followed = begin(out, frame, vni);
      }
      take(out, followed, frame, isNew ? 0 : (from as 0 | 1));
      return out.at < highWater;
    },
    flush,
    async end() {
      if (followed !== undefined) endStreams(followed);
      await flush();
    },
  };
}

/** The VNI that what a packet carries belongs to, or -1. */
const vniOf = (view: PacketView): number => (innerOf(view) === undefined ? view.vni : outerOf(view).vni);

function show(out: Output, from: 0 | 1, piece: StreamPiece): void {
  const sign = from === 0 ? '> ' : '< ';
  if (piece.kind === 'bytes') putText(out, byteLines(piece.bytes, sign));
  else {
    const why = piece.kind === 'cut' ? 'cut by the snap length' : 'missing in the capture';
    putText(out, `${sign}[${plural(piece.length, 'byte')} ${why}]\n`);
  }
}

/** Says which conversation it is. */
function begin(out: Output, frame: Frame, vni: number): Followed {
  const {data, src, dst, version, sport, dport, proto} = frame;
  put(out, `${protoName(proto)} `);
  putEndpoint(out, data, src, version, sport);
  put(out, ' > ');
  putEndpoint(out, data, dst, version, dport);
  if (vni >= 0) {
    put(out, ' vni ');
    putNumber(out, vni);
  }
  put(out, '\n');
  return {
    vni,
    proto,
    ends: [endOf(frame, true), endOf(frame, false)],
    streams: [undefined, undefined],
    starts: [-1, -1],
  };
}

function endStreams({streams}: Followed): void {
  for (const stream of streams) stream?.end();
}

function take(out: Output, followed: Followed, frame: Frame, from: 0 | 1): void {
  if (followed.proto === Proto.tcp) takeTcp(out, followed, frame, from);
  else takeUdp(frame, (piece) => show(out, from, piece));
}

function takeTcp(out: Output, {streams, starts}: Followed, frame: Frame, from: 0 | 1): void {
  if (!hasTcpHeader(frame) || tcpHeaderLength(frame) < tcpField.header) return;
  const flags = tcpFlags(frame);
  // A SYN stands for one number in front of the bytes.
  const seq = (tcpSeq(frame) + ((flags & TcpFlag.syn) === 0 ? 0 : 1)) >>> 0;
  if ((flags & TcpFlag.ack) !== 0) streams[from === 0 ? 1 : 0]?.acknowledged(tcpAck(frame));
  if (streams[from] === undefined) starts[from] = tcpSeq(frame);
  streams[from] ??= newTcpStream(seq, (piece) => show(out, from, piece));
  const start = Math.min(frame.l4 + tcpHeaderLength(frame), frame.l4End);
  streams[from].segment(seq, frame.payload.subarray(start, frame.l4End), tcpDataLength(frame));
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

function takeUdp(frame: Frame, show: (piece: StreamPiece) => void): void {
  const start = Math.min(frame.l4 + udpField.header, frame.l4End);
  if (start < frame.l4End) show({kind: 'bytes', bytes: frame.payload.subarray(start, frame.l4End)});
  const cut = frame.l4WireEnd - frame.l4End;
  if (cut > 0) show({kind: 'cut', length: cut});
}
