import type {Readable} from 'node:stream';
import pcapParser from 'pcap-parser';
import {newRecord, type PacketRecord} from '../packet/record.js';
import {CorruptCapture} from './framer.js';

export interface FollowHandler {
  packet(record: PacketRecord): void;
  /** After each chunk; the stream stands still until it is done. False ends the following. */
  pause(): Promise<boolean>;
}

/**
 * Follows the classic stream of a tcpdump of our own through pcap-parser. Only such a stream: the package reads
 * neither nanoseconds nor pcapng, and would believe any length that a record claims (docs/decisions/pcap-parser.md).
 */
export function followTcpdump(stream: Readable, handler: FollowHandler): Promise<void> {
  const record = newRecord();
  record.hasTime = true;
  // The package calls Buffer's old constructor, and Node would tell that to whoever captures.
  process.noDeprecation = true;
  let isOver = false;
  return new Promise((resolve, reject) => {
    const end = (error?: unknown): void => {
      isOver = true;
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error(String(error)));
    };
    const parser = pcapParser.parse(stream);
    parser.on('globalHeader', ({linkLayerType}) => {
      record.linkType = linkLayerType & 0x03ff_ffff;
    });
    parser.on('packet', ({header, data}) => {
      if (isOver) return;
      record.data = data;
      record.end = data.length;
      record.original = header.originalLength;
      record.seconds = header.timestampSeconds;
      record.nanos = header.timestampMicroseconds * 1000;
      handler.packet(record);
    });
    parser.on('error', (error) => end(new CorruptCapture(error.message)));
    parser.on('end', () => end());
    // Registered after the parser's own listener: by now all packets of the chunk were handed over.
    stream.on('data', () => {
      stream.pause();
      handler.pause().then((goOn) => {
        if (goOn) stream.resume();
        else end();
      }, end);
    });
  });
}
