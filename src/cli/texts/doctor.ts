/** What `ovdiag doctor --help` says. */

export const summary = 'Look for everything that is known to break overlay networks, and prove what is found';

export const description = [
  `Compares what Swarm intends, what gossip says, what the kernel holds and what the other hosts hold. A finding has its code, the rows that prove it, the cause, a read-only command to check it and the commands that fix it; nothing is changed. What follows from another finding is folded under it. What could not be looked at is listed as not checked, with what to add.`,
  `On live hosts a finding is read a second time, 3 seconds later, and reported only if it stands. With --for, counters of errors and drops are compared over that time, and the kernel is listened to: it announces every frame and every question for which an overlay has no row. Two snapshots of one host are compared in the same way. Status: 0 nothing at or above --fail-on; 1 a finding; 3 something needed could not be read.`,
].join('\n\n');

export const examples = [
  {description: 'This host', command: 'sudo <%= config.bin %> <%= command.id %>'},
  {
    description: 'Two hosts side by side: only then can a path be called healthy',
    command: '<%= config.bin %> <%= command.id %> --host ssh://root@node1 --host ssh://root@node2',
  },
  {
    description: 'Also see what is being lost right now, over ten seconds',
    command: 'sudo <%= config.bin %> <%= command.id %> --for 10s',
  },
  {
    description: 'One network, from snapshots, with all evidence',
    command: '<%= config.bin %> <%= command.id %> uber-net -s node1.json.gz -s node2.json.gz --verbose',
  },
  {
    description: 'For a scheduled job: fail on errors only, and show them as test results',
    command: 'sudo <%= config.bin %> <%= command.id %> --fail-on error --junit overlays.xml',
  },
];
