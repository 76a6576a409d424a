import {usageError} from '../../base/errors.js';
import type {HostFlags} from '../host-flags.js';
import {meansSeveral} from '../host-selection.js';

/** Throws where the words and flags of `capture` can't be meant, before a host is asked. */
export function checkCapture(name: string | undefined, flags: HostFlags & {uplink: boolean}): void {
  if (flags.snapshot !== undefined) {
    throw usageError('not-live', 'capture listens on a live host; snapshots are for decode.', [
      'ovdiag decode FILE --snapshot FILE',
    ]);
  }
  if (name !== undefined && flags.uplink) {
    throw usageError(
      'conflicting-flags',
      `--uplink is the host's; "${name}" is another place. Give one of them.`,
    );
  }
  if (meansSeveral(flags))
    throw usageError('one-host', 'capture listens on one host at a time: give one --host.');
}
