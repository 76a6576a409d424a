import {quoted} from './advice.js';
import type {HostFlags} from './host-flags.js';

/**
 * How to see all: this very call with more rights, where rights of this machine are what is missing.
 *
 * @param call the words of this call, from the program's name on
 */
export function moreRights({host = [], snapshot = [], ...flags}: HostFlags, call: readonly string[]): string {
  if (snapshot.length > 0) return 'record it there with more rights: sudo ovdiag snapshot -o FILE';
  const remote = host.length > 0 && host.every((one) => /^(ssh:|@)/.test(one));
  if (remote || flags.swarm || flags['hosts-file'] !== undefined)
    return 'log in there as root, or allow that user sudo without a password';
  return `sudo ${call.map(quoted).join(' ')}`;
}
