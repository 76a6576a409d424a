import path from 'node:path';
import {LabError} from './error.js';

/** Where iproute2 keeps named namespaces. */
export const netnsDirectory = '/run/netns';

/** Everything a lab keeps on disk lies here: the engines' data, logs, keys and the state file. */
export const labsDirectory = '/var/lib/ovdiag-lab';

/** Apart from a lab's own directory, because a lock must outlive what it guards. */
const locksDirectory = '/run/ovdiag-lab';

/** The lab that is meant when nobody says which. */
export function defaultLabName(): string {
  return process.env['OVDIAG_LAB'] || 'default';
}

/**
 * The root file system that the nodes' engines and tools are taken from; undefined: the machine's own. A tree of a
 * newer Debian, for instance, gives a lab of newer engines.
 */
export function defaultLabRoot(): string | undefined {
  const root = process.env['OVDIAG_LAB_ROOT'];
  return root ? path.resolve(root) : undefined;
}

/**
 * The names that one lab uses on the machine. Several labs can stand side by side, because every name on the
 * machine carries the lab's; within the nodes all labs look the same.
 */
export interface LabNames {
  readonly lab: string;
  readonly directory: string;
  readonly stateFile: string;
  readonly lockFile: string;
  readonly netnsPrefix: string;
  netns(part: string): string;
  netnsFile(part: string): string;
  nodeDirectory(node: string): string;
}

export function labNames(lab: string): LabNames {
  // No dash: "ovlab-a-b-node1" must belong to exactly one lab.
  if (!/^[a-z0-9]{1,20}$/.test(lab)) throw new LabError(`a lab's name is 1 to 20 of a-z and 0-9: "${lab}"`);
  const directory = path.join(labsDirectory, lab);
  const netnsPrefix = `ovlab-${lab}-`;
  return {
    lab,
    directory,
    stateFile: path.join(directory, 'state.json'),
    lockFile: path.join(locksDirectory, `${lab}.lock`),
    netnsPrefix,
    netns: (part) => netnsPrefix + part,
    netnsFile: (part) => path.join(netnsDirectory, netnsPrefix + part),
    nodeDirectory: (node) => path.join(directory, node),
  };
}
