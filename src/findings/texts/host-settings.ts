import type {Explanation} from '../explanation.js';

/** Settings and tables of the kernel, of the host or of one sandbox, on which overlay networks depend. */
export const hostSettingTexts = [
  {
    code: 'ip-forward-off',
    title: 'ip_forward is off in a namespace that must forward',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Forwarding is off in a namespace that must route packets: the sandbox of an overlay with several subnets, a load balancer, or the host itself. Traffic within one subnet still works; traffic between subnets, through a VIP, or out of the host is dropped.',
    behaviour:
      "A packet that is not for an address of the namespace is dropped without an answer (Ip OutForwDatagrams does not rise, InAddrErrors does). A new namespace copies the setting of the machine's initial namespace; engines set it on the host, and on nested hosts (LXC, sysbox) it may be 0 in the sandboxes.",
    check: [
      {command: 'nsenter --net=/var/run/docker/netns/FILE sysctl net.ipv4.ip_forward'},
      {command: 'sysctl net.ipv4.ip_forward', shows: 'the host itself'},
    ],
    fix: [
      {
        command: 'nsenter --net=/var/run/docker/netns/FILE sysctl -w net.ipv4.ip_forward=1',
        affects: 'forwarding in that sandbox, until it is recreated',
      },
      {
        command: 'sysctl -w net.ipv4.ip_forward=1',
        affects: 'forwarding of the whole host, and of namespaces created later',
      },
    ],
    references: [
      'kernel Documentation/networking/ip-sysctl.rst, ip_forward',
      'https://github.com/moby/moby/issues/38723',
    ],
  },
  {
    code: 'rp-filter-strict',
    title: 'rp_filter is strict, and the return path uses another interface',
    severity: 'error',
    needs: 'one host',
    meaning:
      "The node's address for the overlays is on one interface, the route to another node leaves by a second one, and strict rp_filter requires both to be the same. Packets of that node are dropped on arrival, although this node's own packets arrive there.",
    behaviour:
      'With rp_filter 1 the kernel looks up a route to the source of each incoming packet and drops it if that route leaves by another interface. The larger of conf.all and the interface counts. Each such drop counts in IPReversePathFilter of /proc/net/netstat, for all kinds of packets.',
    check: [
      {command: 'ip route get VTEP; ip addr show to OWN-VTEP'},
      {command: 'nstat -az TcpExtIPReversePathFilter'},
    ],
    fix: [
      {
        command: 'sysctl -w net/ipv4/conf/all/rp_filter=2 net/ipv4/conf/DEVICE/rp_filter=2',
        affects: 'source checks of the host: a route back by any interface is then enough',
      },
      {
        command: 'ip route replace VTEP via GATEWAY dev DEVICE',
        affects: "the route to that node: it uses the interface that has this node's address",
      },
    ],
    references: [
      'kernel Documentation/networking/ip-sysctl.rst, rp_filter',
      'RFC 3704, section 2.2 (strict reverse path forwarding)',
      'https://github.com/newsnowlabs/docker-ingress-routing-daemon/issues/4',
    ],
    explains: ['gossip-differs', 'node-down'],
  },
  {
    code: 'bridge-netfilter-off',
    title: 'the rule between the containers on docker_gwbridge has no effect',
    severity: 'info',
    needs: 'one host',
    meaning:
      'Docker isolates the containers on docker_gwbridge by a rule that drops traffic from one of its ports to another. On this host, frames between two ports of a bridge do not pass iptables, so the containers can reach each other there, whatever networks they are on. No traffic is lost.',
    behaviour:
      'The module br_netfilter passes bridged frames to iptables if bridge-nf-call-iptables is 1. The setting is per namespace; without the module it does not exist.',
    check: [
      {command: 'sysctl net.bridge.bridge-nf-call-iptables'},
      {command: 'iptables-save -c -t filter | grep docker_gwbridge'},
    ],
    fix: [
      {
        command: 'sysctl -w net.bridge.bridge-nf-call-iptables=1',
        affects: 'all bridges of the host: their frames then pass the FORWARD rules',
      },
    ],
    references: [
      'kernel Documentation/networking/ip-sysctl.rst, /proc/sys/net/bridge',
      'moby daemon/libnetwork/drivers/bridge/setup_bridgenetfiltering.go',
    ],
  },
  {
    code: 'conntrack-full',
    title: 'the conntrack table is full',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Every connection that passes NAT or a stateful rule has a conntrack entry, and the table is full: established connections go on, new ones fail at random. A warning from 90 % on.',
    behaviour:
      'The kernel logs `nf_conntrack: table full, dropping packet`. Entries are counted in each namespace; nf_conntrack_max is one number for the machine, and can be changed in its initial namespace only. VXLAN packets have an entry too, by outer source port, so many flows fill the table of a host.',
    check: [
      {
        command: 'sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max',
      },
      {command: 'conntrack -S', shows: 'drop counts dropped packets, early_drop evicted entries'},
    ],
    fix: [
      {
        command: 'sysctl -w net.netfilter.nf_conntrack_max=NUMBER',
        affects: 'the limit of all namespaces of the machine, and memory',
      },
      {
        command: 'iptables -t raw -A PREROUTING -p udp --dport 4789 -j NOTRACK',
        affects: 'the outer packets of overlays: they then use no entry',
      },
    ],
    references: [
      'kernel Documentation/networking/nf_conntrack-sysctl.rst',
      'https://github.com/moby/moby/issues/35082',
    ],
    explains: ['conntrack-drops'],
  },
  {
    code: 'neighbour-table-full',
    title: "the kernel's neighbour table is or was nearly full",
    severity: 'warning',
    needs: 'one host',
    meaning:
      'All namespaces of a machine share one table of IPv4 neighbours. If it is full, a container, a sandbox or the host gets no entry for a new address, and its packets to that address are dropped. Which of them is affected changes at random.',
    behaviour:
      'The kernel logs `neighbour: arp_cache: neighbor table overflow!` and counts table_fulls. It first evicts entries that are stale. Permanent entries, which Docker creates for every remote endpoint, count against the limit before kernel 5.0 and not from then on. dockerd raises the limits at its start if they are lower; a later `sysctl --system` may reset them.',
    check: [
      {
        command: 'sysctl net.ipv4.neigh.default.gc_thresh3; cat /proc/net/stat/arp_cache',
        shows: "both are in the machine's first namespace only",
      },
      {command: 'dmesg | grep "table overflow"'},
    ],
    fix: [
      {
        command:
          'sysctl -w net.ipv4.neigh.default.gc_thresh1=8192 net.ipv4.neigh.default.gc_thresh2=49152 net.ipv4.neigh.default.gc_thresh3=65536',
        affects: 'the limits of the whole machine; put them into /etc/sysctl.d as well',
      },
    ],
    references: [
      'kernel net/core/neighbour.c (neigh_alloc, neigh_forced_gc)',
      'moby daemon/libnetwork/drivers/overlay/ostweaks_linux.go',
      'https://github.com/moby/moby/issues/32195',
    ],
  },
] as const satisfies readonly Explanation[];
