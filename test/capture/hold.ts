/** Captures until it is killed; says when tcpdump listens. */

import {runTcpdump} from '../../src/capture/tcpdump.js';
import {localTransport} from '../../src/collect/transport.js';

await runTcpdump(
  localTransport,
  {netns: process.argv[2], device: 'any', filter: ''},
  {
    started: () => void process.stdout.write('listening\n'),
    packet: () => undefined,
    pause: () => Promise.resolve(true),
  },
  new AbortController().signal,
  undefined,
);
