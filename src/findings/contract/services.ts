import {type ContractSection, doctor, none, probe} from './row.js';

/** Sections 5 to 7, and container-dns: names, VIPs, published ports. */
export const serviceSections: readonly ContractSection[] = [
  {
    title: '5 Names',
    rows: [
      doctor('5.1', 'B', 'The name of a vip service gives its VIP', [
        'dns-rules-missing',
        'dns-listener-missing',
        'gossip-differs',
        'gossip-task-differs',
      ]),
      doctor('5.2', 'B', 'A dnsrr service, and tasks.NAME, give all running tasks', [
        'gossip-task-differs',
        'gossip-differs',
      ]),
      probe('5.3', 'B', 'Aliases of a service resolve like its name'),
      doctor('5.4', 'B', 'The container name of a task gives its address', [
        'dns-rules-missing',
        'gossip-differs',
      ]),
      none(
        '5.5',
        'C',
        'Tasks are named SERVICE.SLOT.ID or SERVICE.NODE.ID',
        'a rule for reading, not a fault',
      ),
      doctor('5.6', 'B', 'A task with a health check has no name until it is healthy', ['task-not-healthy']),
      doctor('5.7', 'B', 'Names go when a task stops or is unhealthy', [
        'gossip-differs',
        'task-not-healthy',
      ]),
      doctor('5.8', 'B', 'The names of a removed service go with its last container', [
        'gossip-task-differs',
      ]),
      doctor('5.9', 'C', 'A vip service without containers has no name', ['gossip-task-differs']),
      doctor('5.10', 'C', 'Then TCP to its VIP fails', ['vip-left']),
      doctor('5.11', 'B', 'A renamed container resolves by its new name within 300 s', [
        'gossip-name-differs',
      ]),
      probe('5.12', 'B', 'An alias resolves during a rolling update'),
      probe('5.13', 'B', 'Of one name on a swarm and a local network the swarm address is given'),
      probe('5.14', 'B', 'Services that share only ingress do not resolve each other'),
      probe('5.15', 'B,C', 'On node-local swarm networks task names resolve on their node only'),
    ],
  },
  {
    title: 'D container-dns',
    rows: [
      doctor('D1.1', 'C', 'resolv.conf names 127.0.0.11', ['dns-other-server']),
      doctor('D1.2', 'B,C', 'What a process writes into resolv.conf stays', ['dns-other-server']),
      doctor(
        'D1.3',
        'B,C',
        'DNS options of a container replace those of the host',
        ['dns-ndots'],
        'options other than ndots',
      ),
      probe('D2.1', 'B,C', 'Names ignore case; aliases are known on their network only'),
      probe('D2.2', 'B', 'NAME.NETWORK resolves on that network only'),
      probe('D2.3', 'B', 'Another record type of a known name gives an empty answer'),
      probe('D2.4', 'B,C', 'Answers have a TTL of 600 s and are shuffled'),
      probe('D2.5', 'B,C', 'The PTR of a neighbour gives NAME.NETWORK'),
      probe('D3.1', 'B', 'Unknown names with a dot go to the servers of the host'),
      doctor(
        'D3.2',
        'B',
        'Servers of --dns are asked from the namespace of the container',
        ['subnet-overlap'],
        'only a server inside the subnet of an overlay',
      ),
      probe('D3.3', 'B,C', 'At most three servers are asked, in turn'),
      doctor('D3.4', 'B,C', 'Unknown names without a dot go upstream unless ndots says otherwise', [
        'dns-ndots',
      ]),
      probe('D3.5', 'B', 'On internal networks nothing is forwarded to servers out of reach'),
    ],
  },
  {
    title: '6 VIPs and load balancing',
    rows: [
      doctor('6.0.1', 'B', 'Traffic to a VIP reaches the tasks, from every node', [
        'vip-alias-missing',
        'vip-mark-missing',
        'ipvs-missing',
        'ipvs-service-missing',
        'ipvs-no-backend',
      ]),
      doctor('6.0.2', 'B', 'On any port, TCP, UDP and SCTP', ['vip-mark-missing']),
      doctor('6.0.3', 'B', 'All packets of a flow reach one task', ['ipvs-one-packet']),
      doctor('6.0.4', 'B,C', 'NAT: the task sees the address of the load balancer of the node', [
        'ipvs-snat-missing',
        'ipvs-conntrack-off',
      ]),
      doctor('6.0.5', 'B', 'DSR: the task sees the client and the VIP', ['dsr-not-programmed']),
      doctor('6.0.6', 'B', 'A direct connection to a task shows the address of the sender', [
        'source-rewritten',
      ]),
      doctor(
        '6.0.7',
        'B,C',
        'A task reaches the VIP of its own service',
        ['ipvs-missing', 'vip-alias-missing', 'vip-mark-missing', 'ipvs-service-missing'],
        'DSR',
      ),
      doctor('6.1.1', 'C', 'Backends get equal shares', ['ipvs-scheduler-odd']),
      doctor('6.2.1', 'B', 'A task with a health check gets traffic only while it is healthy', [
        'task-not-healthy',
        'ipvs-backend-stale',
      ]),
      doctor('6.2.2', 'B', 'A task without a health check gets traffic at once', ['ipvs-backend-missing']),
      probe('6.2.3', 'B', 'Connections of a stopping task go on during its grace period'),
      doctor('6.2.4', 'B', 'A stopping task gets no new flow of its own node', ['ipvs-backend-stale']),
      doctor('6.2.5', 'B', 'Flows of other nodes stop within 300 s', [
        'ipvs-backend-stale',
        'gossip-differs',
      ]),
    ],
  },
  {
    title: '7 Published ports',
    rows: [
      doctor('7.0.1', 'B', 'A published port reaches a task, and the replies come back', [
        'ingress-dnat-missing',
        'ingress-mark-missing',
        'ipvs-service-missing',
        'ip-forward-off',
      ]),
      probe('7.0.2', 'B', 'UDP to a task without a listener is answered with port unreachable'),
      doctor('7.0.3', 'B', 'A port that is not published is closed on the nodes', ['ingress-port-leftover']),
      doctor('7.0.4', 'B', 'A port of a removed service has no target', [
        'ingress-dnat-stale',
        'ingress-port-leftover',
      ]),
      doctor('7.0.5', 'B', 'A new port answers on the nodes of new tasks', [
        'ingress-dnat-missing',
        'ingress-mark-missing',
      ]),
      doctor(
        '7.0.6',
        'B',
        'With the userland proxy the port answers on IPv6',
        ['ingress-ipv6-unserved'],
        'engines from 29.8',
      ),
      doctor('7.0.7', 'B', 'An accepted IPv6 connection is served by a task', ['ingress-ipv6-unserved']),
      doctor(
        '7.0.8',
        'C',
        'Without the proxy IPv6 is refused',
        ['ingress-ipv6-unserved'],
        'engines from 29.8',
      ),
      doctor('7.1.1', 'B', 'The port answers on the node at 127.0.0.1', ['ingress-localnet-off']),
      doctor(
        '7.1.2',
        'B',
        'It answers on the node at its own address',
        ['hairpin-filtered', 'ingress-dnat-missing'],
        'requests of the host itself',
      ),
      doctor(
        '7.1.3',
        'B',
        'It answers to a container on a local bridge',
        ['hairpin-filtered'],
        'containers of other bridges',
      ),
      doctor('7.1.4', 'B', 'It answers to an overlay container of the node', ['hairpin-filtered']),
      doctor(
        '7.1.5',
        'B',
        'A task reaches its host-mode port by the address of its node',
        ['hairpin-filtered'],
        'ports in host mode',
      ),
      doctor('7.1.6', 'B', 'All of that with and without the userland proxy', [
        'hairpin-filtered',
        'ingress-dnat-missing',
      ]),
      doctor('7.2.1', 'B', 'An ingress port answers on every node', [
        'ingress-dnat-missing',
        'ingress-mark-missing',
        'ipvs-service-missing',
      ]),
      doctor('7.2.2', 'B', 'All packets of an ingress flow reach one task', ['ipvs-one-packet']),
      doctor('7.2.3', 'C', 'The task does not see the address of the client', ['ipvs-snat-missing']),
      doctor('7.2.4', 'B', 'Tasks do not reach each other over ingress', ['ingress-isolation-off']),
      doctor('7.2.5', 'B', 'No default route leads onto ingress', ['default-route-on-overlay']),
      doctor('7.2.6', 'B', 'No two services have the same ingress port', ['published-port-twice']),
      doctor(
        '7.2.7',
        'B,C',
        'Automatic ports are from 30000 to 32767 and are given once',
        ['published-port-twice'],
        'the range',
      ),
      doctor('7.2.8', 'C', 'With a port above 65535 the tasks stay New', ['task-stuck']),
      doctor('7.2.9', 'B', 'The first user of a port keeps it on that node', ['ingress-port-taken']),
      doctor('7.2.10', 'C', 'There no port of the service is served', ['ingress-port-taken']),
      doctor('7.3.1', 'B', 'A host-mode port answers only on nodes that run a task', [
        'host-port-untranslated',
        'host-port-differs',
      ]),
      doctor('7.3.2', 'B,C', 'A host-mode task sees the address of an IPv4 client', [
        'host-port-untranslated',
      ]),
      doctor('7.3.3', 'B', 'Task and container show the same host port', ['host-port-differs']),
      doctor('7.3.4', 'B', 'Tasks with one host port are on different nodes, or wait', ['task-stuck']),
    ],
  },
];
