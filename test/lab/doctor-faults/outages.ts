/**
 * An engine that hangs, looked at before and after gossip has given it up: rows and names of its node are gone then, and the cause
 * must stand first with all of that below it, for `doctor`.
 */
import {swarmIsWhole} from '../health.js';
import type {Lab} from '../lab.js';
import {endsOf, meetAgain} from '../trace-run.js';
import {until} from '../wait.js';
import {type DoctorFault, fault} from './fault.js';
import {hears} from './guests.js';
import {standIn} from './stand-in.js';

/** Waits until node1 has forgotten web2. */
async function forgotten(lab: Lab, ip: string): Promise<void> {
  await until({what: 'node1 to forget web2'}, async () =>
    (await hears(lab.node('node1'), ip)) ? undefined : true,
  );
}

/** Nodes that were lost get their tasks again, and all rows. */
async function healed(lab: Lab): Promise<void> {
  await until({what: 'the services'}, async () => (await swarmIsWhole(lab)) || undefined);
  await meetAgain(await endsOf(lab, 'web'));
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
    try {
      await wait(lab, two.ip);
    } catch (error) {
      await undo();
      throw error;
    }
    return undo;
  }),
  says: /hangs/,
  alone: true,
});

export const outages: readonly DoctorFault[] = [
  hung('the engine of node2 stands still', async () => {}),
  hung('the engine of node2 stands still, until node1 has forgotten web2', forgotten),
];
