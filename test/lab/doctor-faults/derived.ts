/** Codes that the lab can't bring about, each tested in test/checks on evidence derived from real evidence. */
export const derivedFaults: readonly {codes: readonly string[]; why: string}[] = [
  {
    codes: ['softnet-drops', 'conntrack-drops', 'conntrack-insert-failed'],
    why: "the queues of processors and the table of connections are the whole machine's, not the lab's",
  },
];
