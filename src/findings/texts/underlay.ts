import type {Explanation} from '../explanation.js';
import {lostGossip} from './lost-gossip.js';

/** Faults of the network between the hosts, as far as a host's own tables show them. */
export const underlayTexts = [
  {
    code: 'uplink-down',
    title: 'the uplink is down',
    severity: 'error',
    needs: 'one host',
    meaning:
      "The interface by which this host's VXLAN packets leave, or the one that has its VTEP address, is down or has no carrier. Endpoints on this host still reach each other. They can not reach endpoints on other hosts on any overlay, and after some seconds the swarm marks the node as down.",
    behaviour:
      'A link that is set down loses its routes, so the outer packets have no route and the vxlan device counts TX and carrier errors. Without carrier the routes stay and packets are dropped in the queue of the link. Gossip fails as well: the other nodes remove the entries of this one, and it removes theirs.',
    check: [{command: 'ip -d -s link show DEVICE'}, {command: 'ip route get VTEP'}],
    fix: [
      {command: 'ip link set DEVICE up', affects: 'the administrative state of that link'},
      {
        command: 'nmcli device connect DEVICE || networkctl reconfigure DEVICE || ifup DEVICE',
        affects: 'addresses and routes of that link, from the configuration of the network manager',
      },
    ],
    references: [
      'ip-link(8)',
      'drivers/net/vxlan/vxlan_core.c (vxlan_xmit_one)',
      'net/ipv4/fib_frontend.c (fib_disable_ip)',
    ],
    explains: [
      'frames-lost-between',
      'one-way-traffic',
      'vtep-route-missing',
      'vtep-unreachable',
      'node-down',
      'vxlan-tx-errors',
      ...lostGossip,
    ],
  },
  {
    code: 'vtep-route-missing',
    title: "no route to another node's VTEP",
    severity: 'error',
    needs: 'one host',
    meaning:
      'FDB entries on this host point to a VTEP for which its routing tables have no route, or one that refuses (blackhole, unreachable, prohibit). No traffic of containers here to endpoints behind that VTEP leaves the host. Traffic from those endpoints arrives, but can not be answered.',
    behaviour:
      "The vxlan device looks up the outer destination in the host's namespace. Without a route it drops the frame (drop reason IP_OUTNOROUTES) and counts TX errors and carrier errors on the vxlan device. The container gets no error.",
    check: [
      {command: 'ip route get VTEP'},
      {
        command: 'nsenter --net=/var/run/docker/netns/N-NETWORKID ip -s link show type vxlan',
      },
    ],
    fix: [
      {command: 'ip route add VTEP/32 via GATEWAY dev DEVICE', affects: 'packets of this host to that VTEP'},
      {command: 'ip route del blackhole VTEP', affects: 'that one route, if it is the cause'},
    ],
    references: ['drivers/net/vxlan/vxlan_core.c (vxlan_xmit_one, tx_carrier_errors)', 'ip-route(8)'],
    explains: ['node-down', 'vxlan-tx-errors', ...lostGossip],
  },
  {
    code: 'vtep-unreachable',
    title: 'the next hop to a VTEP does not answer ARP',
    severity: 'error',
    needs: 'one host',
    meaning:
      'This host has a route to the VTEP, but the next hop, the other node itself or a router, does not answer ARP for its address. Endpoints behind it can not be reached from here, while the vxlan device counts every frame as sent.',
    behaviour:
      'The kernel sends three ARP requests, a second apart, and then drops the queued packets (drop reason NEIGH_FAILED). As long as packets are sent it restarts at once, so the neighbour entry is INCOMPLETE most of the time and FAILED for moments. An entry that failed long ago and was not used since does not show the current state.',
    check: [
      {command: 'ip -s neigh show to NEXTHOP'},
      {command: 'ping -c 1 NEXTHOP', shows: 'sends one packet'},
    ],
    fix: [
      {command: 'ip neigh flush to NEXTHOP', affects: 'that one neighbour entry, which is resolved again'},
      {
        command: 'docker node update --availability drain NODE',
        affects: 'the tasks of that node, which are started elsewhere',
      },
    ],
    references: ['net/core/neighbour.c (neigh_timer_handler, __neigh_event_send)', 'ip-neighbour(8)'],
    explains: ['frames-lost-between', 'one-way-traffic', 'node-down', ...lostGossip],
  },
  {
    code: 'next-hop-mac-wrong',
    title: 'a static neighbour entry has another MAC than the next hop to a VTEP',
    severity: 'error',
    needs: 'several hosts',
    meaning:
      'Everything that this host sends to nodes behind that next hop goes to a MAC that is not there: overlays, gossip, the managers. It is proven by the host that has the address; where only other hosts got another answer for the router, it is a warning, as some routers have several MACs.',
    behaviour:
      'The kernel uses a permanent entry without asking, and no answer changes it. Such entries are set by hand or by a program, and stay when the card or the router is replaced. The entry proves nothing by itself.',
    check: [
      {command: 'ip neigh show nud permanent', shows: 'the entry; compare it with ip link on the other host'},
    ],
    fix: [
      {command: 'ip neigh del NEXTHOP dev DEVICE', affects: 'that entry: the host asks for the MAC again'},
    ],
    references: ['ip-neighbour(8)', 'kernel net/core/neighbour.c (NUD_PERMANENT)'],
    explains: ['frames-lost-between', 'one-way-traffic', 'node-down', ...lostGossip],
  },
  {
    code: 'next-hop-static',
    title: 'the next hop to a VTEP is a static neighbour entry that nothing confirms',
    severity: 'info',
    needs: 'one host',
    meaning:
      'No host that was read shows which MAC the next hop has. If the entry is wrong, all that is sent to the nodes behind it is lost. Where the managers have lost such a node, this is worth a look first, and it is a warning.',
    behaviour:
      'The kernel uses a permanent entry without asking, and no answer changes it, so that its state proves nothing.',
    check: [
      {command: 'ip neigh show nud permanent'},
      {command: 'arping -c 1 -I DEVICE NEXTHOP', shows: 'sends one request: the MAC that answers'},
    ],
    fix: [
      {command: 'ip neigh del NEXTHOP dev DEVICE', affects: 'that entry: the host asks for the MAC again'},
    ],
    references: ['ip-neighbour(8)', 'kernel net/core/neighbour.c (NUD_PERMANENT)'],
  },
  {
    code: 'uplink-arp-off',
    title: 'a host answers no ARP request on its uplink',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The router and other hosts on the link lose this host when their entries for it expire, some minutes later. Then nothing reaches it, while it can still send.',
    behaviour:
      'With arp_ignore 8, for all interfaces or for this one, the kernel answers for none of its addresses. Load balancers with direct routing use 1 or 2, which are no fault here.',
    check: [{command: 'sysctl net.ipv4.conf.all.arp_ignore net.ipv4.conf.DEVICE.arp_ignore'}],
    fix: [{command: 'sysctl -w net.ipv4.conf.all.arp_ignore=0', affects: 'ARP of that host'}],
    references: [
      'kernel Documentation/networking/ip-sysctl.rst (arp_ignore)',
      'kernel net/ipv4/arp.c (arp_ignore)',
    ],
    explains: ['frames-lost-between', 'one-way-traffic', 'node-down', 'vtep-unreachable', ...lostGossip],
  },
  {
    code: 'vtep-not-local',
    title: "this node's VTEP address is not on any of its interfaces",
    severity: 'error',
    needs: 'one host',
    meaning:
      "The other nodes send to the address with which this node joined the swarm, and no interface here has it. If an interface has another address of the same subnet, the node's address has changed since and every overlay is cut off from here. Otherwise it is a warning: behind one-to-one NAT, as in clouds, the overlay does work, but encrypted networks do not.",
    behaviour:
      "The engine keeps the address in its state file and gossips it with every endpoint. The kernel picks the outer source from the host's own addresses, so a receiver sees another source than in its FDB entries and drops the frame without counting it, unless the address is rewritten on the path.",
    check: [{command: 'ip -4 addr'}, {command: 'docker info --format "{{.Swarm.NodeAddr}}"'}],
    fix: [
      {
        command: 'ip addr add VTEP/LENGTH dev DEVICE',
        affects: 'the addresses of that link, until the next boot',
      },
      {
        command:
          'docker swarm leave && docker swarm join --advertise-addr ADDRESS --token TOKEN MANAGER:2377',
        affects: 'all tasks and overlay networks of the node, which restart',
      },
    ],
    references: [
      'moby daemon/libnetwork/agent.go (dataPathAddress)',
      'moby/moby#31135',
      'docker-archive/classicswarm#2933',
    ],
    explains: ['outer-source-mismatch', 'node-down', ...lostGossip],
  },
  {
    code: 'outer-source-mismatch',
    title: "outer packets have another source address than the node's VTEP",
    severity: 'error',
    needs: 'one host',
    meaning:
      'The route to other nodes selects a source address which is not the VTEP in their FDB entries for the endpoints here. They drop every frame from this host, on every overlay, and none of their counters rise. It happens on hosts with several addresses or uplinks, and after a route with its own source was added.',
    behaviour:
      'Docker gives the vxlan device no local address, so the route selects the outer source. The receiver has a permanent FDB entry for each MAC here. A frame with another outer source is treated as a move, which a permanent entry does not allow, and is dropped (drop reason VXLAN_ENTRY_EXISTS).',
    check: [{command: 'ip route get VTEP'}, {command: 'tcpdump -ni DEVICE udp port 4789'}],
    fix: [
      {
        command: 'ip route replace VTEP/32 via GATEWAY dev DEVICE src OWN-VTEP',
        affects: "the source address of this host's packets to that VTEP",
      },
      {
        command:
          'docker swarm leave && docker swarm join --data-path-addr ADDRESS --token TOKEN MANAGER:2377',
        affects: 'all tasks and overlay networks of the node, which restart',
      },
    ],
    references: [
      'drivers/net/vxlan/vxlan_core.c (vxlan_snoop)',
      'moby/moby#53004',
      'moby/moby#47389',
      'moby/moby#34763',
    ],
    explains: ['frames-lost-between', 'one-way-traffic'],
  },
  {
    code: 'node-down',
    title: 'a node is down',
    severity: 'error',
    needs: 'a manager',
    meaning:
      'A manager received no heartbeat of the node for some intervals, or can not reach it as a manager. It is an error while hosts still have FDB entries that point to it: traffic to endpoints on that node is lost. Without such entries it is a warning: the tasks are started elsewhere. Nodes that were drained or paused are not reported.',
    behaviour:
      'A worker contacts a manager every five seconds; after three missed heartbeats the manager marks it as down and reschedules its tasks. Containers on the node keep running as long as its engine does. Gossip detects failures independently: it removes the entries of a lost node a little earlier or later.',
    check: [{command: 'docker node ls'}, {command: 'docker node inspect --pretty NODE'}],
    fix: [
      {command: 'systemctl restart docker', affects: 'the engine of that node, and with it its tasks'},
      {command: 'docker node rm --force NODE', affects: 'the membership of a node that is permanently gone'},
    ],
    references: [
      'moby swarmkit manager/dispatcher/dispatcher.go (Heartbeat)',
      'docker-node-ls(1)',
      'moby/moby#30972',
    ],
  },
] as const satisfies readonly Explanation[];
