import type {Explanation} from '../explanation.js';

const inSandbox = 'nsenter --net=/var/run/docker/netns/N-NETWORKID';
const inContainer = 'nsenter --net=/var/run/docker/netns/SANDBOX';

const reconnect = {
  command: 'docker network disconnect NETWORK CONTAINER && docker network connect NETWORK CONTAINER',
  affects: "the container's interface on that network: its connections there break",
};

/** Faults of the ports and interfaces between an endpoint and its bridge. */
export const endpointTexts = [
  {
    code: 'container-address-missing',
    title: 'an interface lacks the address that Docker gave its endpoint',
    severity: 'error',
    needs: 'one host',
    meaning:
      "Names resolve to the address, other hosts have FDB and neighbour entries for it, and the interface with the endpoint's MAC does not have it. It was removed or changed inside the container, which requires NET_ADMIN there or root on the host.",
    behaviour:
      'ARP for the address is not answered on this host. On other hosts the vxlan device answers from its neighbour entries, the frames arrive, and the container drops packets for an address that is not its own. What the container sends has another source address, so it gets no answers.',
    check: [{command: `${inContainer} ip addr`}, {command: 'docker network inspect NETWORK'}],
    fix: [
      {
        command: `${inContainer} ip addr add ADDRESS/PREFIX dev ETH`,
        affects: "the container's interface",
      },
      reconnect,
    ],
    references: ['moby daemon/libnetwork/osl/interface_linux.go (setInterfaceIP)', 'ip-address(8)'],
  },
  {
    code: 'container-link-down',
    title: "an endpoint's interface is down inside its container",
    severity: 'error',
    needs: 'one host',
    meaning:
      'The interface on the overlay was set down inside the container. The container can neither send nor receive on that network; its other networks are not affected.',
    behaviour:
      'The kernel drops the routes of an interface that goes down, so programs get "Network is unreachable" or use another route. The port in the sandbox loses its carrier, and the bridge disables it.',
    check: [{command: `${inContainer} ip link`}],
    fix: [
      {
        command: `${inContainer} ip link set ETH up`,
        affects: 'the interface; a default route that was removed with it must be added again',
      },
      reconnect,
    ],
    references: ['ip-link(8)', 'Linux net/ipv4/fib_frontend.c (fib_disable_ip)'],
  },
  {
    code: 'container-mac-changed',
    title: "an endpoint's interface has another MAC than Docker gave it",
    severity: 'error',
    needs: 'one host',
    meaning:
      'Swarm distributes the MAC of each endpoint to every node, and each node programs it. A program changed the MAC of the interface later, often udev with its MACAddressPolicy or a program inside the container, so those entries are wrong. Senders on other hosts get no answer; endpoints on the same host may, because ARP on the bridge returns the new MAC.',
    behaviour:
      'Frames for the old MAC arrive, and the interface drops them as frames for another host (OTHERHOST); no counter of the tunnel rises. What the container sends has a MAC that is in no FDB entry of other hosts; they learn it for 300 s.',
    check: [
      {command: `${inContainer} ip link`},
      {command: "docker inspect -f '{{json .NetworkSettings.Networks}}' CONTAINER"},
    ],
    fix: [
      {command: `${inContainer} ip link set ETH address MAC`, affects: "the container's interface"},
      {
        command: 'a systemd .link file for veth devices with MACAddressPolicy=none',
        affects: 'MACs of veth devices that are created later on that host',
      },
    ],
    references: ['systemd/systemd#21185', 'moby/libnetwork#2380', 'systemd.link(5), MACAddressPolicy'],
    explains: ['neighbour-wrong-mac', 'local-mac-on-vxlan'],
  },
  {
    code: 'endpoint-without-interface',
    title: 'Docker lists an endpoint that has no interface',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The engine assigned an address and a MAC to a local endpoint, and no interface in its namespace has either. The container runs and its name resolves, but it can not be reached. A warning for an endpoint that is listed without any sandbox: it was left behind and only occupies its address.',
    behaviour:
      'The engine creates the veth pair when the container starts and does not check it again. If the interface is deleted, by hand or by a program that manages interfaces, its port is deleted with it. Other hosts keep their entries, so frames arrive in the sandbox and find no port.',
    check: [{command: 'docker network inspect NETWORK'}, {command: `${inContainer} ip addr`}],
    fix: [
      reconnect,
      {
        command: 'docker network disconnect -f NETWORK ENDPOINT',
        affects: 'an endpoint that was left behind; use its name in docker network inspect',
      },
    ],
    references: [
      'moby daemon/libnetwork/drivers/overlay/joinleave.go (Join)',
      'moby/moby#38395',
      'moby/moby#35099',
    ],
    explains: ['interface-without-endpoint'],
  },
  {
    code: 'interface-without-endpoint',
    title: 'a port of an overlay sandbox does not belong to a Docker endpoint',
    severity: 'warning',
    needs: 'one host',
    meaning:
      "A port of an overlay network's bridge belongs to no endpoint that the engine lists: an interface created by hand, or left over from an endpoint that is gone. It can reach endpoints of this host only.",
    behaviour:
      'No other host has entries for it. ARP for its address is not answered there, and frames for its MAC are dropped; frames that it sends are accepted by other hosts, which learn its MAC for 300 s.',
    check: [
      {command: `${inSandbox} ip -d link show type veth`},
      {command: 'docker network inspect NETWORK'},
      {command: 'ovdiag links'},
    ],
    fix: [{command: `${inSandbox} ip link del VETH`, affects: 'both ends of that veth pair'}],
    references: ['moby daemon/libnetwork/drivers/overlay/peerdb.go', 'moby/swarmkit#2398'],
  },
  {
    code: 'veth-down',
    title: 'a port of an overlay sandbox is down',
    severity: 'error',
    needs: 'one host',
    meaning:
      "The sandbox end of an endpoint's veth pair was set down. That endpoint can neither send nor receive on the network; all others are not affected.",
    behaviour:
      'The other end, inside the container, loses its carrier (NO-CARRIER). The bridge disables the port, and forwards nothing to it or from it.',
    check: [{command: `${inSandbox} ip -d link show type veth`}],
    fix: [{command: `${inSandbox} ip link set VETH up`, affects: 'that one port'}, reconnect],
    references: ['ip-link(8)', 'Linux drivers/net/veth.c (veth_close)'],
  },
  {
    code: 'veth-not-in-bridge',
    title: 'a port of an overlay sandbox is not attached to its bridge',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The veth of one endpoint exists, but it is not attached to the bridge of its network. That endpoint can neither send nor receive on the network; all others are not affected.',
    behaviour:
      'Frames that the container sends are dropped at the detached veth. Frames for it have no port in the bridge: the bridge floods them to all other ports, and no endpoint accepts them.',
    check: [
      {
        command: 'nsenter --net=/var/run/docker/netns/N-NETWORKID ip -d link show type veth',
      },
    ],
    fix: [
      {
        command: 'nsenter --net=/var/run/docker/netns/N-NETWORKID ip link set VETH master BRIDGE',
        affects: 'the membership of that one port',
      },
      reconnect,
    ],
    references: ['moby daemon/libnetwork/drivers/overlay/joinleave.go (Join)', 'ip-link(8), master'],
  },
  {
    code: 'container-neighbour-wrong',
    title: 'a container has a static ARP entry with a wrong MAC',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The entry never expires, so the container sends to a MAC that the endpoint does not have. It was added by hand, or by a program that "warms up" ARP, for an endpoint that no longer exists.',
    behaviour:
      'A permanent entry is used without a question. The frame reaches no endpoint, or the wrong one, which drops it.',
    check: [{command: 'nsenter --net=/var/run/docker/netns/SANDBOX ip neigh show nud permanent'}],
    fix: [
      {
        command: 'nsenter --net=/var/run/docker/netns/SANDBOX ip neigh del ADDRESS dev INTERFACE',
        affects: 'that entry of the container',
      },
    ],
    references: ['ip-neighbour(8)', 'kernel net/core/neighbour.c (NUD_PERMANENT)'],
  },
  {
    code: 'container-arp-off',
    title: "a container's interface does no ARP",
    severity: 'error',
    needs: 'one host',
    meaning:
      'The interface has the flag NOARP: the container asks for no MAC and answers no request for its own. Endpoints on other hosts still send to it, as the vxlan device answers there, but its answers are lost. Or arp_ignore is 8 there: then it asks and does not answer, so that only endpoints on the same host lose it.',
    behaviour:
      'With NOARP the kernel sends every frame to the MAC of the interface itself. With arp_ignore 8, for all interfaces or for this one, it answers for none of its addresses.',
    check: [{command: 'nsenter --net=/var/run/docker/netns/SANDBOX ip link show INTERFACE'}],
    fix: [
      {
        command: 'nsenter --net=/var/run/docker/netns/SANDBOX ip link set INTERFACE arp on',
        affects: 'that interface',
      },
      {
        command: 'nsenter --net=/var/run/docker/netns/SANDBOX sysctl -w net.ipv4.conf.all.arp_ignore=0',
        affects: 'ARP of that container',
      },
    ],
    references: ['ip-link(8), arp on|off', 'kernel net/ipv4/arp.c (arp_constructor, arp_ignore)'],
  },
] as const satisfies readonly Explanation[];
