/** What `ovdiag snapshot --help` says. */

export const summary = 'Keep everything that the other commands would read, a file a host';

export const description = [
  `A snapshot can be read anywhere by every other command (--snapshot FILE or DIR): on a laptop, without root, without Docker. It holds tables of the kernel and listed fields of Docker's API, as they were read; no environment variables, no command lines, no keys. It names hosts, addresses and containers, and is readable by its owner only.`,
  `With --redact every name, host name, address, MAC and id is replaced, the same one by the same everywhere, so that all commands still give the same answers in other words: addresses keep their kind (private, public) and common prefixes, MACs follow the addresses that they are made of, shortened ids the whole ones. VNIs, ports, versions, times and counters stay. What is not understood is refused, and nothing is written then.`,
  `Several hosts become a directory: a snapshot file a host, and index.json. A directory that holds anything else is left alone; an earlier snapshot is replaced once the new one is whole. Hosts that could not be read are in it too, with the reason, and the exit status is 3.`,
  `--via service creates a service of one container on each node, from an image that docker/collector/Dockerfile builds and every node can pull. It says what it creates and asks, reads the answers from the containers' logs, and removes the service however it ends. It is not given the engine's socket: names come from the manager, and what only a node's own engine knows is missing.`,
].join('\n\n');

export const examples = [
  {description: 'This host', command: 'sudo <%= config.bin %> <%= command.id %> -o node1.json.gz'},
  {
    description: 'Two hosts: a directory with a file a host (or one file: -o both.json.gz)',
    command: '<%= config.bin %> <%= command.id %> --host ssh://root@node1 --host ssh://root@node2 -o both',
  },
  {
    description: 'To be mailed: no name, address or id in it is a real one',
    command: 'sudo <%= config.bin %> <%= command.id %> --redact -o case.json.gz',
  },
  {
    description: 'The same of a snapshot that is there already',
    command: '<%= config.bin %> <%= command.id %> --snapshot node1.json.gz --redact -o case.json.gz',
  },
  {
    description: 'All nodes of a swarm, on one of its managers: over ssh',
    command: 'sudo <%= config.bin %> <%= command.id %> --swarm --ssh-user ops -o swarm',
  },
  {
    description: 'Without ssh between the nodes: by a service that is removed again',
    command:
      'sudo <%= config.bin %> <%= command.id %> --swarm --via service --image registry.example/ovdiag-collector -o swarm',
  },
  {
    description: 'To standard output',
    command: 'sudo <%= config.bin %> <%= command.id %> -o - | jq .hosts[0].source',
  },
];
