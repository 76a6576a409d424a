export type Json = null | boolean | number | string | Json[] | {[key: string]: Json};

/** What is said of a value by where it stands. `siblings` are the other keys of its object. */
export interface Leaf {
  key: string;
  /** Keys from the top; places in lists are left out. */
  path: readonly string[];
  siblings: {readonly [key: string]: Json};
}

export interface JsonRules {
  text: (value: string, leaf: Leaf) => string;
  number?: (value: number, leaf: Leaf) => number;
  /** Keys of objects that are themselves names or ids. */
  key?: (key: string, path: readonly string[]) => string;
}

/** A copy with every string, and by choice every number and key, replaced. */
export function mapJson(value: unknown, rules: JsonRules): Json {
  const walk = (one: unknown, leaf: Leaf): Json => {
    if (typeof one === 'string') return rules.text(one, leaf);
    if (typeof one === 'number') return rules.number?.(one, leaf) ?? one;
    if (typeof one === 'boolean' || one === null || one === undefined) return one ?? null;
    if (Array.isArray(one)) return one.map((entry) => walk(entry, leaf));
    const siblings = one as {[key: string]: Json};
    return Object.fromEntries(
      Object.entries(siblings).map(([key, entry]) => [
        rules.key?.(key, leaf.path) ?? key,
        walk(entry, {key, path: [...leaf.path, key], siblings}),
      ]),
    );
  };
  return walk(value, {key: '', path: [], siblings: {}});
}
