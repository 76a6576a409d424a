/** Faults of /etc/hosts and of the options of DNS in containers, for `doctor`. */
import type {LabNode} from '../lab.js';
import {endOf, taskOn} from '../trace-ends.js';
import {type DoctorFault, fault, unfixed} from './fault.js';
import {guest, siteRuns} from './guests.js';

/** The lines of its address on uber-net are taken out of a container's /etc/hosts, which the engine keeps on the host. */
async function withoutOwnLine(node: LabNode, container: string): Promise<void> {
  const {ip} = await endOf(node, container, 'uber-net');
  const {stdout: file} = await node.docker(['inspect', '-f', '{{.HostsPath}}', container]);
  // The file is mounted into the container: another one in its place would not be seen there.
  const text = 'rest=$(grep -vF "$2" "$1"); printf "%s\\n" "$rest" >"$1"';
  await node.run(['sh', '-ec', text, 'sh', file.trim(), ip]);
}

export const faultsOfNames: readonly DoctorFault[] = [
  fault('hosts-file-odd', 'the address of a container on node1 deleted from its /etc/hosts', async (lab) => {
    const node = lab.node('node1');
    const remove = await guest(node, 'unnamed');
    await withoutOwnLine(node, 'unnamed');
    return remove;
  }),
  fault('hosts-file-odd', 'the address of the task of site deleted from its /etc/hosts', async (lab) => {
    const node = lab.node('node2');
    const task = await taskOn(node, 'site');
    await withoutOwnLine(node, task);
    return async () => {
      await node.docker(['rm', '-f', task], {reject: false});
      await siteRuns(lab);
    };
  }),
  unfixed(
    {because: 'the option is of a container for good: its owner must recreate it'},
    fault('dns-ndots', 'a container on uber-net with `--dns-option ndots:2`', (lab) =>
      guest(lab.node('node1'), 'dotted', '--dns-option', 'ndots:2'),
    ),
  ),
];
