/** A host as it calls itself, and what tells it from all others. */
export interface OwnName {
  name: string;
  key: string;
}

/**
 * Names that are distinct, in the order of the hosts. Those who share one are numbered `NAME#1`, `NAME#2`, … by their keys,
 * so that no order of files or answers changes what a host is called, and so that none of them goes by the name alone: it
 * would not say which of them is meant.
 */
export function distinctNames(hosts: readonly OwnName[]): string[] {
  const sharing = new Map<string, OwnName[]>();
  for (const host of hosts) sharing.set(host.name, [...(sharing.get(host.name) ?? []), host]);
  const names = new Map<OwnName, string>();
  for (const [name, namesakes] of sharing) {
    if (namesakes.length === 1) continue;
    const ordered = [...namesakes].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    let number = 0;
    for (const host of ordered) {
      // Another host may really be called so.
      do number++;
      while (sharing.has(`${name}#${number}`));
      names.set(host, `${name}#${number}`);
    }
  }
  return hosts.map((host) => names.get(host) ?? host.name);
}
