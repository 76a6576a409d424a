/**
 * The second look: tables are read one after another while Docker changes them, so that a single reading can catch a state
 * that never was. What two of them show against each other is believed where two readings show it.
 *
 * @param before what the earlier reading showed
 * @param keyOf what makes it the same in both
 * @returns whether something of the later reading was there in the earlier one too
 */
export function stoodIn<T>(before: readonly T[], keyOf: (one: T) => string): (one: T) => boolean {
  const seen = new Set(before.map(keyOf));
  return (one) => seen.has(keyOf(one));
}
