import {read16, read32} from './framer.js';

/** What an Interface Description Block says about the packets that name it. */
export interface Interface {
  linkType: number;
  /** 0 where there is no limit. */
  snapLength: number;
  /** Time units a second where they are 10^0 to 10^9, which numbers can divide exactly; else 0. */
  units: number;
  /** The same for every resolution. */
  exactUnits: bigint;
  /** if_tsoffset, in seconds. */
  offset: number;
}

const optionEnd = 0;
const optionResolution = 9;
const optionOffset = 14;

/** The body of an Interface Description Block, data[from, to) (draft-ietf-opsawg-pcapng 4.2). */
export function readInterface(data: Buffer, from: number, to: number, bigEndian: boolean): Interface {
  const description: Interface = {
    linkType: read16(data, from, bigEndian),
    snapLength: read32(data, from + 4, bigEndian),
    units: 1e6,
    exactUnits: 1_000_000n,
    offset: 0,
  };
  for (let at = from + 8; at + 4 <= to; ) {
    const code = read16(data, at, bigEndian);
    const length = read16(data, at + 2, bigEndian);
    const value = at + 4;
    if (code === optionEnd || value + length > to) break;
    if (code === optionResolution && length === 1) setResolution(description, data[value] ?? 6);
    if (code === optionOffset && length === 8) {
      description.offset = Number(bigEndian ? data.readBigInt64BE(value) : data.readBigInt64LE(value));
    }
    at = value + length + ((4 - (length & 3)) & 3);
  }
  return description;
}

/** if_tsresol: a negative power of ten, or of two where the top bit is set. */
function setResolution(description: Interface, resolution: number): void {
  const exponent = resolution & 0x7f;
  const decimal = (resolution & 0x80) === 0;
  description.exactUnits = (decimal ? 10n : 2n) ** BigInt(exponent);
  description.units = decimal && exponent <= 9 ? 10 ** exponent : 0;
}
