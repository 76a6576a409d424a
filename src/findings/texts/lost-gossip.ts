/** What follows where a node gets no gossip for some seconds: it is treated as failed, its entries are removed, and lookups fail. */
export const lostGossip = [
  'gossip-peer-missing',
  'gossip-differs',
  'gossip-task-differs',
  'gossip-kernel-differs',
  'fdb-row-missing',
  'fdb-learned-only',
  'neighbour-missing',
  'l2-miss',
  'l3-miss',
] as const;
