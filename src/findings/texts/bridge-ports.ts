import type {Explanation} from '../explanation.js';

const inSandbox = 'nsenter --net=/var/run/docker/netns/N-NETWORKID';

/** Settings of the bridge in an overlay sandbox and of its ports, which Docker leaves at the kernel's defaults. */
export const bridgePortTexts = [
  {
    code: 'ports-isolated',
    title: 'two ports of the bridge are isolated from each other',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Both ports have the flag `isolated`, and a bridge forwards nothing between two such ports. Docker sets it on no overlay.',
    behaviour: 'The bridge skips such a port, also when it floods; no counter rises.',
    check: [{command: `${inSandbox} bridge -d link show`}],
    fix: [{command: `${inSandbox} bridge link set dev PORT isolated off`, affects: 'that one port'}],
    references: ['kernel net/bridge/br_private.h (br_skb_isolated)', 'bridge(8), isolated'],
  },
  {
    code: 'port-not-forwarding',
    title: 'a bridge port is not forwarding',
    severity: 'error',
    needs: 'one host',
    meaning:
      "The port's state is disabled, blocking, listening or learning. Docker's bridges run no spanning tree, so the state was set by hand, STP was turned on, or the link behind it has no carrier.",
    behaviour: 'The bridge drops frames that arrive there and sends nothing out.',
    check: [{command: `${inSandbox} bridge -d link show dev PORT`}],
    fix: [
      {command: `${inSandbox} ip link set BRIDGE type bridge stp_state 0`, affects: 'that bridge'},
      {command: `${inSandbox} bridge link set dev PORT state 3`, affects: 'that one port: 3 is forwarding'},
    ],
    references: ['kernel net/bridge/br_input.c (br_handle_frame)', 'bridge(8), state'],
  },
  {
    code: 'port-does-not-flood',
    title: 'the bridge has not learned the destination and does not flood to its port',
    severity: 'error',
    needs: 'one host',
    meaning:
      "The bridge has no FDB entry for a MAC, and flooding is off on the port that it is behind, so frames to it are lost. It works as soon as that endpoint sends a frame, until it has been silent for the bridge's ageing time (300 s). While there are entries for all endpoints behind the port it is a warning.",
    behaviour: 'A frame for an unknown MAC goes to all ports that flood; a port with `flood off` is skipped.',
    check: [
      {command: `${inSandbox} bridge fdb show br BRIDGE`},
      {command: `${inSandbox} bridge -d link show dev PORT`},
    ],
    fix: [{command: `${inSandbox} bridge link set dev PORT flood on learning on`, affects: 'that one port'}],
    references: ['kernel net/bridge/br_forward.c (br_flood)', 'bridge(8), flood'],
  },
  {
    code: 'port-locked',
    title: 'a bridge port is locked and drops frames from MACs without an FDB entry',
    severity: 'error',
    needs: 'one host',
    meaning:
      'A locked port accepts frames only from MACs that the bridge has an FDB entry for behind that port, and it learns none by itself. Docker locks no port. While the bridge has the entries it is a warning: they age out after 300 s of silence and do not come back.',
    behaviour:
      'The bridge looks up the source MAC of a frame that arrives at a locked port, and drops the frame if the entry is missing, local, or behind another port.',
    check: [
      {command: `${inSandbox} bridge -d link show dev PORT`},
      {command: `${inSandbox} bridge fdb show br BRIDGE`},
    ],
    fix: [{command: `${inSandbox} bridge link set dev PORT locked off`, affects: 'that one port'}],
    references: [
      'kernel net/bridge/br_input.c (br_handle_frame_finish, BR_PORT_LOCKED)',
      'bridge(8), locked',
    ],
  },
  {
    code: 'port-broadcast-off',
    title: 'a bridge port gets no broadcasts, so ARP requests do not reach it',
    severity: 'error',
    needs: 'one host',
    meaning:
      'ARP requests of containers are broadcasts. If they do not reach the vxlan device, no endpoint on another host can be resolved; if they do not reach the port of a container, the others on this host can not resolve it. Connections last as long as the ARP entries in the containers.',
    behaviour:
      'The bridge skips a port with `bcast_flood off` when it floods a broadcast. The vxlan device answers ARP only for requests that it receives.',
    check: [{command: `${inSandbox} bridge -d link show dev PORT`}],
    fix: [{command: `${inSandbox} bridge link set dev PORT bcast_flood on`, affects: 'that one port'}],
    references: ['kernel net/bridge/br_forward.c (br_flood, BR_BCAST_FLOOD)', 'bridge(8), bcast_flood'],
  },
  {
    code: 'bridge-vlan-filtering',
    title: 'the bridge of an overlay sandbox filters VLANs',
    severity: 'error',
    needs: 'one host',
    meaning:
      "A bridge with `vlan_filtering 1` drops the frames of a port that is in no VLAN. Docker's bridges have no default VLAN (`default_pvid 0`), so turning it on stops them. If the ports have VLANs it is a warning.",
    behaviour:
      'An untagged frame is put into the VLAN that is the PVID of its port. Without a PVID the frame is dropped.',
    check: [
      {command: `${inSandbox} ip -d link show type bridge`},
      {command: `${inSandbox} bridge vlan show`},
    ],
    fix: [{command: `${inSandbox} ip link set BRIDGE type bridge vlan_filtering 0`, affects: 'that bridge'}],
    references: ['kernel net/bridge/br_vlan.c (br_allowed_ingress)', 'ip-link(8), vlan_filtering'],
  },
  {
    code: 'bridge-address-missing',
    title: 'a bridge of an overlay sandbox has lost its gateway address',
    severity: 'error',
    needs: 'one host',
    meaning:
      'A network with several subnets has one bridge for each, and they route between each other by these addresses. Without its address, the endpoints of that subnet on this host do not reach the other subnets. On a network with a single subnet nothing needs it, and it is information.',
    behaviour:
      'The route to the subnet went with the address, and ARP for the gateway of the containers is unanswered.',
    check: [{command: `${inSandbox} ip addr show BRIDGE`}],
    fix: [{command: `${inSandbox} ip addr add GATEWAY/LENGTH dev BRIDGE`, affects: 'that bridge'}],
    references: ['moby daemon/libnetwork/drivers/overlay/ov_network.go (setupSubnetSandbox)'],
    explains: ['ip-forward-off'],
  },
] as const satisfies readonly Explanation[];
