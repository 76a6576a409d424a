import type {Explanation} from '../explanation.js';

const sandbox = 'nsenter --net=/var/run/docker/netns/N-NETWORKID';

/** Rising counters of errors and drops, and lookups that the kernel announces as failed. */
export const counterTexts = [
  {
    code: 'l2-miss',
    title: 'frames for a remote endpoint were dropped: no FDB entry (l2miss)',
    severity: 'error',
    needs: 'a sample over time',
    meaning:
      'While ovdiag listened, a sender on this host sent frames to a MAC for which the vxlan device has no FDB entry. They were dropped there. The sender gets no error: it has the MAC, and waits. Info if no endpoint with that MAC is known: then the sender has a cached MAC of an endpoint that is gone.',
    behaviour:
      "Docker's vxlan devices have no default FDB entry for unknown MACs, so such a frame is counted as TX dropped and freed. With l2miss, which Docker sets, the kernel also sends a neighbour event with the MAC to all listeners; dockerd itself has not listened since version 24.",
    check: [{command: `${sandbox} ip monitor neigh`}, {command: `${sandbox} bridge fdb show dev vxlan0`}],
    fix: [
      {
        command: `${sandbox} bridge fdb replace MAC dev vxlan0 dst VTEP self permanent`,
        affects: 'that one entry; Docker does not track it, and may delete it or add it again',
      },
      {
        command: 'docker service update --force SERVICE',
        affects: 'the tasks of the service: they are recreated, with new addresses',
      },
    ],
    references: [
      'kernel drivers/net/vxlan/vxlan_core.c (vxlan_xmit, vxlan_fdb_miss)',
      'https://github.com/moby/moby/issues/52661',
    ],
  },
  {
    code: 'l3-miss',
    title: 'ARP for a remote endpoint was not answered: no neighbour entry (l3miss)',
    severity: 'error',
    needs: 'a sample over time',
    meaning:
      'While ovdiag listened, a sender on this host sent ARP requests for an address for which the vxlan device has no neighbour entry. The sender gets "no route to host" after some seconds. Info if no endpoint with that address is known: then the sender uses an old address, or scans the network.',
    behaviour:
      'ARP does not cross an overlay. The vxlan device answers requests from its neighbour table, and drops those for which it has no entry; with l3miss, which Docker sets, the kernel sends a neighbour event with the address to all listeners. Requests for containers of this host are flooded to the device and announced as well; they are left out here.',
    check: [{command: `${sandbox} ip monitor neigh`}, {command: `${sandbox} ip neigh show dev vxlan0`}],
    fix: [
      {
        command: `${sandbox} ip neigh replace ADDRESS lladdr MAC dev vxlan0 nud permanent`,
        affects: 'that one entry; Docker does not track it, and may delete it or add it again',
      },
      {
        command: 'docker service update --force SERVICE',
        affects: 'the tasks of the service: they are recreated, with new addresses',
      },
    ],
    references: [
      'kernel drivers/net/vxlan/vxlan_core.c (arp_reduce, vxlan_ip_miss)',
      'RFC 7348 section 4.2 (what a VTEP without such a table would do)',
    ],
  },
  {
    code: 'vxlan-tx-errors',
    title: 'a vxlan device could not send packets',
    severity: 'error',
    needs: 'a sample over time',
    meaning:
      'The FDB entries of the overlay point to VTEPs that this host has no route to: a missing default route, a blackhole, a policy rule. All frames to those VTEPs are lost; other hosts may be reachable.',
    behaviour:
      "The device looks up a route in dockerd's network namespace for every packet. Without one it counts a TX error and a carrier error, and frees the packet; the sender gets no error.",
    check: [{command: `${sandbox} ip -s link show dev vxlan0`}, {command: 'ip route get VTEP'}],
    fix: [
      {command: 'ip route add VTEP via GATEWAY', affects: 'the routes of this host, until the next boot'},
    ],
    references: ['kernel drivers/net/vxlan/vxlan_core.c (vxlan_xmit_one, tx_error)', 'ip-route(8)'],
  },
  {
    code: 'vxlan-tx-dropped',
    title: 'a vxlan device drops unicast frames',
    severity: 'warning',
    needs: 'a sample over time',
    meaning:
      'The vxlan device dropped more frames than its broadcast and multicast traffic explains; it always drops those. Either l2miss events were not monitored, or the FDB lookup is not what failed. On an encrypted network it means that no IPsec state exists for sending.',
    behaviour:
      'A frame without an FDB entry is counted as TX dropped. So is a frame whose packet the host could not send: refused by its IPsec policy or its rules, or dropped at the uplink. A single one now and then is normal: once the bridge entry of a silent container has aged out, the next frame to it is flooded to every port.',
    check: [
      {command: `${sandbox} ip -s link show dev vxlan0`},
      {command: `${sandbox} ip monitor neigh`},
      {command: 'ovdiag doctor --for 10s', shows: 'the MACs without an entry'},
    ],
    fix: [{words: 'Fix what doctor reports for that interval.'}],
    references: ['kernel drivers/net/vxlan/vxlan_core.c (vxlan_xmit)'],
  },
  {
    code: 'frames-lost-between',
    title: 'overlay packets are lost between two hosts',
    severity: 'error',
    needs: 'several hosts',
    meaning:
      'Both hosts were read twice. The sender used its FDB entry of the other host both times and its device sent packets; on the receiver no FDB entry had been updated for a long time. So the packets were lost after they left the sending vxlan device and before they reached the receiving one. Most often a firewall or a security group between the hosts does not allow UDP 4789 (ESP, on encrypted networks), or a rule of the receiver drops it.',
    behaviour:
      'A vxlan device updates the age of its FDB entry with each frame that arrives, even with frames that it then drops. The "used" time is that of the last lookup for sending. Neither shows whether a packet arrived: UDP is not acknowledged.',
    check: [
      {
        command: 'ovdiag trace SOURCE DESTINATION --probe',
        shows: 'sends a few packets, and captures on both hosts',
      },
      {
        command: 'tcpdump -ni any udp port 4789',
        shows: 'on the receiver: nothing comes from the sender',
      },
      {
        command: 'nsenter --net=/var/run/docker/netns/SANDBOX bridge -s fdb show',
        shows: '"used U/UPDATED" on both hosts',
      },
    ],
    fix: [
      {
        words:
          'Allow UDP 4789 (and ESP, IP protocol 50) between all nodes, in both directions, in the firewalls and security groups between the hosts.',
      },
    ],
    references: ['kernel drivers/net/vxlan/vxlan_core.c (vxlan_snoop, vxlan_find_mac)'],
  },
  {
    code: 'one-way-traffic',
    title: 'frames are sent to another host and none come back',
    severity: 'warning',
    needs: 'a sample over time',
    meaning:
      'The host was read twice. It used its FDB entry of the other host both times and its device sent packets; for more than 30 seconds no frame from that host has arrived. The other host was not read. Either packets are lost in one direction, as by a firewall on the other host or between the two, or the traffic needs no answer, as syslog or metrics over UDP.',
    behaviour:
      'Since kernel 6.15 a vxlan device updates the age of its FDB entry with each frame that arrives, and the "used" time only with lookups for sending. Older kernels update both with either, so there it is not judged.',
    check: [
      {command: 'tcpdump -ni any udp port 4789', shows: 'nothing arrives from the other host'},
      {
        command: 'nsenter --net=/var/run/docker/netns/SANDBOX bridge -s fdb show',
        shows: '"used U/UPDATED": U small, UPDATED large',
      },
    ],
    fix: [
      {
        words:
          'Read the other host too (--host): doctor then says whether the frames arrive there. ovdiag trace SOURCE DESTINATION --probe shows where packets are lost.',
      },
    ],
    references: ['kernel drivers/net/vxlan/vxlan_core.c (vxlan_snoop, vxlan_find_mac)'],
  },
  {
    code: 'udp-no-ports',
    title: 'UDP packets arrive at closed ports while the overlay receives nothing',
    severity: 'error',
    needs: 'a sample over time',
    meaning:
      "Other hosts send their VXLAN packets to a port on which no socket is open here. Either this host's vxlan devices have lost their socket, or the hosts use different data-path ports. A warning if the devices' own port is open: then the packets may also be other UDP traffic.",
    behaviour:
      'A UDP packet for a closed port is counted as NoPorts and answered with ICMP "port unreachable"; the kernel sends at most one a second to each sender.',
    check: [{command: 'ss -lun'}, {command: "grep '^Udp:' /proc/net/snmp"}],
    fix: [
      {
        command: 'docker swarm leave && docker swarm join --token TOKEN MANAGER',
        affects: 'all tasks of this node; the data-path port of a swarm is chosen once, by docker swarm init',
      },
    ],
    references: ['kernel net/ipv4/udp.c (__udp4_lib_rcv)', 'https://github.com/moby/moby/issues/38102'],
  },
  {
    code: 'icmp-unreachable',
    title: 'traffic of an overlay is answered only by ICMP unreachable',
    severity: 'warning',
    needs: 'a sample over time',
    meaning:
      'Frames leave through the vxlan device, none come back, and ICMP reports destinations as unreachable: the data-path port is closed on the other host, or a firewall there or on the path rejects it. This is not certain: the ICMP messages may also be about other traffic of this host.',
    behaviour:
      "The kernel delivers the ICMP message to the vxlan device's socket and does nothing else: the device goes on sending, and the containers get no error.",
    check: [
      {
        command: "tcpdump -n -i UPLINK 'icmp[icmptype] == icmp-unreach'",
      },
      {command: "grep '^Icmp:' /proc/net/snmp"},
    ],
    fix: [
      {
        command: 'iptables -I INPUT -p udp --dport 4789 -s PEER -j ACCEPT',
        affects: 'the firewall of the host that rejects, until its next boot',
      },
    ],
    references: ['RFC 792 (destination unreachable)', 'https://github.com/moby/moby/issues/30972'],
  },
  {
    code: 'udp-checksum-errors',
    title: 'UDP packets arrive with wrong checksums',
    severity: 'warning',
    needs: 'a sample over time',
    meaning:
      'The host drops UDP packets because their checksums are wrong. If a NIC (most often vmxnet3) computes checksums of tunnels incorrectly, these are the VXLAN packets: pings pass, TCP hangs.',
    behaviour:
      'The checksum is verified before the vxlan device sees the packet, so its own counters do not rise. A capture on the sender shows wrong checksums on healthy hosts too, because the NIC fills them in later; only a capture on the receiver is conclusive.',
    check: [
      {command: "grep '^Udp:' /proc/net/snmp"},
      {
        command: 'tcpdump -n -vv -i UPLINK udp port 4789',
        shows: 'on the receiver',
      },
    ],
    fix: [
      {
        command: 'ethtool -K UPLINK tx off',
        affects: 'how the uplink of the sending host computes checksums, until its next boot',
      },
    ],
    references: [
      'kernel net/ipv4/udp.c (udp_queue_rcv_one_skb)',
      'https://github.com/moby/moby/issues/41775',
    ],
  },
  {
    code: 'tcp-checksum-errors',
    title: 'TCP segments arrive in a container with wrong checksums',
    severity: 'error',
    needs: 'a sample over time',
    meaning:
      'The tunnel packets arrive intact, but the inner segments are corrupted: connections to that container hang or are never established, while pings pass. The NIC or the hypervisor of the sending host computes inner checksums incorrectly.',
    behaviour:
      "The kernel verifies the segment in the container's namespace, counts InCsumErrors and drops it; the sender retransmits it, again with a wrong checksum.",
    check: [{command: "docker exec CONTAINER grep '^Tcp:' /proc/net/snmp"}],
    fix: [
      {
        command: 'ethtool -K UPLINK tx off',
        affects: 'how the uplink of the sending host computes checksums, until its next boot',
      },
    ],
    references: [
      'kernel net/ipv4/tcp_ipv4.c (tcp_v4_rcv, csum_error)',
      'https://github.com/moby/moby/issues/41775',
    ],
  },
  {
    code: 'ip-reassembly-failed',
    title: 'IP reassembly fails: fragments are lost',
    severity: 'warning',
    needs: 'a sample over time',
    meaning:
      'Small packets pass, large ones are lost. On the host it means that a link on the path has a smaller MTU than the tunnel packets, so they are fragmented, and a later hop drops the fragments. In a container, the same happens to the inner packets.',
    behaviour:
      "VXLAN packets are sent without DF, so routers may fragment them. A packet with a missing fragment is discarded after 30 seconds (net.ipv4.ipfrag_time) and counted as ReasmFails; the container's kernel never learns that the path MTU is too small.",
    check: [
      {command: "grep '^Ip:' /proc/net/snmp"},
      {command: "tcpdump -n -i UPLINK 'ip[6:2] & 0x3fff != 0'"},
    ],
    fix: [
      {
        command: 'docker network create -d overlay --opt com.docker.network.driver.mtu=UNDERLAY-MTU NETWORK',
        affects: 'creates a new network; services must be moved to it',
      },
    ],
    references: ['kernel net/ipv4/ip_fragment.c (ip_expire)', 'https://github.com/moby/moby/issues/36689'],
  },
  {
    code: 'xfrm-errors',
    title: 'IPsec drops packets of an encrypted overlay',
    severity: 'error',
    needs: 'a sample over time',
    meaning:
      'A counter of /proc/net/xfrm_stat rises on a host with an encrypted overlay. Its name gives the cause. XfrmOutNoStates: no state to encrypt with (the kernel has no ESP, or the keys never came). XfrmInNoStates: the other host uses a key that is unknown here. XfrmInStateProtoError: the keys differ. A warning if only arriving packets are counted: they may belong to other tunnels or come from unrelated hosts.',
    behaviour:
      "Docker's policy requires ESP for every VXLAN packet of such a network. A packet that can't be encrypted is dropped and never sent unencrypted. One that can't be decrypted is dropped before the vxlan device, whose counters do not rise.",
    check: [{command: 'cat /proc/net/xfrm_stat'}, {command: 'ip xfrm state list nokeys; ip xfrm policy'}],
    fix: [
      {
        command: 'systemctl restart docker',
        affects: 'all containers of the node; the engine gets the keys again',
      },
    ],
    references: [
      'kernel Documentation/networking/xfrm_proc.rst',
      'moby daemon/libnetwork/drivers/overlay/encryption.go',
      'https://github.com/moby/moby/issues/51798',
    ],
  },
  {
    code: 'softnet-drops',
    title: "packets are dropped because a CPU's receive queue is full",
    severity: 'warning',
    needs: 'a sample over time',
    meaning:
      "The host receives packets faster than a CPU processes them. Packets that arrive while the CPU's queue is full are dropped before any rule or device handles them. All flows between two VTEPs have the same addresses, and may all be handled by one CPU.",
    behaviour:
      'Each CPU has a queue of net.core.netdev_max_backlog packets for devices without a ring of their own, tunnels and veths among them. The counter is for the whole machine, including all its containers.',
    check: [{command: 'cat /proc/net/softnet_stat'}, {command: 'mpstat -P ALL 1 5'}],
    fix: [
      {
        command: 'sysctl -w net.core.netdev_max_backlog=5000',
        affects: 'the queue of each CPU, until the next boot',
      },
      {
        command: 'ethtool -N UPLINK rx-flow-hash udp4 sdfn',
        affects:
          'how the NIC distributes packets over CPUs: then by ports too, which differ between VXLAN flows',
      },
    ],
    references: ['kernel net/core/dev.c (enqueue_to_backlog)', 'https://github.com/moby/moby/issues/37214'],
    explains: ['uplink-drops'],
  },
  {
    code: 'conntrack-drops',
    title: 'packets are dropped because the conntrack table is full',
    severity: 'error',
    needs: 'a sample over time',
    meaning:
      'New connections fail at random, established ones go on. Load balancers and published ports use a conntrack entry for every connection, and one table holds those of the host or of one sandbox.',
    behaviour:
      'At nf_conntrack_max the kernel evicts entries that were never answered (early_drop). If there are none, it drops the new packet (drop) and logs "nf_conntrack: table full, dropping packet".',
    check: [
      {command: 'cat /proc/net/stat/nf_conntrack'},
      {
        command: 'sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max',
      },
    ],
    fix: [
      {
        command: 'sysctl -w net.netfilter.nf_conntrack_max=NUMBER',
        affects: 'how many connections the kernel tracks, until the next boot; each needs about 300 bytes',
      },
    ],
    references: [
      'kernel net/netfilter/nf_conntrack_core.c (__nf_conntrack_alloc)',
      'kernel Documentation/networking/nf_conntrack-sysctl.rst',
    ],
  },
  {
    code: 'conntrack-insert-failed',
    title: 'conntrack entries could not be inserted (race)',
    severity: 'warning',
    needs: 'a sample over time',
    meaning:
      'Single packets are lost if two of them create the same entry at the same time. It mostly affects resolvers, which send the queries for the IPv4 and the IPv6 address at once from one port: DNS lookups then take five seconds now and then.',
    behaviour:
      'Both packets find no entry, both create one, and only one can be kept; the other packet is dropped if its translation differs.',
    check: [{command: 'conntrack -S'}],
    fix: [
      {
        command: 'docker service update --dns-option single-request-reopen SERVICE',
        affects: 'the tasks of the service: they are recreated, and send one query at a time (glibc)',
      },
    ],
    references: [
      'kernel net/netfilter/nf_conntrack_core.c (__nf_conntrack_confirm)',
      'https://github.com/moby/moby/issues/40374',
    ],
  },
  {
    code: 'uplink-drops',
    title: 'the uplink drops packets',
    severity: 'warning',
    needs: 'a sample over time',
    meaning:
      'Errors or drops rise on the uplink, by more than the usual background level of a network. This affects all traffic between hosts, not only overlays.',
    behaviour:
      'RX errors are damaged frames. RX dropped are frames for which there was no buffer, that were larger than the device accepts, or of a protocol that is not used here (some of those are normal). TX dropped and TX errors are packets that the driver could not send.',
    check: [{command: 'ip -s -s link show UPLINK'}, {command: 'ethtool -S UPLINK'}],
    fix: [
      {
        command: 'ethtool -G UPLINK rx 4096',
        affects: 'the rings of the NIC: the link may go down for a moment; it helps if they overflow',
      },
    ],
    references: ['kernel Documentation/networking/statistics.rst', 'ethtool(8)'],
    explains: ['vxlan-tx-dropped'],
  },
] as const satisfies readonly Explanation[];
