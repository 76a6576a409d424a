import type {StreamPiece} from '../../flows/tcp-stream.js';
import {putEndpoint} from '../../packet/address.js';
import {protoName} from '../../packet/numbers.js';
import {type Output, put, putNumber, putText} from '../../packet/output.js';
import {plural} from '../text.js';
import {byteLines} from './byte-lines.js';

/** An address of 4 or 16 bytes with a port. */
export interface ConversationEnd {
  address: Buffer;
  port: number;
}

/** A conversation whose bytes are shown. */
export interface Conversation {
  /** From 1 on: ports that are used again begin another. */
  number: number;
  /** -1 for what isn't in a tunnel. */
  vni: number;
  proto: number;
  /** The first one sent the first packet. */
  ends: readonly [ConversationEnd, ConversationEnd];
  /** Bytes that each end sent before, those that are not in the capture among them. */
  sent: [number, number];
}

/** How the bytes of a conversation are shown. */
export interface ConversationWriter {
  /** Says which conversation it is. */
  begin(out: Output, conversation: Conversation): void;
  /** Shows what one end sent next. */
  piece(out: Output, conversation: Conversation, from: 0 | 1, piece: StreamPiece): void;
}

export const familyOf = ({address}: ConversationEnd): 4 | 6 => (address.length === 4 ? 4 : 6);

/** As text: what the first end sent behind `>`, what the other one did behind `<`. */
export const conversationText: ConversationWriter = {
  begin(out, {vni, proto, ends: [first, second]}) {
    put(out, `${protoName(proto)} `);
    putEndpoint(out, first.address, 0, familyOf(first), first.port);
    put(out, ' > ');
    putEndpoint(out, second.address, 0, familyOf(second), second.port);
    if (vni >= 0) {
      put(out, ' vni ');
      putNumber(out, vni);
    }
    put(out, '\n');
  },
  piece(out, _conversation, from, piece) {
    const sign = from === 0 ? '> ' : '< ';
    if (piece.kind === 'bytes') putText(out, byteLines(piece.bytes, sign));
    else {
      const why = piece.kind === 'cut' ? 'cut by the snap length' : 'missing in the capture';
      putText(out, `${sign}[${plural(piece.length, 'byte')} ${why}]\n`);
    }
  },
};
