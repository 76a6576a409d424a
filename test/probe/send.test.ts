import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {sendProbes} from '../../src/probe/send.js';
import type {ProbeShell} from '../../src/probe/session.js';
import {echoId} from '../../src/probe/sight.js';
import type {Sighting} from '../../src/probe/types.js';

const count = 10;

/** A host whose ping has ended long before its captures have told what they saw. */
function slowHost(sightings: Sighting[]): ProbeShell {
  const seen = (sequence: number): Sighting => ({
    ...{point: 0, direction: 'forward', try: echoId(1, sequence), part: 'probe', time: `${sequence}.0`},
  });
  return {
    tools: {found: new Map(), enters: true} as unknown as ProbeShell['tools'],
    run: (_words, line) => {
      line(`${count} packets transmitted, 0 received, 100% packet loss, time 9ms`);
      for (let sequence = 1; sequence <= count; sequence++)
        setTimeout(() => sightings.push(seen(sequence)), 100 * sequence);
      return Promise.resolve(1);
    },
    close: () => Promise.resolve(),
  };
}

describe('probes that were sent', () => {
  it('are looked for until the captures tell nothing more', async () => {
    const sightings: Sighting[] = [];
    const sent = await sendProbes(
      {
        ...{shell: slowHost(sightings), inode: 1, netns: 'n', address: '10.0.0.2', sightings},
        signature: {pattern: Buffer.alloc(7)},
        signal: new AbortController().signal,
      },
      {protocol: 'icmp'},
      count,
    );
    assert.deepEqual([sent.tries.length, sent.packets, sightings.length], [count, count, count]);
  });
});
