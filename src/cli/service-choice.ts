import {escapeText} from '../base/escape.js';
import type {ServiceChoice} from '../hosts/choice.js';
import type {Problem} from '../model/problem.js';
import type {SnapshotFlags} from './questions/snapshot.js';

/**
 * How to reach the nodes of a swarm by a service of its own, which is announced and asked for on stderr; undefined where
 * that was not asked for.
 *
 * @param interruption aborted by Ctrl-C
 * @param trouble takes what was left behind
 */
export function serviceChoice(
  {via, image, yes}: SnapshotFlags,
  interruption: AbortSignal,
  trouble: Problem[],
): ServiceChoice | undefined {
  if (via !== 'service' || image === undefined) return undefined;
  const say = (line: string) => process.stderr.write(`ovdiag: ${escapeText(line)}\n`);
  return {
    image,
    agree: async (announcement, signal) => {
      for (const line of announcement) say(line);
      if (yes) return;
      const {confirm} = await import('./confirm.js');
      await confirm('Create it?', signal);
    },
    say,
    left: ({code, message, suggestions}) => {
      if (interruption.aborted) for (const line of [message, ...suggestions]) say(line);
      trouble.push({code, subject: 'service', message, suggestions});
    },
  };
}
