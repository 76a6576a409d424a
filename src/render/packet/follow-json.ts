import {asciiJson} from '../../base/escape.js';
import type {Arrival, StreamPiece} from '../../flows/tcp-stream.js';
import {addressText} from '../../packet/address.js';
import {putText} from '../../packet/output.js';
import {type ConversationEnd, type ConversationWriter, familyOf} from './follow-text.js';

const addressOf = (end: ConversationEnd): string => addressText(end.address, 0, familyOf(end));

/** As in a packet's JSON: all nine decimals, which a number would lose. */
function timeOf({hasTime, seconds, nanos}: Arrival): string | undefined {
  return hasTime ? `${seconds}.${String(nanos).padStart(9, '0')}` : undefined;
}

const arrivalOf = (piece: StreamPiece): object =>
  piece.kind === 'missing'
    ? {}
    : {file: piece.arrival.file, frame: piece.arrival.number, time: timeOf(piece.arrival)};

/** One line of JSON for each piece (schemas/decode-follow.json). */
export const conversationJson: ConversationWriter = {
  // Each line says whose it is.
  begin: () => undefined,
  piece(out, {number, vni, proto, ends, sent}, from, piece) {
    const [sender, receiver] = from === 0 ? ends : [ends[1], ends[0]];
    const line = {
      conversation: number,
      proto,
      vni: vni < 0 ? undefined : vni,
      from: from === 0 ? 'first' : 'second',
      src: addressOf(sender),
      sport: sender.port,
      dst: addressOf(receiver),
      dport: receiver.port,
      ...arrivalOf(piece),
      kind: piece.kind,
      offset: sent[from],
      sequence: piece.seq,
      length: piece.kind === 'bytes' ? piece.bytes.length : piece.length,
      base64: piece.kind === 'bytes' ? piece.bytes.toString('base64') : undefined,
    };
    putText(out, `${asciiJson(line)}\n`);
  },
};
