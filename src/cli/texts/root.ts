/** What people want first, in the order in which they want it; for `--help` and the man page. */
export const rootExamples: readonly {description?: string; command: string}[] = [
  {description: 'Check this host for known overlay faults', command: 'sudo ovdiag doctor'},
  {description: 'Why web1 can not reach web2', command: 'sudo ovdiag trace web1 web2'},
  {
    description: 'The endpoints of an overlay network, and what is wrong',
    command: 'sudo ovdiag fdb uber-net',
  },
  {
    description: 'The same over ssh, both hosts',
    command: 'ovdiag fdb uber-net -H ssh://root@node1 -H ssh://root@node2',
  },
  {
    description: 'Save the data of all nodes, and look at it elsewhere',
    command: 'sudo ovdiag snapshot --swarm -o swarm',
  },
  {command: 'ovdiag doctor --snapshot swarm'},
  {description: 'Decode a capture of the underlay', command: 'ovdiag decode capture.pcap --flows'},
];

export const environmentHelp =
  'OVDIAG_HOST, OVDIAG_SNAPSHOT and the other variables in brackets set source flags (COMMAND --help); several hosts are separated by commas, several snapshots by colons. A source flag on the command line replaces them all. sudo drops them: use sudo --preserve-env=OVDIAG_HOST, or the flag.';
