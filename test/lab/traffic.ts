import type {Lab} from './lab.js';

/**
 * Throws unless the overlays that can work do: the plain one, both subnets' own and crossed paths, the internal one,
 * each from the first node to the last.
 */
export async function checkTraffic(lab: Lab): Promise<void> {
  const [first] = lab.nodes;
  const last = lab.nodes.length;
  const letter = String.fromCharCode('a'.charCodeAt(0) + last - 1);
  const ways = [
    ['web1', `web${last}`],
    ['ts1a', `ts1${letter}`],
    ['ts1a', `ts2${letter}`],
    ['quiet1', `quiet${last}`],
  ] as const;
  await Promise.all(ways.map(([from, to]) => first?.exec(from, ['ping', '-c', '1', '-W', '10', to])));
}
