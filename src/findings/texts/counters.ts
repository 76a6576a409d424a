import type {Explanation} from '../explanation.js';

const sandbox = 'nsenter --net=/var/run/docker/netns/N-NETWORKID';

/** What moves: counters of errors and drops, and lookups that the kernel announces as failed. */
export const counterTexts = [
  {
    code: 'l2-miss',
    title: 'frames for a remote endpoint were dropped: no FDB entry (l2miss)',
    severity: 'error',
    needs: 'a sample over time',
    meaning:
      'While ovdiag listened, somebody on this host sent frames to a MAC for which the vxlan device has no row of its own. They were dropped there. The sender gets no error: it has the MAC, and waits. Reported as info where no endpoint with that MAC is known: then somebody remembers one that is gone.',
    behaviour:
      "Docker's vxlan devices have no row for unknown MACs, so such a frame is counted as TX dropped and freed. With l2miss, which Docker sets, the kernel also announces the MAC to everybody who listens to neighbour events; dockerd itself has not listened since version 24.",
    check: [{command: `${sandbox} ip monitor neigh`}, {command: `${sandbox} bridge fdb show dev vxlan0`}],
    fix: [
      {
        command: `${sandbox} bridge fdb replace MAC dev vxlan0 dst VTEP self permanent`,
        affects: 'that one row; Docker does not know of it, and may delete or repeat it',
      },
      {
        command: 'docker service update --force SERVICE',
        affects: 'the tasks of the service: they are made again, with new addresses',
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
      'While ovdiag listened, somebody on this host asked by ARP for an endpoint for which the vxlan device has no neighbour entry. The asker gets "no route to host" after some seconds. Reported as info where no endpoint with that address is known: then somebody has an old address, or scans the network.',
    behaviour:
      'No ARP crosses an overlay. The vxlan device answers questions itself from its neighbour table, and drops those for which it has no row; with l3miss, which Docker sets, the kernel announces the address to everybody who listens to neighbour events. Questions about containers of this host are flooded to the device as well, and announced; they are left out here.',
    check: [{command: `${sandbox} ip monitor neigh`}, {command: `${sandbox} ip neigh show dev vxlan0`}],
    fix: [
      {
        command: `${sandbox} ip neigh replace ADDRESS lladdr MAC dev vxlan0 nud permanent`,
        affects: 'that one row; Docker does not know of it, and may delete or repeat it',
      },
      {
        command: 'docker service update --force SERVICE',
        affects: 'the tasks of the service: they are made again, with new addresses',
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
      'The tables of the overlay say where frames have to go, and the host has no route to there: a missing default route, a blackhole, a policy rule. All frames to those VTEPs are lost; other hosts may be reached well.',
    behaviour:
      "The device asks for a route in dockerd's network namespace for every packet. Without one it counts a TX error and a carrier error, and frees the packet; the sender gets no error.",
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
      'More frames were dropped at the vxlan device than broadcast and multicast explain, which it always drops. Either l2miss events were not monitored, or they are not what failed: on an encrypted network it means that there is no IPsec state to send with.',
    behaviour:
      'A frame without a row is counted as TX dropped, as is one whose packet the host could not send: refused by its IPsec policy or its rules, or dropped at the uplink. A single one now and then is normal: a bridge that has forgotten a silent container sends its next frame to every port.',
    check: [
      {command: `${sandbox} ip -s link show dev vxlan0`},
      {command: `${sandbox} ip monitor neigh`},
      {command: 'ovdiag doctor --for 10s', shows: 'the MACs that it names tell what to mend'},
    ],
    fix: [{words: 'What doctor reports over that time.'}],
    references: ['kernel drivers/net/vxlan/vxlan_core.c (vxlan_xmit)'],
  },
  {
    code: 'frames-lost-between',
    title: 'overlay packets are lost between two hosts',
    severity: 'error',
    needs: 'several hosts',
    meaning:
      'Both hosts were read twice. The sender used its row of the other host both times and its device sent packets; on the receiver no row has been updated since long before. So the packets were lost after they left the one device and before they came to the other: mostly a firewall or a security group between the hosts that does not let UDP 4789 pass (ESP, on encrypted networks), or a rule of the receiver.',
    behaviour:
      'A vxlan device updates the age of its row with each frame that arrives, even with those that it then drops, and notes in "used" when it looked the row up to send. Neither says whether a packet got through: UDP is not answered.',
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
        command: 'allow UDP 4789 (and ESP, IP protocol 50) between all nodes, both ways',
        affects: 'the firewalls and security groups between the hosts',
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
      "Other hosts send their VXLAN packets to a port on which nothing waits here. Either this host's vxlan devices have lost their socket, or the hosts use different data-path ports. A warning where the devices' own port is open: then the packets may also be of something else.",
    behaviour:
      'A UDP packet for a closed port is counted as NoPorts and answered by an ICMP "port unreachable", of which the kernel sends at most one a second to each sender.',
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
      'Frames leave through the vxlan device, none come back, and somebody reports destinations as unreachable: the data-path port is closed on the other host, or a firewall there or on the way rejects it. It is a suspicion: ICMP may also speak of other traffic of this host.',
    behaviour:
      "The kernel takes the ICMP message for the vxlan device's socket, and nothing more: the device goes on sending, and the containers learn nothing.",
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
      'The host throws UDP packets away because their checksums are wrong. On hosts whose cards (vmxnet3 above all) compute checksums of tunnels badly, these are the VXLAN packets: pings pass, TCP hangs.',
    behaviour:
      'The checksum is verified before the vxlan device sees the packet, so its own counters stay still. A capture on the sender shows wrong checksums on healthy hosts too, because the card fills them in later; only the receiver can tell.',
    check: [
      {command: "grep '^Udp:' /proc/net/snmp"},
      {
        command: 'tcpdump -n -vv -i UPLINK udp port 4789',
        shows: 'it only listens), on the receiver',
      },
    ],
    fix: [
      {
        command: 'ethtool -K UPLINK tx-checksum-ip-generic off',
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
      'The packets of the tunnel arrive well, and what is inside them is damaged: connections to that container hang or never begin, while pings pass. The card or the hypervisor of the sending host computes inner checksums badly.',
    behaviour:
      "The container's own kernel code verifies the segment, counts InCsumErrors and throws it away; the sender sends it again, damaged again.",
    check: [{command: "docker exec CONTAINER grep '^Tcp:' /proc/net/snmp"}],
    fix: [
      {
        command: 'ethtool -K UPLINK tx-checksum-ip-generic off',
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
      'Small packets pass, large ones are lost. On the host it means that a link on the way takes less than the packets of the tunnel, splits them, and something behind it drops the pieces; in a container, the same of what is inside.',
    behaviour:
      "VXLAN packets are sent without DF, so routers may split them. A packet of which a piece is missing is given up after 30 seconds (net.ipv4.ipfrag_time) and counted as ReasmFails; the container's kernel never learns that the way is too small.",
    check: [
      {command: "grep '^Ip:' /proc/net/snmp"},
      {command: "tcpdump -n -i UPLINK 'ip[6:2] & 0x3fff != 0'"},
    ],
    fix: [
      {
        command: 'docker network create -d overlay --opt com.docker.network.driver.mtu=UNDERLAY-MTU NETWORK',
        affects: 'makes a new network; services must be moved to it',
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
      'A counter of /proc/net/xfrm_stat rises on a host with an encrypted overlay. The name says why: XfrmOutNoStates, nothing to encrypt with (the kernel has no ESP, or the keys never came); XfrmInNoStates, the other host uses a key that is unknown here; XfrmInStateProtoError, the keys differ. A warning where only arriving packets are counted: those may be of other tunnels or of strangers.',
    behaviour:
      "Docker's policy asks for ESP for every VXLAN packet of such a network. A packet that can't be encrypted is dropped, never sent in clear; one that can't be decrypted ends before the vxlan device, whose counters stay still.",
    check: [{command: 'cat /proc/net/xfrm_stat'}, {command: 'ip xfrm state list nokeys; ip xfrm policy'}],
    fix: [
      {
        command: 'systemctl restart docker',
        affects: 'all containers of the node, unless they survive a restart; it gets the keys again',
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
      'The host gets packets faster than a processor takes them; what finds its queue full is lost before anything looks at it. All flows between two VTEPs have the same addresses, and may all end on one processor.',
    behaviour:
      'Each processor has a queue of net.core.netdev_max_backlog packets for devices without a ring of their own, tunnels and veths among them. The counter is of the whole machine, over all its containers.',
    check: [{command: 'cat /proc/net/softnet_stat'}, {command: 'mpstat -P ALL 1 5'}],
    fix: [
      {
        command: 'sysctl -w net.core.netdev_max_backlog=5000',
        affects: 'the queue of each processor, until the next boot',
      },
      {
        command: 'ethtool -N UPLINK rx-flow-hash udp4 sdfn',
        affects:
          'how the card spreads packets over processors: then by ports too, in which VXLAN tells flows apart',
      },
    ],
    references: ['kernel net/core/dev.c (enqueue_to_backlog)', 'https://github.com/moby/moby/issues/37214'],
  },
  {
    code: 'conntrack-drops',
    title: 'packets are dropped because the conntrack table is full',
    severity: 'error',
    needs: 'a sample over time',
    meaning:
      'New connections fail at random, old ones go on. Load balancers and published ports remember every connection, and one table holds those of the host or of one sandbox.',
    behaviour:
      'Where nf_conntrack_max is reached the kernel throws out entries that were never answered (early_drop), and where there are none it drops the new packet (drop) and logs "nf_conntrack: table full, dropping packet".',
    check: [
      {command: 'cat /proc/net/stat/nf_conntrack'},
      {
        command: 'sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max',
      },
    ],
    fix: [
      {
        command: 'sysctl -w net.netfilter.nf_conntrack_max=NUMBER',
        affects: 'how many connections the kernel remembers, until the next boot; each takes about 300 bytes',
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
      'Single packets are lost where two of them make the same entry at once. It mostly meets resolvers, which ask for the IPv4 and the IPv6 address in one go from one port: look-ups of names then take five seconds now and then.',
    behaviour:
      'Both packets find no entry, both make one, and only one can be kept; the other packet is dropped where its translation differs.',
    check: [{command: 'conntrack -S'}],
    fix: [
      {
        command: 'docker service update --dns-option single-request-reopen SERVICE',
        affects: 'the tasks of the service: they are made again, and ask one question at a time (glibc)',
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
      'Errors or drops rise on the uplink, by more than the noise that every network has. It concerns all traffic between hosts, not only overlays.',
    behaviour:
      'RX errors are damaged frames; RX dropped are frames for which there was no room, that were larger than the device takes, or of a protocol that is not used here (some of those are normal); TX dropped and TX errors are what the driver could not send.',
    check: [{command: 'ip -s -s link show UPLINK'}, {command: 'ethtool -S UPLINK'}],
    fix: [
      {
        command: 'ethtool -G UPLINK rx 4096',
        affects: 'the rings of the card: the link may go down for a moment; it helps where they overflow',
      },
    ],
    references: ['kernel Documentation/networking/statistics.rst', 'ethtool(8)'],
    explains: ['vxlan-tx-dropped'],
  },
] as const satisfies readonly Explanation[];
