/** A node's id as swarmkit makes them; an engine's own id looks otherwise. */
const nodeId = /^[0-9a-z]{25}$/;

/**
 * The key under which a host is known among others: the first of `keys` that stands for the same one. A key is
 * `ENGINE/BOOT/NETNS`, of which boot and network namespace tell the host; the engine's part changes while an engine is
 * silent, starts, or joins a swarm. Two different nodes of swarms are two hosts, wherever they live.
 */
export function sameHostKey(key: string, keys: readonly string[]): string {
  const own = partsOf(key);
  if (!own) return key;
  const same = keys.filter((other) => {
    const parts = partsOf(other);
    if (parts?.place !== own.place) return false;
    return parts.engine === own.engine || !nodeId.test(parts.engine) || !nodeId.test(own.engine);
  });
  const nodes = new Set(same.map((other) => partsOf(other)?.engine ?? '').filter((id) => nodeId.test(id)));
  return nodes.size > 1 ? key : (same[0] ?? key);
}

function partsOf(key: string): {engine: string; place: string} | undefined {
  const [, engine, place] = /^(.*?)\/([^/]+\/\d+)$/.exec(key) ?? [];
  return engine === undefined || place === undefined ? undefined : {engine, place};
}
