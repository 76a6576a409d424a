/** `node1, node2`, or the first of many and how many more there are: `node1, node2 and 298 more`. */
export function hostList(names: readonly string[], most: number): string {
  const left = names.length - most;
  // One more name takes no more room than the words that it is left out.
  if (left <= 1) return names.join(', ');
  return `${names.slice(0, most).join(', ')} and ${left} more`;
}
