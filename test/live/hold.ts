/** Captures until it is killed; says when tcpdump listens. */
import {localTransport} from '../../src/evidence/transport.js';
import {runTcpdump} from '../../src/live/tcpdump.js';

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
