import type {Explanation} from '../explanation.js';
import {lostGossip} from './lost-gossip.js';

/** Ports and protocols that a swarm needs, in this host's own rules and sockets. */
export const portTexts = [
  {
    code: 'data-path-port-closed',
    title: "a tunnel's UDP socket is not in the host's namespace",
    severity: 'error',
    needs: 'one host',
    meaning:
      "The vxlan device of a network is up, but no socket of the host receives its packets. Other nodes' packets arrive at a closed port, or at a socket that has no device with this VNI; what the device itself sends is routed in the wrong namespace. `trace` reports the same if no socket listens on the port to which the other host sends.",
    behaviour:
      'A vxlan device keeps its socket in the namespace in which it was created, also after it was moved. dockerd creates it on the host and moves it into the sandbox. A closed port is answered with ICMP (port unreachable) and counted as Udp NoPorts (drop reason NO_SOCKET); a socket without that VNI drops without counting (VXLAN_VNI_NOT_FOUND).',
    check: [
      {command: 'ss -lun'},
      {
        command: 'nsenter --net=/var/run/docker/netns/N-NETWORKID ip -d link show type vxlan',
        shows: 'a device of dockerd shows link-netnsid',
      },
    ],
    fix: [
      {
        command: 'systemctl restart docker',
        affects: "the node's engine, and with it its tasks: sandboxes are recreated",
      },
    ],
    references: [
      'drivers/net/vxlan/vxlan_core.c (vxlan_open, vxlan_sock_add)',
      'moby daemon/libnetwork/drivers/overlay/ov_utils.go (createVxlan)',
    ],
    explains: ['frames-lost-between', 'one-way-traffic'],
  },
  {
    code: 'data-path-port-differs',
    title: 'hosts of one network use different UDP ports for the data path',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The vxlan devices of one network send to different UDP ports on different hosts, or one has another port than the swarm. No traffic passes between those hosts on that network, in either direction. The port is chosen once, at `docker swarm init --data-path-port`, for the whole swarm.',
    behaviour:
      'A vxlan device sends to the port that it listens on. On the other host that port is either closed, which is answered with ICMP (port unreachable) and counted as Udp NoPorts, or open for other networks only, and then the frame is dropped without counting.',
    check: [
      {
        command: 'nsenter --net=/var/run/docker/netns/N-NETWORKID ip -d link show type vxlan',
        shows: 'on both hosts',
      },
      {command: "docker info --format '{{.Swarm.Cluster.DataPathPort}}'", shows: 'on a manager'},
    ],
    fix: [
      {
        command: 'systemctl restart docker',
        affects: 'the engine of the node that has the wrong port, and with it its tasks',
      },
      {
        command: 'docker swarm leave && docker swarm join --token TOKEN MANAGER:2377',
        affects: 'all tasks and overlay networks of the node, which restart',
      },
    ],
    references: ['docker-swarm-init(1), --data-path-port', 'moby/moby#38102', 'docker/for-linux#1473'],
    explains: ['frames-lost-between', 'one-way-traffic', 'icmp-unreachable', 'udp-no-ports'],
  },
  {
    code: 'data-path-filtered-in',
    title: "this host's packet filter drops incoming VXLAN packets",
    severity: 'error',
    needs: 'one host',
    meaning:
      'A packet filter rule of this host, or the policy of a chain, drops UDP data-path packets from other nodes. Endpoints here can not be reached from those nodes; names still resolve and the node is Ready, because gossip and the control plane use other ports. A firewall between the hosts has the same effect, and is not visible in the rules here.',
    behaviour:
      "The outer packets pass the host's own INPUT chain, not FORWARD, before they are decapsulated. Their source port is a hash of the inner flow, so each flow is new to conntrack, and a rule for established connections never accepts an answer. If the verdict depends on a match that ovdiag does not support, it is reported only as not checked.",
    check: [
      {command: 'iptables-save -c', shows: 'the counter of the rule rises'},
      {command: 'nft list ruleset'},
    ],
    fix: [
      {command: 'iptables -I INPUT -p udp --dport 4789 -s NODE -j ACCEPT', affects: 'one new rule'},
      {
        command: 'firewall-cmd --permanent --add-port=4789/udp && firewall-cmd --reload',
        affects: 'the rules of firewalld, if it is in use; restart docker afterwards, as its rules are lost',
      },
    ],
    references: [
      'docs.docker.com: Swarm, open protocols and ports between the hosts',
      'moby/moby#30972',
      'docker/for-linux#1473',
    ],
    explains: ['frames-lost-between', 'one-way-traffic'],
  },
  {
    code: 'data-path-filtered-out',
    title: "this host's packet filter drops outgoing VXLAN packets",
    severity: 'error',
    needs: 'one host',
    meaning:
      'A packet filter rule of this host, or the policy of a chain, drops outgoing UDP data-path packets. No traffic of endpoints here reaches endpoints on those nodes; their traffic does arrive here, and is never answered.',
    behaviour:
      "The outer packets are the host's own and pass its OUTPUT chain. The vxlan device notices the failed send: it counts TX dropped. Encrypted overlays have a rule of Docker's own in mangle OUTPUT that marks their packets; that rule drops nothing.",
    check: [
      {command: 'iptables-save -c', shows: 'the counter of the rule rises'},
      {command: 'nft list ruleset'},
    ],
    fix: [{command: 'iptables -I OUTPUT -p udp --dport 4789 -d NODE -j ACCEPT', affects: 'one new rule'}],
    references: ['iptables-extensions(8)', 'moby/moby#30972'],
  },
  {
    code: 'gossip-port-filtered',
    title: "this host's packet filter drops gossip (TCP or UDP 7946)",
    severity: 'error',
    needs: 'one host',
    meaning:
      'Nodes exchange their endpoints on port 7946, by UDP and by TCP, and a rule here drops one of them or both. Endpoints that start, stop or move on one side are not announced to the other: names of new tasks are unknown there, entries are missing or stale. If too much is lost, the nodes treat each other as failed and remove all entries of the other.',
    behaviour:
      'Both ends of UDP gossip use 7946, so outgoing packets let incoming ones pass a rule for established flows; only a rule that drops both kinds is reported. TCP is used for joining, for the full exchange every 30 seconds, and for checking a node that does not answer by UDP.',
    check: [
      {command: 'iptables-save -c', shows: 'the counter of the rule rises'},
      {
        command: "docker network inspect NETWORK --format '{{json .Peers}}'",
        shows: 'on both hosts',
      },
    ],
    fix: [
      {command: 'iptables -I INPUT -p tcp --dport 7946 -s NODE -j ACCEPT', affects: 'one new rule'},
      {command: 'iptables -I INPUT -p udp --dport 7946 -s NODE -j ACCEPT', affects: 'one new rule'},
    ],
    references: ['moby daemon/libnetwork/networkdb/cluster.go', 'moby/moby#33721', 'moby/swarmkit#2276'],
    explains: lostGossip,
  },
  {
    code: 'manager-port-unreachable',
    title: 'this host blocks the control plane (TCP 2377)',
    severity: 'error',
    needs: 'one host',
    meaning:
      "A manager does not listen on its port, its rules drop packets from other nodes to it, or a node's rules drop its packets to a manager. Nodes that can't report are marked down and their tasks are started elsewhere, while the containers on them keep running.",
    behaviour:
      'Every node keeps connections to managers on TCP 2377 (another with --listen-addr). A rule for new connections does not affect open ones, so the effects appear when the next connection is made.',
    check: [
      {command: 'ss -lnt', shows: 'on the manager'},
      {command: 'iptables-save -c'},
      {command: 'docker node ls', shows: 'on a manager'},
    ],
    fix: [
      {command: 'iptables -I INPUT -p tcp --dport 2377 -s NODE -j ACCEPT', affects: 'one new rule'},
      {command: 'systemctl restart docker', affects: "the manager's engine, if nothing listens"},
    ],
    references: [
      'docs.docker.com: Swarm, open protocols and ports between the hosts',
      'moby swarmkit manager/manager.go',
    ],
    explains: ['node-down'],
  },
] as const satisfies readonly Explanation[];
