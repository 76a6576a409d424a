/**
 * The key under which a host is known among others. Where Docker was silent in one reading its key lacks the engine's
 * part: boot and network namespace still tell the host, if just one other key ends like it.
 */
export function sameHostKey(key: string, keys: readonly string[]): string {
  if (!/^\/[^/]+\/\d+$/.test(key)) return key;
  const [same, ...more] = keys.filter((other) => other !== key && other.endsWith(key));
  return same !== undefined && more.length === 0 ? same : key;
}
