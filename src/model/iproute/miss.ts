/**
 * What a vxlan device announced while somebody listened: it was to send, and had no row that says where to (kernel
 * drivers/net/vxlan/vxlan_core.c, vxlan_fdb_miss and vxlan_ip_miss).
 */
export interface Miss {
  /** `l2`: a frame for a MAC without an FDB entry, which was dropped. `l3`: a question for an address without a neighbour entry. */
  layer: 'l2' | 'l3';
  device: string;
  /** The MAC or the address. */
  sought: string;
  times: number;
}

/** Different ones that are kept; a scan of a whole network tells no more with all of its addresses. */
const mostMisses = 200;

/**
 * The announcements in what `ip monitor neigh` printed: `miss 10.0.1.9 dev vxlan0 STALE` or
 * `miss dev vxlan0 lladdr 02:42:0a:00:01:09 STALE`. All other lines are changes of rows, or its words about itself.
 */
export function parseMisses(text: string): Miss[] {
  const misses = new Map<string, Miss>();
  for (const line of text.split('\n')) {
    const [, address, device, mac] =
      /^miss (?:([0-9a-fA-F.:]+) )?dev (\S+) ?(?:lladdr ([0-9a-f:]{17}))?/.exec(line) ?? [];
    const sought = (mac ?? address)?.toLowerCase();
    if (device === undefined || sought === undefined) continue;
    const known = misses.get(`${device} ${sought}`);
    if (known) known.times += 1;
    else if (misses.size < mostMisses) {
      misses.set(`${device} ${sought}`, {layer: mac === undefined ? 'l3' : 'l2', device, sought, times: 1});
    }
  }
  return [...misses.values()];
}
