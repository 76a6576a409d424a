/** Help text of `ovdiag report`. */

export const summary = `Write everything that was found as one HTML file, for a ticket`;

export const description = [
  `One file that can be read without ovdiag: verdict, cause and fix first, then the topology, all findings with evidence, reachability between all containers, FDB entries against neighbours and gossip, services, hosts, moby's contract, what was not checked, and the collected data. It opens in any browser, prints, and loads nothing from a network. The answers are those of doctor, fdb, networks, trace and graph, from one reading of the hosts.`,
  `It names hosts, addresses and containers, so it is readable by its owner only, and it says so on top. With --redact every name, address, MAC and id is replaced, as by snapshot --redact. An existing file is not overwritten without --force.`,
  `With --capture the report also shows packets and bytes over time by VNI, conversations, losses and round-trip times. Of more than 24 hosts it is an overview without entries, paths, chains of services and evidence; of more than 400 also without the topology, services and the matrix of hosts.`,
  `Exit status: 0 written; 3 written, but something that was needed could not be read.`,
].join('\n\n');

export const examples = [
  {description: `This host`, command: `sudo <%= config.bin %> <%= command.id %> -o report.html`},
  {
    description: `All nodes of the swarm, on a manager`,
    command: `sudo <%= config.bin %> <%= command.id %> --swarm -o report.html`,
  },
  {
    description: `From snapshots, with a capture of the underlay`,
    command: `<%= config.bin %> <%= command.id %> --snapshot swarm --capture uplink.pcap -o report.html`,
  },
  {
    description: `To share: names, addresses and ids replaced`,
    command: `sudo <%= config.bin %> <%= command.id %> --swarm --redact -o report.html`,
  },
];
