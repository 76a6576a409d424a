/**
 * The IPv4 addresses in what the engine keeps as /etc/hosts of its containers, by their ids (moby daemon/libnetwork
 * sandbox_dns_unix.go). The collector's form of it: `ID/hosts:ADDRESS` a line.
 */
export function parseHostsFiles(text: string): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, id, address] = /^([0-9a-f]{64})\/hosts:([\d.]{7,15})$/.exec(line) ?? [];
    if (id === undefined || address === undefined) continue;
    const known = files.get(id);
    if (known) known.push(address);
    else files.set(id, [address]);
  }
  return files;
}
