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
      'Names resolve to the address, other hosts have rows for it, and the interface with the MAC of the endpoint does not have it: somebody removed or changed it inside the container, which takes the right to do so (NET_ADMIN) or root on the host.',
    behaviour:
      'ARP for the address stays without an answer on this host; on other hosts the vxlan device answers from its rows, the frames arrive, and the container drops packets for an address that is not its own. What the container sends has another source address, to which nobody answers.',
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
      'The interface on the overlay was set down inside the container. The container neither reaches nor is reached on that network; its other networks are as before.',
    behaviour:
      'The kernel drops the routes of an interface that goes down, so programs get "Network is unreachable" or take another way. The port in the sandbox loses its carrier, and the bridge stops it.',
    check: [{command: `${inContainer} ip link`}],
    fix: [
      {
        command: `${inContainer} ip link set ETH up`,
        affects: 'the interface; a default route that went with it must be made again',
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
      'Swarm tells every node the MAC of each endpoint, and each node programs it. A program that changed the MAC of the interface later, often udev with its MACAddressPolicy or something inside the container, makes all of that wrong: whoever sends from another host gets no answer, while endpoints on the same host may, because ARP on the bridge tells them the new MAC.',
    behaviour:
      'Frames for the old MAC arrive, and the interface drops them as those of another host (OTHERHOST), with no counter of the tunnel moving. What the container sends carries a MAC that no FDB entry of other hosts knows; they learn it for 300 s.',
    check: [
      {command: `${inContainer} ip link`},
      {command: "docker inspect -f '{{json .NetworkSettings.Networks}}' CONTAINER"},
    ],
    fix: [
      {command: `${inContainer} ip link set ETH address MAC`, affects: "the container's interface"},
      {
        command: 'a systemd .link file for veth devices with MACAddressPolicy=none',
        affects: 'MACs of veth devices that are made later on that host',
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
      'The engine gave an endpoint of its own an address and a MAC, and nothing in its namespace has either. The container runs, its name resolves, and nobody reaches it. An endpoint that is listed without any sandbox (a warning) was left behind: it only holds its address.',
    behaviour:
      'The engine makes the veth pair when the container starts and does not look again. If the interface is deleted, by hand or by a program that manages interfaces, its port goes with it. Other hosts keep their rows, so frames arrive in the sandbox and no port takes them.',
    check: [{command: 'docker network inspect NETWORK'}, {command: `${inContainer} ip addr`}],
    fix: [
      reconnect,
      {
        command: 'docker network disconnect -f NETWORK ENDPOINT',
        affects: 'an endpoint that was left behind, by its name in docker network inspect',
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
      'Something is plugged into the bridge of an overlay network that the engine does not list: an interface made by hand, or one left of an endpoint that is gone. It can talk to endpoints of this host only.',
    behaviour:
      'No other host has rows for it. ARP for its address is not answered there, and frames for its MAC are dropped; what it sends is taken in by other hosts, which learn its MAC for 300 s.',
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
      'The end of an endpoint’s veth pair that is in the sandbox was set down. That endpoint reaches nobody on the network and nobody reaches it; all others go on as before.',
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
      'The veth that leads to one endpoint is there, but it is not plugged into the bridge of its network. That endpoint reaches nobody on the network and nobody reaches it; all others go on as before.',
    behaviour:
      'Frames that the container sends end at the loose veth. Frames for it find no port in the bridge: the bridge floods them to all other ports, and nobody takes them.',
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
] as const satisfies readonly Explanation[];
