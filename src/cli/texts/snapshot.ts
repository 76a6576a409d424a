/** Help text of `ovdiag snapshot`. */

export const summary = `Save the data of all commands, one file per host`;

export const description = [
  `Every other command can read a snapshot on any machine (--snapshot FILE or DIR), without root and without Docker. It holds kernel tables and selected fields of Docker's API, as they were read; no environment variables, command lines or keys. It names hosts, addresses and containers; the file is readable by its owner only.`,
  `With --redact, every name, address, MAC and id is replaced, each by the same replacement everywhere, so all commands give the same answers with other names. Addresses stay private or public and keep common prefixes; MACs made from addresses follow them; short ids match long ones. VNIs, ports, versions, times and counters stay. Anything not understood is an error, and nothing is written.`,
  `Several hosts become a directory with one file per host and index.json. A directory with other files in it is not touched; an earlier snapshot is replaced once the new one is complete. Hosts that could not be read are included with the reason; the exit status is then 3.`,
  `--via service creates a service with one container per node, from an image built with docker/collector/Dockerfile that every node can pull. It shows what it creates, asks for confirmation, reads the results from the container logs, and removes the service in any case. The service has no access to the Docker socket: names come from the manager, and data that only the engine of a node has is missing.`,
].join('\n\n');

export const examples = [
  {description: `This host`, command: `sudo <%= config.bin %> <%= command.id %> -o node1.json.gz`},
  {
    description: `Two hosts: a directory with one file per host`,
    command: `<%= config.bin %> <%= command.id %> -H ssh://root@node1 -H ssh://root@node2 -o both`,
  },
  {
    description: `To share: names, addresses and ids replaced`,
    command: `sudo <%= config.bin %> <%= command.id %> --redact -o case.json.gz`,
  },
  {
    description: `Redact an existing snapshot`,
    command: `<%= config.bin %> <%= command.id %> --snapshot node1.json.gz --redact -o case.json.gz`,
  },
  {
    description: `All nodes of a swarm over ssh, on a manager`,
    command: `sudo <%= config.bin %> <%= command.id %> --swarm --ssh-user ops -o swarm`,
  },
  {
    description: `The same without ssh, by a temporary service`,
    command: `sudo <%= config.bin %> <%= command.id %> --swarm --via service \\
    --image registry.example/ovdiag-collector -o swarm`,
  },
  {
    description: `To standard output`,
    command: `sudo <%= config.bin %> <%= command.id %> -o - | jq .hosts[0].source`,
  },
];
