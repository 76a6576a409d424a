import type {Explanation} from '../explanation.js';

const specification = 'moby daemon/libnetwork/docs/spec/swarm-networking.md (commit ad948b0a)';
const names = 'moby daemon/libnetwork/docs/spec/container-dns.md';

/** Nodes, tasks and networks of the swarm that are not as the others, and what containers have of names. */
export const swarmNodeTexts = [
  {
    code: 'engine-refuses-swarm',
    title: 'the engine does not start, as its configuration is refused in a swarm',
    severity: 'error',
    needs: 'one host',
    meaning: 'The node is down for the swarm. Containers that still run get no names and no new entries.',
    behaviour:
      'An engine in a swarm refuses to start with live-restore, and with the nftables backend unless the feature swarm-nftables is on. With nftables it does not turn ip_forward on, and refuses to start where that is off.',
    check: [
      {
        command: 'journalctl -u docker -n 30 --no-pager',
        shows: 'incompatible with swarm mode, or IPv4 forwarding is disabled',
      },
      {command: 'cat /etc/docker/daemon.json'},
    ],
    fix: [
      {words: 'Take the setting out of daemon.json, or add what it needs, then: systemctl start docker.'},
    ],
    references: [
      `${specification}, 1`,
      'moby daemon/libnetwork/docs/spec/bridge-networking.md, 1.4',
      'moby daemon/daemon.go',
    ],
    explains: ['engine-not-answering', 'node-down'],
  },
  {
    code: 'vtep-family-mixed',
    title: 'nodes of one network have VTEPs of different IP versions',
    severity: 'error',
    needs: 'several hosts',
    meaning:
      'Nothing passes between the nodes with IPv4 VTEPs and those with IPv6 ones, while names resolve.',
    behaviour:
      'A vxlan device sends and receives over one IP version. Managers accept a node whose data-path address is of another version than that of the others; only the logs of the engines say so.',
    check: [{command: 'docker network inspect --verbose NETWORK', shows: 'the "Host IP" of each task'}],
    fix: [
      {
        words:
          'Let the nodes of one group leave the swarm and join again with --advertise-addr or --data-path-addr of the IP version of the others.',
      },
    ],
    references: [`${specification}, 1 and 13`],
  },
  {
    code: 'windows-node-unlike',
    title: 'a network or port that Windows nodes can not use has tasks there',
    severity: 'warning',
    needs: 'a manager',
    meaning:
      'Part of the traffic between Windows and Linux nodes is lost: all of it on an encrypted network or with another data-path port, larger UDP packets where the mtu option is set.',
    behaviour:
      'Windows nodes send VXLAN to UDP 4789 only, do not encrypt, and ignore the options mtu and dsr. Managers place tasks there all the same.',
    check: [
      {command: 'docker node inspect NODE --format {{.Description.Platform.OS}}'},
      {command: "docker network inspect NETWORK --format '{{json .Options}}'"},
    ],
    fix: [
      {words: 'Keep services of that network on nodes of one kind: --constraint node.platform.os==linux.'},
    ],
    references: [`${specification}, 1, 3 and 13`],
  },
  {
    code: 'network-left-on-node',
    title: 'a node lists a swarm network on which nothing is attached',
    severity: 'info',
    needs: 'one host',
    meaning:
      'The subnet stays taken on that node. A network with the same subnet or name is refused there, if the managers have removed this one or the node has left the swarm.',
    behaviour:
      'A worker gets a swarm network with the first task or container on it, and drops it with the last. A node that leaves the swarm drops all but ingress.',
    check: [{command: 'docker network ls --filter scope=swarm', shows: 'on the node'}],
    fix: [{words: 'Restart the engine of that node when its containers may be restarted.'}],
    references: [`${specification}, 2.2, 11.1 and 11.3`],
  },
  {
    code: 'address-count-odd',
    title: 'the managers count addresses in use and free that do not add up',
    severity: 'info',
    needs: 'a manager',
    meaning:
      'What managers say about free addresses of the network can not be relied on. Nothing is lost by it.',
    behaviour:
      'From API 1.52 on managers show for each subnet how many addresses are in use and how many are free. Without an address range both together are the size of the subnet.',
    check: [{command: "docker network inspect NETWORK --format '{{json .Status}}'"}],
    fix: [{words: 'There is no command for it: the counts are those of the allocator.'}],
    references: [`${specification}, 2.3`],
  },
  {
    code: 'task-not-healthy',
    title: 'a task gets no traffic, as its health check does not succeed',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'The task runs and listens, and no name resolves to it, no VIP and no published port leads to it. A service of which all tasks are like that has no name at all.',
    behaviour:
      'A task with a health check is announced when the check has succeeded for the first time. Once it is unhealthy the swarm ends it and starts another one.',
    check: [
      {
        command: "docker inspect CONTAINER --format '{{json .State.Health}}'",
        shows: 'the output of the last checks',
      },
    ],
    fix: [
      {
        words:
          'Fix what the health check tests, or the check itself: docker service update --health-cmd, --health-start-period.',
      },
    ],
    references: [`${specification}, 5 and 6.2`, 'moby daemon/cluster/executor/container/controller.go'],
  },
  {
    code: 'hosts-file-odd',
    title: '/etc/hosts of a container lacks an address of its own',
    severity: 'info',
    needs: 'one host',
    meaning:
      'Programs that look up their own hostname do not get the address on that network. Clusters of databases and queues announce what they get there.',
    behaviour:
      'The engine writes each address of a container into its /etc/hosts with its hostname, and follows connects and disconnects. A program in the container, or a build step that rewrites the file, may have removed the line.',
    check: [{command: 'docker exec CONTAINER cat /etc/hosts', shows: 'its addresses and its hostname'}],
    fix: [
      {
        command: 'docker network disconnect NETWORK CONTAINER && docker network connect NETWORK CONTAINER',
        affects:
          'its connections on that network, and its address may change; a task is replaced with docker rm -f',
      },
    ],
    references: [
      'moby daemon/libnetwork/docs/spec/network-common.md, 4',
      'moby daemon/libnetwork/sandbox_dns_unix.go',
    ],
  },
  {
    code: 'dns-ndots',
    title: 'names of one word are not asked of other DNS servers',
    severity: 'info',
    needs: 'one host',
    meaning:
      'Names such as those of hosts of the local domain get an empty answer in these containers, where the embedded DNS does not know them itself.',
    behaviour:
      'Where the options of a container or of its host have ndots, the embedded DNS answers unknown names of one word itself, and forwards only names with a dot.',
    check: [{command: 'docker exec CONTAINER cat /etc/resolv.conf', shows: 'options ndots:N'}],
    fix: [
      {
        words:
          'Leave the option away (--dns-option, dns_opt, options in /etc/resolv.conf of the host), or ask for full names.',
      },
    ],
    references: [`${names}, 1 and 3`, 'moby daemon/libnetwork/resolver.go', 'moby/moby#53104'],
  },
] as const satisfies readonly Explanation[];
