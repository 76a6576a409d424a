import type {Difference, FactChange, Item, ItemKind, ItemList, NotCompared} from './types.js';

export interface Comparison {
  differences: Difference[];
  notCompared: NotCompared[];
}

/** Compares two snapshots list by list. What one of them did not read is no difference, and is said. */
export function compareLists(before: ItemList[], after: ItemList[]): Comparison {
  const keyOf = ({place, kind}: ItemList) => `${place.key} ${kind}`;
  const left = new Map(before.map((list) => [keyOf(list), list]));
  const right = new Map(after.map((list) => [keyOf(list), list]));
  const differences: Difference[] = [];
  const unread: {list: ItemList; gap: Gap}[] = [];
  for (const [key, list] of new Map([...left, ...right])) {
    const [one, other] = [left.get(key), right.get(key)];
    // A place that is there once only is an item of its own; what is in it came or went with it.
    if (!one || !other) continue;
    const gap =
      gapOf(one, other, 'no', 'not read') ?? gapOf(one, other, 'part', 'some rows were not understood');
    const gaps = [gap, ...rewordedGaps(one, other), hiddenGap(one, other)];
    unread.push(...gaps.flatMap((found) => (found ? [{list, gap: found}] : [])));
    if (one.read === 'no' || other.read === 'no') continue;
    const sure = one.read === 'whole' && other.read === 'whole';
    differences.push(...compareItems(one, other).filter(({change}) => sure || change === 'changed'));
  }
  return {differences, notCompared: gathered(unread)};
}

type Gap = Pick<NotCompared, 'missingIn' | 'reason'>;

/** Parts that the two snapshots tell in different words. */
function rewordedParts({reworded: one}: ItemList, {reworded: other}: ItemList): ReadonlySet<string> {
  return new Set([...(one ?? []), ...(other ?? [])].filter((part) => !one?.has(part) || !other?.has(part)));
}

function rewordedGaps(before: ItemList, after: ItemList): Gap[] {
  if (before.read === 'no' || after.read === 'no') return [];
  const parts = [...rewordedParts(before, after)];
  return (['first', 'second'] as const).flatMap((missingIn) => {
    const here = parts.filter((part) => (before.reworded?.has(part) === true) === (missingIn === 'first'));
    const reason = `${here.join(', ')} ${here.length === 1 ? 'is' : 'are'} in the words of another program`;
    return here.length === 0 ? [] : [{missingIn, reason}];
  });
}

function hiddenGap({hidden: first}: ItemList, {hidden: second}: ItemList): Gap | undefined {
  const reason = first ?? second;
  if (reason === undefined) return undefined;
  return {
    missingIn: first !== undefined && second !== undefined ? 'both' : first ? 'first' : 'second',
    reason,
  };
}

function gapOf(before: ItemList, after: ItemList, read: ItemList['read'], reason: string): Gap | undefined {
  const [first, second] = [before.read === read, after.read === read];
  if (!first && !second) return undefined;
  return {missingIn: first && second ? 'both' : first ? 'first' : 'second', reason};
}

/** One entry a place and reason. */
function gathered(unread: {list: ItemList; gap: Gap}[]): NotCompared[] {
  const found = new Map<string, NotCompared>();
  for (const {list, gap} of unread) {
    const {key, host, title} = list.place;
    const id = `${key} ${gap.missingIn} ${gap.reason}`;
    const known = found.get(id);
    if (known) known.kinds.push(list.kind);
    else found.set(id, {...(host === undefined ? {} : {host}), place: title, kinds: [list.kind], ...gap});
  }
  return [...found.values()];
}

function compareItems(first: ItemList, second: ItemList): Difference[] {
  const {place, kind, asked} = second;
  const apart = rewordedParts(first, second);
  const [before, after] = [first, second].map(({items}) =>
    apart.size === 0 ? items : items.filter(({part}) => part === undefined || !apart.has(part)),
  ) as [Item[], Item[]];
  const left = new Map(before.map((item) => [item.key, item]));
  const right = new Map(after.map((item) => [item.key, item]));
  const gone = before.filter(({key}) => !right.has(key) && (asked?.(key) ?? true));
  const come = after.filter(({key}) => !left.has(key) && (first.asked?.(key) ?? true));
  const replaced = replacements(gone, come);
  const pairs: [Item, Item][] = [
    ...[...left].flatMap(([key, one]): [Item, Item][] => {
      const other = right.get(key);
      return other ? [[one, other]] : [];
    }),
    ...replaced,
  ];
  const taken = new Set(replaced.flat());
  const single = (change: 'appeared' | 'vanished') => (item: Item) => ({
    change,
    kind,
    place,
    ...wordsOf(item),
    facts: [],
    about: item.about ?? [],
    explains: item.explains ?? [],
  });
  return [
    ...gone.filter((item) => !taken.has(item)).map(single('vanished')),
    ...pairs.flatMap(([one, other]): Difference[] => {
      const facts = kind === 'netfilter-order' ? orderChange(one, other) : factChanges(one, other);
      if (facts.length === 0) return [];
      return [
        {
          change: 'changed',
          kind,
          place,
          ...wordsOf(other),
          facts,
          about: [...(one.about ?? []), ...(other.about ?? [])],
          explains: [...(one.explains ?? []), ...(other.explains ?? [])],
        },
      ];
    }),
    ...(kind === 'netfilter-order' ? [] : come.filter((item) => !taken.has(item)).map(single('appeared'))),
  ].filter(({change}) => kind !== 'netfilter-order' || change === 'changed');
}

function wordsOf({name, detail, words}: Item): {name: string; detail?: string} {
  return words?.() ?? {name, ...(detail === undefined ? {} : {detail})};
}

/** Slots that exactly one item left and one took: one item that changed. */
function replacements(gone: Item[], come: Item[]): [Item, Item][] {
  const bySlot = (items: Item[]) => {
    const found = new Map<string, Item[]>();
    for (const item of items) {
      if (item.slot !== undefined) found.set(item.slot, [...(found.get(item.slot) ?? []), item]);
    }
    return found;
  };
  const arrivals = bySlot(come);
  return [...bySlot(gone)].flatMap(([slot, [one, ...more]]): [Item, Item][] => {
    const [other, ...others] = arrivals.get(slot) ?? [];
    return one && other && more.length === 0 && others.length === 0 ? [[one, other]] : [];
  });
}

function factChanges({facts: before}: Item, {facts: after}: Item): FactChange[] {
  return Object.entries(before).flatMap(([fact, value]): FactChange[] => {
    const now = after[fact];
    return now === undefined || now === value ? [] : [{fact, before: value, after: now}];
  });
}

/** Whether the rules that stand in both are in another order; those that came or went are told by themselves. */
function orderChange(before: Item, after: Item): FactChange[] {
  const rulesOf = ({facts}: Item) => (facts['order'] ?? '').split('\n');
  const [one, other] = [common(rulesOf(before), rulesOf(after)), common(rulesOf(after), rulesOf(before))];
  const at = one.findIndex((rule, index) => rule !== other[index]);
  return at < 0 ? [] : [{fact: `from rule ${at + 1} on`, before: one[at] ?? '', after: other[at] ?? ''}];
}

function common(rules: string[], others: string[]): string[] {
  const left = new Map<string, number>();
  for (const rule of others) left.set(rule, (left.get(rule) ?? 0) + 1);
  return rules.filter((rule) => {
    const count = left.get(rule) ?? 0;
    left.set(rule, count - 1);
    return count > 0;
  });
}

export const kindOrder: ItemKind[] = [
  'host',
  'node',
  'network',
  'container',
  'service',
  'task',
  'endpoint',
  'namespace',
  'link',
  'address',
  'route',
  'routing-rule',
  'fdb-row',
  'neighbour',
  'gossip',
  'ipvs',
  'netfilter-rule',
  'netfilter-order',
  'xfrm-state',
  'xfrm-policy',
  'sysctl',
];
