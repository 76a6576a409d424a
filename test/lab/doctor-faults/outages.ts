/**
 * Faults that cut gossip, looked at when it has given the other node up: its rows and names are gone then, and the cause must stand
 * first with all of that below it, for `doctor`.
 */
import {swarmIsWhole} from '../health.js';
import type {Lab} from '../lab.js';
import {endsOf, meetAgain} from '../trace-run.js';
import {until} from '../wait.js';
import {type DoctorFault, fault} from './fault.js';
import {hears} from './guests.js';
import {standIn} from './stand-in.js';

/** Waits until node1 has forgotten web2. */
const forgotten = (lab: Lab, ip: string): Promise<unknown> =>
  until({what: 'node1 to forget web2'}, async () => !(await hears(lab.node('node1'), ip)) || undefined);

/** Waits until node2 has forgotten web1. */
async function forgottenThere(lab: Lab): Promise<void> {
  const {one} = await endsOf(lab, 'web');
  await until(
    {what: 'node2 to forget web1'},
    async () => !(await hears(lab.node('node2'), one.ip)) || undefined,
  );
}

/** Nodes that were lost get their tasks again, and all rows. */
async function healed(lab: Lab): Promise<void> {
  await until({what: 'the services'}, async () => (await swarmIsWhole(lab)) || undefined);
  await meetAgain(await endsOf(lab, 'web'));
}

/** Waits until a fault that was made shows; where it never does it is undone. Gives what undoes it later. */
async function shown(wait: () => Promise<unknown>, undo: () => Promise<unknown>): Promise<typeof undo> {
  try {
    await wait();
  } catch (error) {
    await undo();
    throw error;
  }
  return undo;
}

/** The engine of node2 stands still, until `systemctl restart docker`. */
const hung = (about: string, wait: (lab: Lab, ip: string) => Promise<unknown>): DoctorFault => ({
  ...fault('engine-not-answering', about, async (lab) => {
    const node = lab.node('node2');
    const {two} = await endsOf(lab, 'web');
    const go = `kill -CONT ${node.dockerd.pid}`;
    const back = await standIn(node, {systemctl: `#!/bin/sh\n[ "$*" = 'restart docker' ] && ${go}\n`});
    await node.run(['kill', '-STOP', String(node.dockerd.pid)]);
    const undo = async () => {
      await node.run(['sh', '-c', go]);
      await back();
      await healed(lab);
    };
    return shown(() => wait(lab, two.ip), undo);
  }),
  says: /hangs/,
  alone: true,
});

interface Cut {
  make: string;
  mend: string;
  wait: (lab: Lab, ip: string) => Promise<unknown>;
}

/** A change of node1's that cuts it off from node2, looked at when gossip has given one of them up; its fix brings both together. */
const cutOff = (code: string, about: string, {make, mend, wait}: Cut): DoctorFault => ({
  ...fault(code, about, async (lab) => {
    const shell = (text: string) => lab.node('node1').run(['sh', '-c', text]);
    const {two} = await endsOf(lab, 'web');
    const undo = async () => {
      await shell(`${mend} || true`);
      await healed(lab);
    };
    await shell(make);
    return shown(() => wait(lab, two.ip), undo);
  }),
  alone: true,
});

// Both ways of TCP: what gets no answer to its datagrams asks once more by TCP.
const closed = (verb: string) =>
  ['INPUT -p udp', 'INPUT -p tcp', 'OUTPUT -p tcp']
    .map((rule) => `iptables -${verb} ${rule} --dport 7946 -j DROP`)
    .join('; ');

export const outages: readonly DoctorFault[] = [
  cutOff('gossip-port-filtered', 'iptables of node1 drop TCP and UDP 7946, until node1 has forgotten web2', {
    make: closed('I'),
    mend: closed('D'),
    wait: forgotten,
  }),
  // What can't be sent at all is no sign to node1 that node2 is gone (memberlist/state.go, failedRemote).
  cutOff('vtep-route-missing', "a blackhole route to node2's VTEP on node1, until node2 has forgotten web1", {
    make: 'ip route add blackhole 192.168.1.5',
    mend: 'ip route del blackhole 192.168.1.5',
    wait: forgottenThere,
  }),
  hung('the engine of node2 stands still', async () => {}),
  hung('the engine of node2 stands still, until node1 has forgotten web2', forgotten),
];
