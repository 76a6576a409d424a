/** One rule as `iptables-save` prints it; the matching of packets is trace's business. */
export interface FilterRule {
  table: string;
  chain: string;
  /** The rule without its `-A CHAIN`, as printed. */
  text: string;
  packets?: number;
  bytes?: number;
}

/** Reads `iptables-save -c` (iptables/iptables-save.c): `*table`, `:CHAIN POLICY [p:b]`, `[p:b] -A CHAIN …`. Policies become rules of the chain with the text `policy ACCEPT`. */
export function parseIptablesSave(text: string): FilterRule[] {
  const rules: FilterRule[] = [];
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    const rule = /^(?:\[(\d+):(\d+)\] )?-A (\S+) ?(.*)$/.exec(line);
    const policy = /^:(\S+) ([A-Z]+) \[(\d+):(\d+)\]$/.exec(line);
    if (rule) {
      const [, packets, bytes, chain = '', rest = ''] = rule;
      rules.push({
        table,
        chain,
        text: rest,
        ...(packets === undefined ? {} : {packets: Number(packets), bytes: Number(bytes)}),
      });
    } else if (policy) {
      const [, chain = '', target = '', packets, bytes] = policy;
      rules.push({table, chain, text: `policy ${target}`, packets: Number(packets), bytes: Number(bytes)});
    }
  }
  return rules;
}
