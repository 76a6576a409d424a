/** What `ovdiag trace --help` says. */

export const summary =
  'Walk the path of a frame between two endpoints, both ways, and show where it would be lost';

export const description = [
  `Follows what the kernels would decide, from evidence: the name, route, neighbour, veth, bridge, forwarding database, the underlay's route and rules, and on the receiver the silent check of the sender's row. Of a service its virtual address and each task; with --published a request from outside, on every host that is read. Nothing is sent.`,
  `Dispositions: delivered (both hosts pass it and frames did arrive lately), deliverable (both hosts pass it), sent-receiver-unknown (only the sender was read), sent-outside, limited (large packets are lost), refused (nothing listens), unresolved (the name gives no address, or a wrong one), dropped, unreachable, isolated, undecided, no-such-endpoint, not-on-this-host. Status: 0 delivered, deliverable or sent-outside; 1 proven not; 3 undecidable. Only IPv4 is walked.`,
].join('\n\n');

export const usage = [
  '<%= command.id %> SOURCE DESTINATION [FLAGS]',
  '<%= command.id %> [CLIENT] --published PORT/tcp [FLAGS]',
];

export const examples = [
  {
    description: 'Both hosts at once: the only way to be sure',
    command: '<%= config.bin %> <%= command.id %> web1 web2 --host ssh://root@node1 --host ssh://root@node2',
  },
  {
    description: 'As far as this host can see',
    command: 'sudo <%= config.bin %> <%= command.id %> web1 web2',
  },
  {
    description: 'To an address, from snapshots, with all evidence',
    command: '<%= config.bin %> <%= command.id %> web1 10.0.1.9 -s node1.json.gz -s node2.json.gz --verbose',
  },
  {
    description: 'To port 80 of a service: its virtual address, then each of its tasks',
    command:
      '<%= config.bin %> <%= command.id %> web1 service:app --port 80/tcp -s node1.json.gz -s node2.json.gz',
  },
  {
    description: 'A published port: what becomes of a request, by each host',
    command: '<%= config.bin %> <%= command.id %> --published 8080/tcp -s node1.json.gz -s node2.json.gz',
  },
  {
    description: 'The same for one client, where a rule looks at its address',
    command:
      '<%= config.bin %> <%= command.id %> 203.0.113.9 --published 8080/tcp -s node1.json.gz -s node2.json.gz',
  },
  {
    description: 'With real packets, and the largest size that passes',
    command:
      '<%= config.bin %> <%= command.id %> web1 web2 --probe --mtu --host ssh://root@node1 --host ssh://root@node2',
  },
];
