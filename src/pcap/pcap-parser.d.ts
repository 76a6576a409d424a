/** Types of pcap-parser 0.2.1, which has none of its own. */
declare module 'pcap-parser' {
  import type {EventEmitter} from 'node:events';
  import type {Readable} from 'node:stream';

  export interface PcapParserHeader {
    timestampSeconds: number;
    timestampMicroseconds: number;
    capturedLength: number;
    originalLength: number;
  }

  export interface PcapParserGlobalHeader {
    linkLayerType: number;
    snapshotLength: number;
  }

  export interface PcapParser extends EventEmitter {
    on(event: 'globalHeader', listener: (header: PcapParserGlobalHeader) => void): this;
    on(event: 'packet', listener: (packet: {header: PcapParserHeader; data: Buffer}) => void): this;
    on(event: 'end', listener: () => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
  }

  export function parse(input: string | Readable): PcapParser;
}
