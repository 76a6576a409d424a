import {usageError} from '../../base/errors.js';
import {quoteText} from '../../base/escape.js';
import type {HostFlags} from '../host-flags.js';

export interface SnapshotFlags extends HostFlags {
  via?: string;
  image?: string | undefined;
  yes?: boolean;
}

/** Throws where the flags can't be meant, before a host is asked. */
export function checkSnapshot(flags: SnapshotFlags): void {
  if (flags.record !== undefined) {
    throw usageError(
      'record-and-output',
      '--record keeps what another command read; a snapshot is that already.',
      ['Name the file with -o FILE.'],
    );
  }
  if (flags.via === 'service') checkService(flags);
}

function checkService(flags: SnapshotFlags): void {
  const refuse = (message: string, suggestion: string): never => {
    throw usageError('invalid-flag', message, [suggestion]);
  };
  const example = 'ovdiag snapshot --swarm --via service --image IMAGE -o DIR';
  if (!flags.swarm) refuse("--via service reaches a swarm's nodes: it goes with --swarm.", example);
  const {image, 'netns-dir': netnsDir = ''} = flags;
  if (image === undefined)
    refuse('--via service needs --image: the collector, where every node can pull it.', example);
  else if (!/^[A-Za-z0-9][A-Za-z0-9._/:@-]*$/.test(image))
    refuse(`--image "${quoteText(image)}" is no name of an image.`, example);
  // The option of the docker client is a line of comma-separated values.
  if (/[",\n]/.test(netnsDir))
    refuse(`--netns-dir "${quoteText(netnsDir)}" can't be mounted into a service.`, example);
  if (!flags.yes && !process.stdin.isTTY) {
    throw usageError(
      'needs-yes',
      'This asks before it creates a service, and there is no terminal to ask on.',
      ['To agree beforehand: --yes'],
    );
  }
}
