/** Codes that the lab can't bring about, each tested on evidence derived from real evidence: fixtures/derived has a folder for each. */
export const derivedFaults: readonly {codes: readonly string[]; why: string}[] = [
  {
    codes: ['softnet-drops', 'conntrack-drops', 'conntrack-insert-failed'],
    why: "the queues of processors and the table of connections are the whole machine's, not the lab's",
  },
  {
    codes: [
      'vip-alias-missing',
      'vip-mark-missing',
      'ingress-dnat-missing',
      'ingress-dnat-stale',
      'ingress-mark-missing',
      'ingress-localnet-off',
      'ipvs-service-missing',
      'ipvs-no-backend',
      'ipvs-backend-missing',
      'ipvs-backend-stale',
      'ipvs-snat-missing',
      'ipvs-conntrack-off',
      'ipvs-idle-timeout',
    ],
    why: 'the kernel has no IPVS, without which the engine makes none of these links',
  },
  {
    codes: ['vxlan-unsupported', 'encryption-unsupported'],
    why: 'the kernel has what an overlay and its encryption are made of, but ESP itself',
  },
  {codes: ['xfrm-spi-mismatch'], why: 'the kernel has no ESP, and so no state'},
  {
    codes: ['engine-versions-mixed', 'engine-fdb-bug'],
    why: "a lab runs one engine, and none of these versions is packaged for the machine's system",
  },
  {
    codes: ['neighbour-table-full'],
    why: "its limits are the first namespace's, which the lab leaves alone",
  },
  {
    codes: ['conntrack-full'],
    why: 'filled by hand it was found (262,141 of 262,144 entries); that takes a minute until they are gone again',
  },
  {
    codes: ['one-way-traffic'],
    why: 'it is judged of a host that is read alone, and both nodes of the lab are',
  },
  {
    codes: ['certificate-expiring'],
    why: 'it is read and judged like one that has expired, which the lab has',
  },
];
