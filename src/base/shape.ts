/**
 * Shapes of foreign data: what a tool printed, what the engine answered, what a snapshot file holds. A shape reads a
 * value into one of the known form, or says that it is `odd`; objects tell which of their values were.
 *
 * Written for commands that live for a tenth of a second: a shape is one plain function, and nothing is made for a value
 * that is as it should be (docs/decisions/data.md has the figures).
 */

/** A value that is not of the shape. */
export const odd = Symbol('odd');

/** Where an object had an odd value; `value` is undefined where one that it must have is missing. */
export interface Oddness {
  path: string[];
  value: unknown;
}

export interface Report {
  /** Go on after an odd value, as if it were absent, where the object can do without it. */
  lax: boolean;
  found: Oddness[];
}

export type Shape<T> = (value: unknown, report: Report) => T | typeof odd;
export type Shaped<S> = S extends Shape<infer T> ? T : never;

/** Any value that the test likes. */
export function check<T>(test: (value: unknown) => value is T): Shape<T> {
  return (value) => (test(value) ? value : odd);
}

export const string = check((value) => typeof value === 'string');
export const number = check((value) => typeof value === 'number');
export const boolean = check((value) => typeof value === 'boolean');
export const anything: Shape<unknown> = (value) => value;

/** A text that the test likes. */
export function text(test: (value: string) => boolean): Shape<string> {
  return (value) => (typeof value === 'string' && test(value) ? value : odd);
}

/** A text that the test likes, in lower case. */
export function lowerCase(test: (value: string) => boolean): Shape<string> {
  return (value) => (typeof value === 'string' && test(value) ? value.toLowerCase() : odd);
}

/** One of these very values. */
export function oneOf<const T>(...values: T[]): Shape<T> {
  return (value) => (values.includes(value as T) ? (value as T) : odd);
}

export function optional<T>(shape: Shape<T>): Shape<T | undefined>;
export function optional<T>(shape: Shape<T>, otherwise: T): Shape<T>;
export function optional<T>(shape: Shape<T>, otherwise?: T): Shape<T | undefined> {
  return (value, report) => (value === undefined ? otherwise : shape(value, report));
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, report) => (value === null ? null : shape(value, report));
}

/** Null is as good as absent, and is told apart. */
export function nullish<T>(shape: Shape<T>): Shape<T | null | undefined> {
  return (value, report) => (value === undefined || value === null ? value : shape(value, report));
}

/** Puts what was found inside a value under the value's own key; an odd value without more is itself what was found. */
function blame(report: Report, before: number, key: string, value: unknown): void {
  if (report.found.length === before) report.found.push({path: [key], value});
  else for (const oddness of report.found.slice(before)) oddness.path.unshift(key);
}

/** An odd value counts as an absent one, and nothing is said about it. */
export function lenient<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value, report) => {
    const before = report.found.length;
    const read = shape(value, report);
    if (read !== odd && report.found.length === before) return read;
    report.found.length = before;
    return undefined;
  };
}

/** A list, which is odd as a whole where one of its elements is. */
export function array<T>(shape: Shape<T>): Shape<T[]> {
  return (value, report) => {
    if (!Array.isArray(value)) return odd;
    const result: T[] = [];
    for (let index = 0; index < value.length; index++) {
      const before = report.found.length;
      const read = shape(value[index], report);
      if (read === odd || report.found.length > before) blame(report, before, String(index), value[index]);
      if (read === odd) return odd;
      result.push(read);
    }
    return result;
  };
}

/** Names by which a foreign object could change what all objects have. */
const unsafeKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Keys of any name, and values that are all of one shape. */
export function record<T>(shape: Shape<T>): Shape<Record<string, T>> {
  return (value, report) => {
    if (typeof value !== 'object' || value === null) return odd;
    const result: Record<string, T> = {};
    for (const key of Object.keys(value)) {
      if (unsafeKeys.has(key)) continue;
      const before = report.found.length;
      const own = (value as Record<string, unknown>)[key];
      const read = shape(own, report);
      if (read === odd || report.found.length > before) blame(report, before, key, own);
      if (read === odd) return odd;
      result[key] = read;
    }
    return result;
  };
}

export type Objected<S extends Record<string, Shape<unknown>>> = {
  [K in keyof S as undefined extends Shaped<S[K]> ? never : K]: Shaped<S[K]>;
} & {[K in keyof S as undefined extends Shaped<S[K]> ? K : never]?: Shaped<S[K]>};

/** An object with these keys; others are left out. When lax it goes on after an odd value, to tell of them all. */
export function object<S extends Record<string, Shape<unknown>>>(shapes: S): Shape<Objected<S>> {
  const entries = Object.entries(shapes);
  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: run for every row of every table; split into functions, a trace takes 5 % longer
  return (value, report) => {
    if (typeof value !== 'object' || value === null) return odd;
    const result: Record<string, unknown> = {};
    let whole = true;
    for (let at = 0; at < entries.length; at++) {
      const [key, shape] = entries[at] as [string, Shape<unknown>];
      const before = report.found.length;
      const own = (value as Record<string, unknown>)[key];
      let read = shape(own, report);
      if (read === odd || report.found.length > before) blame(report, before, key, own);
      if (read === odd && report.lax) read = shape(undefined, report);
      if (read !== odd) {
        if (read !== undefined) result[key] = read;
      } else if (report.lax) whole = false;
      else return odd;
    }
    return whole ? (result as Objected<S>) : odd;
  };
}
