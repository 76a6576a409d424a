import {usageError} from '../../base/errors.js';
import type {HostFlags} from '../host-flags.js';
import {namesSource} from '../host-selection.js';

/** Whether packets are to be named from hosts. Throws where the words and flags of `decode` can't be meant. */
export function namesPackets(flags: HostFlags & {names: boolean}): boolean {
  const isNamed = flags.names || namesSource(flags);
  if (flags.record !== undefined && !isNamed) {
    throw usageError(
      'nothing-to-record',
      '--record keeps the evidence behind names, and none was asked for.',
      ['ovdiag decode FILE --names --record SNAPSHOT'],
    );
  }
  return isNamed;
}

/** The captures that were named, at least one. */
export function captureFiles(words: string[]): string[] {
  if (words.length > 0) return words;
  throw usageError('missing-argument', 'decode needs a capture: a file, or - for standard input.', [
    "tcpdump -ni eth0 -w FILE 'udp port 4789 or esp'",
    'ovdiag decode FILE',
  ]);
}
