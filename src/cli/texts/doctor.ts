/** Help text of `ovdiag doctor`. */

export const summary = `Check for known overlay network faults, with evidence`;

export const description = [
  `Compares the state that Swarm wants, the gossip of the engines, the kernel tables, and the tables of the other hosts. A finding has a code, the rows that prove it, the cause, a command that shows the fault (check:) and the commands that fix it (fix:). Nothing is changed. Findings that follow from another one are folded under it. What could not be checked is listed, with what is missing.`,
  `On live hosts each finding is confirmed by a second reading 3 seconds later. With --for, counters of errors and drops are compared over that time, and L2 and L3 misses of the overlays are monitored. Two snapshots of one host are compared in the same way.`,
  `Exit status: 0 nothing at or above --fail-on; 1 a finding; 3 something needed could not be read.`,
].join('\n\n');

export const examples = [
  {description: `This host`, command: `sudo <%= config.bin %> <%= command.id %>`},
  {
    description: `Two hosts together: needed to prove that a path works`,
    command: `<%= config.bin %> <%= command.id %> -H ssh://root@node1 -H ssh://root@node2`,
  },
  {
    description: `All nodes of the swarm, on a manager`,
    command: `sudo <%= config.bin %> <%= command.id %> --swarm`,
  },
  {
    description: `Include current packet loss, over ten seconds`,
    command: `sudo <%= config.bin %> <%= command.id %> --for 10s`,
  },
  {
    description: `Repeat until the fault is fixed`,
    command: `sudo <%= config.bin %> <%= command.id %> uber-net --watch`,
  },
  {
    description: `One network, from snapshots, with all evidence`,
    command: `<%= config.bin %> <%= command.id %> uber-net -s node1.json.gz -s node2.json.gz -v`,
  },
  {
    description: `What moby's specification promises, row by row`,
    command: `sudo <%= config.bin %> <%= command.id %> --swarm --contract`,
  },
  {
    description: `In a CI job: fail on errors, report as test results`,
    command: `sudo <%= config.bin %> <%= command.id %> --fail-on error --junit overlays.xml`,
  },
];
