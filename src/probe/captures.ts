/** Captures at all points at once, each by its host's own tcpdump. */

import {dumpReader, snapLength} from './dump.js';
import {captureFilter} from './filter.js';
import type {ProbeShell} from './session.js';
import {type Signature, sighter} from './sight.js';
import type {Point, PointState, ProbeTraffic, Sighting} from './types.js';

/** A capture that does not run after this long is left out. */
const listenMs = 5000;
/** For -Z: whoever tcpdump's package has chosen. */
const ownUser = '-';
/**
 * Packets after which a capture ends by itself: of one echo or connection at a point, both ways, in fragments, and where they pass it
 * twice; and what goes beside them.
 */
const [perTry, besides] = [10, 400];

export interface Captures {
  states: PointState[];
  sightings: Sighting[];
}

export interface CaptureRequest {
  points: Point[];
  /** The shell of a host by its key, or why there is none. */
  shells: ReadonlyMap<string, ProbeShell | {failure: string}>;
  signature: Signature;
  traffic: ProbeTraffic[];
  /** How many echoes or connections are sent. */
  tries: number;
  address: string;
}

/** Starts all captures; resolves when each runs or has failed. What they see is added as it comes. */
export async function startCaptures({
  points,
  shells,
  signature,
  traffic,
  tries,
  address,
}: CaptureRequest): Promise<Captures> {
  const sightings: Sighting[] = [];
  const states = points.map((): PointState => ({}));
  await Promise.all(
    points.flatMap((point, index) => {
      const state = states[index] ?? {};
      const shell = capturer(shells.get(point.hostKey));
      if ('failure' in shell) {
        state.failure = shell.failure;
        return [];
      }
      if (point.carries === 'esp') state.sealed = {forward: 0, reverse: 0};
      const words = [snapLength, besides + perTry * tries, captureFilter(point, traffic, address)];
      const newReader: NewReader = (listening, said) => {
        const sight = sighter(index, point, signature);
        return dumpReader({
          listening,
          packet(record) {
            const seen = sight(record);
            if (seen && 'sealed' in seen) {
              if (state.sealed) state.sealed[seen.sealed]++;
            } else if (seen) sightings.push(seen);
          },
          said,
        });
      };
      return point.interfaces.map(async (name) => {
        const as = (user: string) =>
          capture(shell, ['capture', point.inode, point.netns, name, user, ...words], newReader);
        let failure = await as(ownUser);
        // tcpdump gives up root for a user that its package makes; where that user is missing it would not start.
        if (failure !== undefined && /find user/.test(failure)) failure = await as('root');
        if (failure !== undefined) state.failure ??= failure;
      });
    }),
  );
  return {states, sightings};
}

/** A host's shell, if it can capture; else why it can not. */
function capturer(shell: ProbeShell | {failure: string} | undefined): ProbeShell | {failure: string} {
  if (!shell) return {failure: 'its host is unreachable'};
  if ('failure' in shell || shell.tools.found.has('tcpdump')) return shell;
  return {failure: 'tcpdump is not installed there (package tcpdump)'};
}

type NewReader = (listening: () => void, said: (text: string) => void) => ReturnType<typeof dumpReader>;

/** Starts one capture. Resolves when it listens, or with the reason why it does not. */
function capture(
  shell: ProbeShell,
  words: (string | number)[],
  newReader: NewReader,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    let last = '';
    const timer = setTimeout(() => resolve('tcpdump did not start capturing'), listenMs);
    const done = (failure?: string) => {
      clearTimeout(timer);
      resolve(failure);
    };
    const reader = newReader(
      () => done(),
      (text) => {
        // libpcap explains some errors again in brackets, on a line of their own.
        if (/^[^\s(]/.test(text) && !/^exit \d+$/.test(text)) last = text;
      },
    );
    shell
      .run(words, (line) => reader.line(line))
      .then((status) => {
        reader.end();
        // Once it has listened this has no effect: it is ended by us, or by its own limit.
        done(said(last, status));
      })
      .catch(() => undefined);
  });
}

/** tcpdump's last words, without its own name. */
function said(text: string, status: number | undefined): string {
  const words = text.replace(/^tcpdump: /, '').trim();
  return words === '' ? `tcpdump ended with status ${status ?? '?'}` : words;
}
