import type {PacketRecord} from '../packet/record.js';
import type {Interface} from './pcapng-interface.js';

/**
 * Turns the 64-bit time of a packet, in its interface's units, into seconds and nanoseconds. 64 bits are more
 * than a number holds exactly (2^53), so they are divided by hand, 16 bits at a time; odd resolutions take the
 * slow and general way.
 */
export function setTime(record: PacketRecord, high: number, low: number, description: Interface): void {
  const {units} = description;
  record.hasTime = true;
  if (units === 0) {
    setOddTime(record, high, low, description);
    return;
  }
  // rest < units <= 10^9, so rest * 2^16 + 2^16 stays far below 2^53.
  let rest = high % units;
  let seconds = (high - rest) / units;
  let part = rest * 65536 + (low >>> 16);
  rest = part % units;
  seconds = seconds * 65536 + (part - rest) / units;
  part = rest * 65536 + (low & 0xffff);
  rest = part % units;
  seconds = seconds * 65536 + (part - rest) / units;
  record.seconds = seconds + description.offset;
  record.nanos = rest * (1e9 / units);
}

function setOddTime(record: PacketRecord, high: number, low: number, description: Interface): void {
  const time = (BigInt(high) << 32n) | BigInt(low);
  const {exactUnits} = description;
  record.seconds = Number(time / exactUnits) + description.offset;
  record.nanos = Number(((time % exactUnits) * 1_000_000_000n) / exactUnits);
}
