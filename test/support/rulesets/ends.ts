/** Where packets go: a namespace whose rules are judged, and one on each side of it. */
export const ends = {
  judged: {
    near: {device: 'eth0', mac: '02:00:00:00:01:01', ip4: '192.0.2.1', ip6: '2001:db8:1::1'},
    far: {device: 'eth1', mac: '02:00:00:00:02:01', ip4: '198.51.100.1', ip6: '2001:db8:2::1'},
  },
  near: {mac: '02:00:00:00:01:02', ip4: '192.0.2.2', ip6: '2001:db8:1::2'},
  far: {mac: '02:00:00:00:02:02', ip4: '198.51.100.2', ip6: '2001:db8:2::2'},
} as const;

/** Addresses at the near end to which packets leave under IPsec. */
export const sealedEnd = {ip4: '192.0.2.77', ip6: '2001:db8:1::77'} as const;

/** Addresses that rules may name: those of the ends, and some of nobody. */
export const addresses = {
  ip: [ends.judged.near.ip4, ends.near.ip4, ends.far.ip4, '203.0.113.9'],
  ip6: [ends.judged.near.ip6, ends.near.ip6, ends.far.ip6, '2001:db8:9::9'],
} as const;
