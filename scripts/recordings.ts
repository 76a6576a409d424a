import {setTimeout as sleep} from 'node:timers/promises';
import {type Break, faults, withFault} from '../test/lab/faults.js';
import type {Lab} from '../test/lab/lab.js';

/** Reads all nodes of the lab into files, whose names end in the suffix. */
export type Read = (suffix?: string) => Promise<void>;

export interface Recording {
  readonly name: string;
  /** What was done, for the README of the recordings. */
  readonly about: string;
  readonly readings: (lab: Lab, read: Read) => Promise<void>;
}

/** Some frames each way, so that bridges have learned and neighbours were asked. */
async function traffic(lab: Lab): Promise<void> {
  const ways = [
    ['node1', 'web1', 'web2'],
    ['node2', 'web2', 'web1'],
    ['node1', 'web1', 'tasks.app'],
    ['node1', 'ts1a', 'ts1b'],
    ['node1', 'ts1a', 'ts2b'],
    ['node1', 'quiet1', 'quiet2'],
    ['node1', 'open1', 'open2'],
  ] as const;
  for (const [node, from, to] of ways) {
    await lab.node(node).exec(from, ['ping', '-c', '2', '-W', '1', to], {reject: false});
  }
}

function faulty(name: keyof typeof faults, about: string): Recording {
  const fault: Break = faults[name];
  return {
    name,
    about,
    readings: async (lab, read) => {
      await traffic(lab);
      await withFault(lab, fault, () => read());
    },
  };
}

export const recordings: readonly Recording[] = [
  {
    name: 'healthy',
    about: 'nothing: the swarm as it runs, after a little traffic',
    readings: async (lab, read) => {
      await traffic(lab);
      await read();
    },
  },
  faulty('fdb-row-missing', 'the FDB entry of web2 deleted: `bridge fdb del`'),
  faulty('neighbour-missing', 'the neighbour entry of web2 deleted: `ip neigh del`'),
  faulty(
    'fdb-wrong-vtep',
    'the FDB entry of web2 points to 192.168.1.77, which no host has: `bridge fdb replace`',
  ),
  faulty('fdb-learned-only', 'the FDB entry of web2 deleted, then learned from a packet of web2 to web1'),
  faulty(
    'stale',
    'entries to node2 for 10.0.1.200, which no endpoint has, in both tables, and an FDB entry without neighbour entry for 02:42:0a:00:01:c9',
  ),
  faulty('vxlan-down', 'the vxlan device set down, which also removed its neighbour entries'),
  faulty('veth-unplugged', "web1's port removed from the bridge: `ip link set … nomaster`"),
  {
    name: 'transient',
    about: 'read twice, 4 s apart: the FDB entry of web2 was deleted before the second reading',
    readings: async (lab, read) => {
      await read('-first');
      await sleep(3000);
      await withFault(lab, faults['fdb-row-missing'], () => read('-second'));
    },
  },
];
