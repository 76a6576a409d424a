/**
 * Adds keys whose values are made when they are first asked for, and kept. A key without a maker is not added, so
 * that "absent" has one form only.
 */
export function lazily<T extends object>(
  target: T,
  makers: {[K in keyof T]?: (() => NonNullable<T[K]>) | undefined},
): T {
  for (const key of Object.keys(makers) as (keyof T)[]) {
    const make = makers[key];
    if (make === undefined) continue;
    Object.defineProperty(target, key, {
      configurable: true,
      enumerable: true,
      get() {
        const value = make();
        Object.defineProperty(target, key, {configurable: true, enumerable: true, writable: true, value});
        return value;
      },
    });
  }
  return target;
}
