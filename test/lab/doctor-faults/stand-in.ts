/** Programs that stand in for those of a machine whose parts a lab lacks: a network card, a clock, a network manager. */
import type {LabNode} from '../lab.js';

/** Before all other directories in a root shell's PATH, and empty on most machines. */
const directory = '/usr/local/sbin';

/**
 * Puts shell scripts before the programs of their names, on one node only: it has mounts of its own.
 *
 * @param scripts by the names of the programs
 * @returns what takes them away
 */
export async function standIn(
  node: LabNode,
  scripts: Readonly<Record<string, string>>,
): Promise<() => Promise<unknown>> {
  await node.run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'none', directory]);
  for (const [name, text] of Object.entries(scripts))
    await node.run(['sh', '-ec', `cat >"$1"; chmod 755 "$1"`, 'sh', `${directory}/${name}`], {input: text});
  return () => node.run(['umount', directory]);
}
