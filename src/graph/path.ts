/** The elements between those at which hops are decided. */
import type {Built} from './elements.js';
import type {EdgeKind} from './types.js';

/** Farther than this, two elements are not connected by what lies between: a jump is drawn. */
const farthest = 4;

/**
 * Each element once, in the order in which it is first met, with those that connect it to the one before.
 *
 * @param isOutside whether the path may leave by docker_gwbridge
 */
export function completePath(
  {edges}: Pick<Built, 'edges'>,
  met: readonly string[],
  {isOutside}: {isOutside: boolean},
): string[] {
  const isUsable = (kind: EdgeKind) => kind !== 'tunnel' && (kind !== 'way-out' || isOutside);
  const neighbours = new Map<string, string[]>();
  const add = (from: string, to: string) => {
    const known = neighbours.get(from);
    if (known) known.push(to);
    else neighbours.set(from, [to]);
  };
  for (const {from, to, kind} of edges) {
    if (!isUsable(kind)) continue;
    add(from, to);
    add(to, from);
  }
  const path: string[] = [];
  for (const element of new Set(met)) {
    if (path.includes(element)) continue;
    const last = path.at(-1);
    const between = last === undefined ? [] : shortest(neighbours, last, element);
    path.push(...between.filter((one) => !path.includes(one)), element);
  }
  return path;
}

/** What lies between two elements on the shortest connection; nothing where they are connected, or too far apart. */
function shortest(neighbours: ReadonlyMap<string, readonly string[]>, from: string, to: string): string[] {
  let fronts: string[][] = [[from]];
  const seen = new Set([from]);
  for (let steps = 0; steps < farthest; steps++) {
    const next = fronts.flatMap((way) =>
      (neighbours.get(way.at(-1) ?? '') ?? []).filter((one) => !seen.has(one)).map((one) => [...way, one]),
    );
    const found = next.find((way) => way.at(-1) === to);
    if (found) return found.slice(1, -1);
    for (const way of next) seen.add(way.at(-1) ?? '');
    fronts = next;
  }
  return [];
}
