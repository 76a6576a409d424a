import type {Explanation} from '../explanation.js';

/** Ports and protocols that a swarm needs, as this host's own rules and sockets have them. */
export const portTexts = [
  {
    code: 'data-path-port-closed',
    title: "a tunnel's UDP socket is not in the host's namespace",
    severity: 'error',
    needs: 'one host',
    meaning:
      "The vxlan device of a network is up, but no socket of the host takes what comes for it. Other nodes' packets end at a closed port, or reach a socket that knows nothing of this network; what the device itself sends is routed in the wrong namespace. `trace` reports the same where nothing at all listens on the port to which the other host sends.",
    behaviour:
      'A vxlan device keeps its socket in the namespace in which it was made, also after it was moved. dockerd makes it in the host and moves it into the sandbox. A closed port is answered with ICMP (port unreachable) and counted as Udp NoPorts (drop reason NO_SOCKET); a socket without that VNI drops without counting (VXLAN_VNI_NOT_FOUND).',
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
    explains: ['frames-lost-between'],
  },
  {
    code: 'data-path-port-differs',
    title: 'hosts of one network use different UDP ports for the data path',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Tunnels of one network send to different UDP ports on different hosts, or one has another port than the swarm was made with. They do not meet: nothing passes between those hosts on that network, in either direction. The port is chosen once, at `docker swarm init --data-path-port`, and holds for the whole swarm.',
    behaviour:
      'A vxlan device sends to the port that it listens on. At the other host that port is closed, which is answered with ICMP (port unreachable) and counted as Udp NoPorts, or open for other networks only, and then the frame is dropped without counting.',
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
    explains: ['frames-lost-between', 'icmp-unreachable', 'udp-no-ports'],
  },
  {
    code: 'data-path-filtered-in',
    title: "this host's packet filter drops incoming VXLAN packets",
    severity: 'error',
    needs: 'one host',
    meaning:
      'A rule of the packet filter of this host, or the policy of a chain, drops the UDP packets of the data path that come from other nodes. Endpoints here are reached by none on those nodes; names still resolve and the node is Ready, because gossip and the control plane use other ports. A firewall between the hosts does the same, and shows in no rule here.',
    behaviour:
      "The outer packets pass the host's own INPUT chain, not FORWARD, before the tunnel opens them. Their source port is a hash of the inner flow, so that each flow is new to conntrack, and a rule for established connections never lets an answer in. Verdicts are three-valued: where a match that is not understood decides, nothing is reported but that it was not checked.",
    check: [
      {command: 'iptables-save -c', shows: 'the counter of the rule rises'},
      {command: 'nft list ruleset'},
    ],
    fix: [
      {command: 'iptables -I INPUT -p udp --dport 4789 -s NODE -j ACCEPT', affects: 'one new rule'},
      {
        command: 'firewall-cmd --permanent --add-port=4789/udp && firewall-cmd --reload',
        affects: 'the rules of firewalld, where it keeps them; restart docker after, as its rules are lost',
      },
    ],
    references: [
      'docs.docker.com: Swarm, open protocols and ports between the hosts',
      'moby/moby#30972',
      'docker/for-linux#1473',
    ],
    explains: ['frames-lost-between'],
  },
  {
    code: 'data-path-filtered-out',
    title: "this host's packet filter drops outgoing VXLAN packets",
    severity: 'error',
    needs: 'one host',
    meaning:
      'A rule of the packet filter of this host, or the policy of a chain, drops the UDP packets of the data path on their way out. Nothing that endpoints here send gets to endpoints on those nodes; what those send does arrive, and is never answered.',
    behaviour:
      "The outer packets are the host's own and pass its OUTPUT chain. The vxlan device sees that it could not send: it counts TX dropped. Encrypted overlays have a rule of Docker's own in mangle OUTPUT that marks their packets; that one drops nothing.",
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
      'Nodes tell each other of their endpoints on port 7946, by UDP and by TCP, and a rule here drops one of them or both. What starts, stops or moves on one side is not told to the other: names of new tasks are not known there, rows are missing or stale. When too much is lost the nodes take each other for failed and remove all rows of the other.',
    behaviour:
      'Both ends of UDP gossip use 7946, so that what one has sent lets in what the other sends through a rule for established flows; only a rule that drops both kinds is reported. TCP is for joining, for the full exchange each half minute, and for asking a node that does not answer by UDP.',
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
  },
  {
    code: 'manager-port-unreachable',
    title: 'this host blocks the control plane (TCP 2377)',
    severity: 'error',
    needs: 'one host',
    meaning:
      "A manager does not listen on its port, its rules drop what other nodes send there, or a node's rules drop what it sends to a manager. Nodes that can't report are taken for down and their tasks are started elsewhere, while the containers on them go on.",
    behaviour:
      'Every node holds connections to managers on TCP 2377 (another with --listen-addr). A rule for new connections lets what is open go on for a while, so that the consequences come when the next one is made.',
    check: [
      {command: 'ss -lnt', shows: 'on the manager'},
      {command: 'iptables-save -c'},
      {command: 'docker node ls', shows: 'on a manager'},
    ],
    fix: [
      {command: 'iptables -I INPUT -p tcp --dport 2377 -s NODE -j ACCEPT', affects: 'one new rule'},
      {command: 'systemctl restart docker', affects: "the manager's engine, where nothing listens"},
    ],
    references: [
      'docs.docker.com: Swarm, open protocols and ports between the hosts',
      'moby swarmkit manager/manager.go',
    ],
    explains: ['node-down'],
  },
] as const satisfies readonly Explanation[];
