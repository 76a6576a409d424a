import type {Explanation} from '../explanation.js';

const inSandbox = 'nsenter --net=/var/run/docker/netns/N-NETWORKID';

/** The sandbox is removed with its last endpoint and created again with the next. */
const rebuild = {
  command: 'docker node update --availability drain NODE, and active again when its tasks have gone',
  affects: 'every task on that node: each moves to another; plain containers must be disconnected by hand',
};

/** Faults of the devices inside an overlay sandbox, and of the VNI that they need. */
export const sandboxTexts = [
  {
    code: 'bridge-down',
    title: 'the bridge of an overlay sandbox is down',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Every endpoint of one subnet on this host is cut off: from the others on this host, and from all other hosts.',
    behaviour:
      'A bridge that is down accepts frames from no port. Its ports stay up, so containers see no change.',
    check: [{command: `${inSandbox} ip link show type bridge`}],
    fix: [{command: `${inSandbox} ip link set BRIDGE up`, affects: 'that bridge'}],
    references: ['Linux net/bridge/br_input.c (br_handle_frame)', 'ip-link(8)'],
  },
  {
    code: 'bridge-takes-mac',
    title: "a permanent FDB entry makes an endpoint's MAC local to the bridge",
    severity: 'error',
    needs: 'one host',
    meaning:
      'Docker creates no such entry. A permanent entry without the word "self" makes the MAC an address of the bridge itself, so frames for the endpoint are not forwarded. A manual command with a forgotten "self" or "static" creates one.',
    behaviour: 'The bridge delivers frames for that MAC to the sandbox itself, which drops them.',
    check: [{command: `${inSandbox} bridge fdb show br BRIDGE`}],
    fix: [{command: `${inSandbox} bridge fdb del MAC dev PORT master`, affects: 'that entry'}],
    references: ['Linux net/bridge/br_fdb.c (BR_FDB_LOCAL)', 'bridge(8), fdb'],
  },
  {
    code: 'local-mac-on-vxlan',
    title: 'the bridge has the MAC of a local endpoint on the vxlan device',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Endpoints on the same host can not reach each other, while other hosts are reachable. A frame with the MAC of a local endpoint as its source arrived through the tunnel: from another endpoint with that MAC, from a loop, or before a task moved here with its address.',
    behaviour:
      'The bridge sends to the port where it last saw a MAC. Frames for the local endpoint go to the vxlan device, which drops them or sends them to another host, until the endpoint itself sends, or the FDB entry has been idle for the ageing time of the bridge (300 s).',
    check: [
      {command: `${inSandbox} bridge fdb show br BRIDGE`},
      {command: `${inSandbox} tcpdump -eni VXLAN ether src MAC`},
    ],
    fix: [
      {
        command: `${inSandbox} bridge fdb del MAC dev VXLAN master`,
        affects: 'that entry; the bridge learns the MAC again',
      },
    ],
    references: ['moby/moby#34957', 'moby/libnetwork#1952', 'Linux net/bridge/br_fdb.c (br_fdb_update)'],
  },
  {
    code: 'mac-behind-other-port',
    title: "the bridge has the MAC of an endpoint on another endpoint's port",
    severity: 'error',
    needs: 'one host',
    meaning:
      'Frames for one endpoint are delivered to another: two of them use one MAC, or a frame with that source MAC was sent from the other.',
    behaviour:
      'The bridge sends to the port where it last saw a MAC. With two senders the FDB entry moves from port to port, and each is reachable some of the time.',
    check: [
      {command: `${inSandbox} bridge fdb show br BRIDGE`},
      {command: `${inSandbox} bridge monitor fdb`},
    ],
    fix: [
      {
        command: `${inSandbox} bridge fdb del MAC dev PORT master`,
        affects: 'that entry; the bridge learns the MAC again',
      },
    ],
    references: ['Linux net/bridge/br_fdb.c (br_fdb_update)'],
  },
  {
    code: 'vni-held-twice',
    title: 'something else on the host holds the VNI of an overlay network',
    severity: 'error',
    needs: 'one host',
    meaning:
      'A vxlan device that is not of this network has its VNI on the same UDP port. If the network has no device of its own here, its containers do not start ("error creating vxlan interface: file exists") or reach no endpoint on other hosts. Otherwise it is a warning: the sandbox can not be recreated.',
    behaviour:
      'The kernel allows one device for each VNI and UDP port in a network namespace. What counts is the namespace in which the device was created, even if it was moved later.',
    check: [{command: 'ip -d link show type vxlan'}, {command: 'ovdiag links'}],
    fix: [
      {
        command: 'ip link del DEVICE',
        affects: 'that device, in its namespace; check first what created it',
      },
    ],
    references: [
      'moby/libnetwork#1765',
      'docker/for-linux#183',
      'Linux drivers/net/vxlan/vxlan_core.c (vxlan_vni_in_use)',
    ],
    explains: ['vxlan-missing', 'fdb-row-missing', 'neighbour-missing', 'gossip-kernel-differs'],
  },
  {
    code: 'vni-missing',
    title: "a sandbox's vxlan device has a VNI that its network does not have",
    severity: 'error',
    needs: 'one host',
    meaning:
      "The VNI of this host's vxlan device differs from that of the other hosts: the sandbox is left over from an earlier network of that id or was created by hand. No traffic passes in either direction.",
    behaviour:
      'A receiver looks for a device with the VNI in the frame and drops the frame if there is none (VXLAN_VNI_NOT_FOUND); no counter rises.',
    check: [
      {command: `${inSandbox} ip -d link show type vxlan`},
      {command: "docker network inspect -f '{{json .Options}}' NETWORK"},
    ],
    fix: [rebuild],
    references: ['moby daemon/libnetwork/drivers/overlay/ov_network.go', 'RFC 7348, section 4'],
    explains: ['gossip-kernel-differs', 'fdb-row-missing', 'neighbour-missing', 'fdb-learned-only'],
    restores: ['fdb-row-missing', 'fdb-learned-only', 'neighbour-missing'],
  },
  {
    code: 'vxlan-device-leftover',
    title: 'a vxlan device of an earlier sandbox was left behind',
    severity: 'warning',
    needs: 'one host',
    meaning:
      "Docker's devices have a temporary name (vx-VNI-NETWORK, ov-VNI-NETWORK) until they are in their sandbox and when they leave it. A device with that name in the host's namespace, or in the namespace of a removed network, was left by a setup or a removal that failed. It is an error if the network is here now and has no vxlan device because of it.",
    behaviour:
      'The device still holds its VNI on the UDP data-path port. The kernel refuses another one: "error creating vxlan interface: file exists".',
    check: [{command: 'ip -d link show type vxlan'}, {command: 'ovdiag namespaces'}],
    fix: [{command: 'ip link del vx-VNI-NETWORK', affects: 'that device'}],
    references: ['moby/moby#47728', 'moby/libnetwork#562', 'moby/libnetwork#945'],
    explains: [
      'vxlan-missing',
      'namespace-orphan',
      'fdb-row-missing',
      'neighbour-missing',
      'gossip-kernel-differs',
    ],
  },
  {
    code: 'vxlan-down',
    title: 'the vxlan device of an overlay sandbox is down',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Endpoints on this host reach each other, but no endpoint on other hosts. Setting the device up again is not enough: its neighbour entries were removed when it went down, and Docker does not recreate them.',
    behaviour:
      'A vxlan device that is down releases its UDP socket and VNI, and the kernel flushes its neighbour table; its FDB entries stay. Once it is up, ARP for endpoints of other hosts is not answered until the neighbour entries are restored.',
    check: [{command: `${inSandbox} ip -d link show type vxlan`}],
    fix: [
      {command: `${inSandbox} ip link set VXLAN up`, affects: 'that device'},
      {
        command: `${inSandbox} ip neigh replace ADDRESS lladdr MAC dev VXLAN nud permanent`,
        affects: 'the neighbour entry of one remote endpoint; ovdiag fdb lists the missing ones',
      },
      rebuild,
    ],
    references: [
      'Linux drivers/net/vxlan/vxlan_core.c (vxlan_stop)',
      'Linux net/core/neighbour.c (neigh_ifdown)',
    ],
    explains: ['neighbour-missing', 'fdb-row-missing', 'fdb-learned-only', 'gossip-kernel-differs'],
    restores: ['fdb-row-missing', 'fdb-learned-only', 'neighbour-missing'],
  },
  {
    code: 'vxlan-missing',
    title: 'a bridge of an overlay sandbox has no vxlan device',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Endpoints of that subnet on this host reach each other, but no endpoint on other hosts. The device was deleted, or could not be created because another device holds its VNI.',
    behaviour:
      'Frames for MACs that are not on this host find no port. Frames from other hosts find no device with the VNI and are dropped without a counter.',
    check: [
      {command: `${inSandbox} ip -d link`},
      {command: 'journalctl -u docker | grep "error creating vxlan interface"'},
    ],
    fix: [rebuild],
    references: ['moby daemon/libnetwork/drivers/overlay/ov_network.go (setupSubnetSandbox)'],
    explains: ['fdb-row-missing', 'neighbour-missing', 'gossip-kernel-differs'],
    restores: ['fdb-row-missing', 'fdb-learned-only', 'neighbour-missing'],
  },
  {
    code: 'vxlan-not-in-bridge',
    title: 'the vxlan device of an overlay sandbox is in no bridge',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Endpoints on this host reach each other, but no endpoint on other hosts, even if all FDB and neighbour entries are right.',
    behaviour:
      "The bridge can not forward frames to the tunnel, and frames that arrive through the tunnel are dropped at the detached device. The container's ARP is not answered either, as the request does not reach the device.",
    check: [{command: `${inSandbox} ip -d link show type vxlan`}],
    fix: [
      {command: `${inSandbox} ip link set VXLAN master BRIDGE`, affects: 'the membership of that device'},
    ],
    references: [
      'moby daemon/libnetwork/drivers/overlay/ov_network.go (setupSubnetSandbox)',
      'ip-link(8), master',
    ],
    explains: ['fdb-row-missing', 'neighbour-missing'],
  },
] as const satisfies readonly Explanation[];
