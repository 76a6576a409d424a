import type {Difference, ItemKind} from './types.js';

/** What may explain others, widest first. */
const causes: ItemKind[] = [
  'network',
  'container',
  'service',
  'task',
  'endpoint',
  'namespace',
  'link',
  'address',
];

/** Facts whose change explains others; all else that may change about such an item explains nothing. */
const weighty: Partial<Record<ItemKind, readonly string[]>> = {
  network: ['id', 'VNIs', 'subnets'],
  container: ['id', 'status', 'sandbox', 'networks'],
  service: ['id'],
  namespace: ['inode', 'file'],
  link: ['state'],
};

/**
 * Marks what only comes with something else: with a container that vanished go its namespace, its ports, and the rows
 * that all other hosts had for it. What comes does not explain what goes.
 */
export function findFollowers(differences: Difference[]): Difference[] {
  const explained = new Map<string, number>();
  const follows = new Map<number, number>();
  const indexes = differences.map((_, index) => index);
  const rankOf = (index: number) => rank(differences[index]);
  for (const index of indexes.sort((a, b) => rankOf(a) - rankOf(b) || a - b)) {
    const difference = differences[index];
    if (!difference) continue;
    const cause = [difference.change, 'changed']
      .flatMap((change) => difference.about.map((token) => explained.get(`${change} ${token}`)))
      .find((root) => root !== undefined && rankOf(root) < rankOf(index));
    if (cause !== undefined) follows.set(index, cause);
    for (const token of isWeighty(difference) ? difference.explains : []) {
      const key = `${difference.change} ${token}`;
      if (!explained.has(key)) explained.set(key, cause ?? index);
    }
  }
  return differences.map((difference, index) => {
    const cause = follows.get(index);
    return cause === undefined ? difference : {...difference, follows: cause};
  });
}

function rank(difference: Difference | undefined): number {
  const at = causes.indexOf(difference?.kind as ItemKind);
  if (at < 0) return causes.length;
  // The end that lost its carrier comes after the end that was set down.
  return difference?.about.some((token) => token.startsWith('carrier:')) ? at + 0.5 : at;
}

function isWeighty({change, kind, facts}: Difference): boolean {
  const needed = weighty[kind];
  return change !== 'changed' || needed === undefined || facts.some(({fact}) => needed.includes(fact));
}
