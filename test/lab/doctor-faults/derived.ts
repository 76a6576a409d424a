/** Codes that no lab can bring about, each tested on evidence derived from real evidence: fixtures/derived has a folder for each. */
export const derivedFaults: readonly {codes: readonly string[]; why: string}[] = [
  {
    codes: ['vxlan-unsupported', 'encryption-unsupported'],
    why: 'every kernel here has what an overlay and its encryption are made of',
  },
  {
    codes: ['engine-versions-mixed', 'engine-fdb-bug'],
    why: 'a lab runs one engine, and Debian has none of these versions',
  },
  {
    codes: ['neighbour-table-full'],
    why: "its limits are the first namespace's, and no node of a lab lives there",
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
