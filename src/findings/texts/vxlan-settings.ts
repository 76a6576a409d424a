import type {Explanation} from '../explanation.js';

const inSandbox = 'nsenter --net=/var/run/docker/netns/N-NETWORKID';

const remake = {
  command: 'docker node update --availability drain NODE, and active again when its tasks have gone',
  affects: 'every task on that node: each moves to another; plain containers must be disconnected by hand',
};

/** Settings of vxlan devices that differ from those that Docker makes them with. */
export const vxlanSettingTexts = [
  {
    code: 'vxlan-ttl-low',
    title: 'VXLAN packets leave with a TTL that does not reach the other nodes',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Each router on the path lowers the TTL by one and drops the packet at 0. With a TTL of 1 nothing gets past the first router; up to 9 it is a warning, as how many routers there are is not known. If the default of the host is low, the control plane is hit as well.',
    behaviour:
      "A vxlan device without a TTL of its own (`ttl auto`) uses the host's `net.ipv4.ip_default_ttl`, which is 64. The router answers ICMP time exceeded, which the tunnel ignores.",
    check: [
      {command: `${inSandbox} ip -d link show type vxlan`},
      {command: 'sysctl net.ipv4.ip_default_ttl'},
    ],
    fix: [
      {command: `${inSandbox} ip link set VXLAN type vxlan ttl auto`, affects: 'that device'},
      {command: 'sysctl -w net.ipv4.ip_default_ttl=64', affects: 'all packets of this host'},
    ],
    references: ['kernel drivers/net/vxlan/vxlan_core.c (vxlan_xmit_one)', 'ip-link(8), vxlan ttl'],
    explains: [
      'gossip-differs',
      'gossip-kernel-differs',
      'fdb-row-missing',
      'neighbour-missing',
      'fdb-learned-only',
      'frames-lost-between',
      'one-way-traffic',
      'node-down',
    ],
  },
  {
    code: 'vxlan-proxy-off',
    title: 'the vxlan device does not answer ARP',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Docker makes vxlan devices with `proxy`: they answer ARP for endpoints of other hosts from their neighbour entries. This one does not, so containers here can not resolve any endpoint on another host.',
    behaviour:
      'Without `proxy` the request is sent like any broadcast: to the VTEPs of the flood list, which is empty for Docker, so it is dropped.',
    check: [{command: `${inSandbox} ip -d link show type vxlan`, shows: 'no "proxy"'}],
    fix: [remake],
    references: [
      'kernel drivers/net/vxlan/vxlan_core.c (arp_reduce)',
      'moby daemon/libnetwork/drivers/overlay/ov_utils.go (createVxlan)',
    ],
  },
  {
    code: 'vxlan-changed',
    title: 'a vxlan device has other settings than Docker makes it with',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'The device was changed or created by hand. Outer packets with DF set are lost where the path MTU is smaller than they are; a fixed range of source ports or another TOS meets other rules of firewalls and other queues than before. A TTL or TOS that is merely unusual is information.',
    behaviour:
      'Docker sets VNI, port, proxy, l2miss and l3miss and leaves all else at the kernel defaults: TTL of the host, TOS 0, DF clear, source ports from ip_local_port_range, no local address.',
    check: [{command: `${inSandbox} ip -d link show type vxlan`}],
    fix: [
      {
        command: `${inSandbox} ip link set VXLAN type vxlan df unset tos 0 ttl auto learning`,
        affects: 'that device',
      },
      remake,
    ],
    references: ['moby daemon/libnetwork/drivers/overlay/ov_utils.go (createVxlan)', 'ip-link(8), vxlan'],
  },
  {
    code: 'queue-on-path',
    title: 'a link of an overlay sends through a queueing discipline that Docker does not set',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'It was set with tc. netem, tbf, pfifo and the like delay, limit or drop packets; tools that test failures (Pumba, Chaos Mesh) use them, and leave them behind when they are killed. Disciplines that only share a link are information. On an uplink only those that drop on purpose are reported.',
    behaviour:
      'veth, bridge and vxlan devices have no queue (`noqueue`). A discipline sees each packet that the link sends; what it drops is in its own statistics and in TX dropped of some drivers.',
    check: [{command: `${inSandbox} tc -s qdisc show`}],
    fix: [{command: `${inSandbox} tc qdisc del dev LINK root`, affects: 'what that link sends'}],
    references: ['tc(8), qdisc', 'tc-netem(8)', 'kernel net/sched/sch_netem.c'],
  },
  {
    code: 'tc-filtered',
    title: 'a filter of tc takes frames out of the path of overlays',
    severity: 'error',
    needs: 'one host',
    meaning:
      'At the ingress or egress of a link that overlays use, a filter drops frames or redirects them to another device. Docker sets none; programs that test failures, that balance or that inspect traffic do. Filters of which it is not known whether they match (BPF programs, matches on more than UDP ports) are listed as not checked.',
    behaviour:
      'Filters at ingress see a frame before the packet filter, those at egress after it, so that no rule and no counter of the link shows the loss. The first filter that matches decides, in the order of their preference.',
    check: [
      {command: `${inSandbox} tc qdisc show`, shows: 'ingress or clsact on a link'},
      {
        command: `${inSandbox} tc -s filter show dev LINK ingress`,
        shows: 'the same with egress: packets that each took',
      },
    ],
    fix: [
      {
        command: `${inSandbox} tc filter del dev LINK ingress`,
        affects: 'all filters of that link in that direction: find the program that set them',
      },
    ],
    references: [
      'tc(8), filter',
      'kernel net/sched/cls_api.c (tcf_classify)',
      'kernel net/core/dev.c (sch_handle_ingress)',
    ],
  },
] as const satisfies readonly Explanation[];
