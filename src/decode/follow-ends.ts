import ipaddr from 'ipaddr.js';
import {usageError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {ipVersion} from '../base/ip-version.js';

/** An end of a conversation as lines show it. */
export interface FollowEnd {
  /** 4 or 16 bytes. */
  address: Buffer;
  port: number;
}

/** One end or both of the conversation that `--follow` names. */
export function parseFollow(text: string): FollowEnd[] {
  const ends = text.split(',').map(endOf);
  const [first] = ends;
  if (first === undefined || ends.length > 2 || ends.some((end) => end === undefined)) {
    throw usageError(
      'invalid-flag',
      `--follow takes an address and port of a conversation, or both ends; "${quoteText(text)}" is neither.`,
      ['--follow 10.0.1.7:41234', '--follow 10.0.1.7:41234,10.0.1.9:80', '--follow [fd00::7]:41234'],
    );
  }
  return ends as FollowEnd[];
}

function endOf(text: string): FollowEnd | undefined {
  const [, six, four, port] = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d{1,5})$/i.exec(text) ?? [];
  const address = six ?? four ?? '';
  if (ipVersion(address) !== (six === undefined ? 4 : 6) || Number(port) > 65_535) return undefined;
  return {address: Buffer.from(ipaddr.parse(address).toByteArray()), port: Number(port)};
}
