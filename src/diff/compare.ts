import type {Difference, FactChange, NotCompared, Shelf, Thing, ThingKind} from './types.js';

export interface Comparison {
  differences: Difference[];
  notCompared: NotCompared[];
}

/** Compares two snapshots shelf by shelf. What one of them did not read is no difference, and is said. */
export function compareShelves(before: Shelf[], after: Shelf[]): Comparison {
  const keyOf = ({place, kind}: Shelf) => `${place.key} ${kind}`;
  const left = new Map(before.map((shelf) => [keyOf(shelf), shelf]));
  const right = new Map(after.map((shelf) => [keyOf(shelf), shelf]));
  const differences: Difference[] = [];
  const unread: {shelf: Shelf; gap: Gap}[] = [];
  for (const [key, shelf] of new Map([...left, ...right])) {
    const [one, other] = [left.get(key), right.get(key)];
    // A place that is there once only is a thing of its own; what is in it came or went with it.
    if (!one || !other) continue;
    const gap =
      gapOf(one, other, 'no', 'not read') ?? gapOf(one, other, 'part', 'some rows were not understood');
    if (gap) unread.push({shelf, gap});
    if (one.read === 'no' || other.read === 'no') continue;
    const sure = one.read === 'whole' && other.read === 'whole';
    differences.push(...compareThings(one, other).filter(({change}) => sure || change === 'changed'));
  }
  return {differences, notCompared: gathered(unread)};
}

type Gap = Pick<NotCompared, 'missingIn' | 'reason'>;

function gapOf(before: Shelf, after: Shelf, read: Shelf['read'], reason: string): Gap | undefined {
  const [first, second] = [before.read === read, after.read === read];
  if (!first && !second) return undefined;
  return {missingIn: first && second ? 'both' : first ? 'first' : 'second', reason};
}

/** One entry a place and reason. */
function gathered(unread: {shelf: Shelf; gap: Gap}[]): NotCompared[] {
  const found = new Map<string, NotCompared>();
  for (const {shelf, gap} of unread) {
    const {key, host, title} = shelf.place;
    const id = `${key} ${gap.missingIn} ${gap.reason}`;
    const known = found.get(id);
    if (known) known.kinds.push(shelf.kind);
    else found.set(id, {...(host === undefined ? {} : {host}), place: title, kinds: [shelf.kind], ...gap});
  }
  return [...found.values()];
}

function compareThings(first: Shelf, {place, kind, things: after, asked}: Shelf): Difference[] {
  const before = first.things;
  const left = new Map(before.map((thing) => [thing.key, thing]));
  const right = new Map(after.map((thing) => [thing.key, thing]));
  const gone = before.filter(({key}) => !right.has(key) && (asked?.(key) ?? true));
  const come = after.filter(({key}) => !left.has(key) && (first.asked?.(key) ?? true));
  const replaced = replacements(gone, come);
  const pairs: [Thing, Thing][] = [
    ...[...left].flatMap(([key, one]): [Thing, Thing][] => {
      const other = right.get(key);
      return other ? [[one, other]] : [];
    }),
    ...replaced,
  ];
  const taken = new Set(replaced.flat());
  const single = (change: 'appeared' | 'vanished') => (thing: Thing) => ({
    change,
    kind,
    place,
    ...wordsOf(thing),
    facts: [],
    about: thing.about ?? [],
    explains: thing.explains ?? [],
  });
  return [
    ...gone.filter((thing) => !taken.has(thing)).map(single('vanished')),
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
    ...(kind === 'netfilter-order' ? [] : come.filter((thing) => !taken.has(thing)).map(single('appeared'))),
  ].filter(({change}) => kind !== 'netfilter-order' || change === 'changed');
}

function wordsOf({name, detail, words}: Thing): {name: string; detail?: string} {
  return words?.() ?? {name, ...(detail === undefined ? {} : {detail})};
}

/** Slots that exactly one thing left and one took: one thing that changed. */
function replacements(gone: Thing[], come: Thing[]): [Thing, Thing][] {
  const bySlot = (things: Thing[]) => {
    const found = new Map<string, Thing[]>();
    for (const thing of things) {
      if (thing.slot !== undefined) found.set(thing.slot, [...(found.get(thing.slot) ?? []), thing]);
    }
    return found;
  };
  const arrivals = bySlot(come);
  return [...bySlot(gone)].flatMap(([slot, [one, ...more]]): [Thing, Thing][] => {
    const [other, ...others] = arrivals.get(slot) ?? [];
    return one && other && more.length === 0 && others.length === 0 ? [[one, other]] : [];
  });
}

function factChanges({facts: before}: Thing, {facts: after}: Thing): FactChange[] {
  return Object.entries(before).flatMap(([fact, value]): FactChange[] => {
    const now = after[fact];
    return now === undefined || now === value ? [] : [{fact, before: value, after: now}];
  });
}

/** Whether the rules that stand in both are in another order; those that came or went are told by themselves. */
function orderChange(before: Thing, after: Thing): FactChange[] {
  const rulesOf = ({facts}: Thing) => (facts['order'] ?? '').split('\n');
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

export const kindOrder: ThingKind[] = [
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
