import type {Explanation} from '../explanation.js';

const inSandbox = 'nsenter --net=/var/run/docker/netns/N-NETWORKID';

/** The sandbox goes with its last endpoint and is made again with the next. */
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
      'A bridge that is down takes frames from no port. Its ports stay up, so containers notice nothing.',
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
      'Docker makes no such row. A permanent row without the word "self" says that the MAC is an address of the bridge itself, so frames for the endpoint end here. It is easily made by hand, with a forgotten "self" or "static".',
    behaviour: 'The bridge hands frames for that MAC to the sandbox itself, which drops them.',
    check: [{command: `${inSandbox} bridge fdb show br BRIDGE`}],
    fix: [{command: `${inSandbox} bridge fdb del MAC dev PORT master`, affects: 'that row'}],
    references: ['Linux net/bridge/br_fdb.c (BR_FDB_LOCAL)', 'bridge(8), fdb'],
  },
  {
    code: 'local-mac-on-vxlan',
    title: 'the bridge has the MAC of a local endpoint on the vxlan device',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Endpoints on one and the same host do not reach each other, while other hosts are reached. A frame with the MAC of a local endpoint as its source came in by the tunnel: from another endpoint with that MAC, from a loop, or before a task moved here with its address.',
    behaviour:
      'The bridge sends to the port where it last saw a MAC. Frames for the local endpoint go to the vxlan device, which drops them or sends them away, until the endpoint itself sends, or the row has been idle for the ageing time of the bridge (300 s).',
    check: [
      {command: `${inSandbox} bridge fdb show br BRIDGE`},
      {command: `${inSandbox} tcpdump -eni VXLAN ether src MAC`},
    ],
    fix: [
      {
        command: `${inSandbox} bridge fdb del MAC dev VXLAN master`,
        affects: 'that row; the bridge learns the MAC again',
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
      'Frames for one endpoint are handed to another: two of them use one MAC, or a frame with a borrowed MAC was sent from the other.',
    behaviour:
      'The bridge sends to the port where it last saw a MAC. With two senders the row moves from port to port, and each is reached some of the time.',
    check: [
      {command: `${inSandbox} bridge fdb show br BRIDGE`},
      {command: `${inSandbox} bridge monitor fdb`},
    ],
    fix: [
      {
        command: `${inSandbox} bridge fdb del MAC dev PORT master`,
        affects: 'that row; the bridge learns the MAC again',
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
      'A vxlan device that is not of this network has its VNI on the same UDP port. If the network has no device of its own here, its containers do not start ("error creating vxlan interface: file exists") or reach no endpoint on other hosts; else it is a warning: the sandbox can not be rebuilt.',
    behaviour:
      'The kernel allows one device for each VNI and UDP port in a network namespace, that in which the device was made, wherever it was moved afterwards.',
    check: [{command: 'ip -d link show type vxlan'}, {command: 'ovdiag links'}],
    fix: [
      {
        command: 'ip link del DEVICE',
        affects: 'that device, in the namespace where it is; see first whose it is',
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
      'The tunnel of this host and those of the others do not belong together: the sandbox is left of an earlier network of that id or was made by hand. Nothing gets through in either direction.',
    behaviour:
      'A receiver looks for a device with the VNI in the frame and drops the frame when there is none (VXLAN_VNI_NOT_FOUND); no counter moves.',
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
      'Docker’s devices have a temporary name (vx-VNI-NETWORK, ov-VNI-NETWORK) until they are in their sandbox and when they leave it. One with that name in the host’s namespace, or in the namespace of a network that is gone, was left by a setup or a removal that failed. It is an error where the network is here now and has no tunnel because of it.',
    behaviour:
      'The device goes on holding its VNI on the data path’s UDP port. The kernel refuses another one: "error creating vxlan interface: file exists".',
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
      'Endpoints on this host reach each other, but no endpoint on other hosts. Setting the device up again is not enough: its neighbour entries went when it went down, and Docker does not make them again.',
    behaviour:
      'A vxlan device that is down lets go of its UDP socket and VNI, and the kernel flushes its neighbour table; its FDB entries stay. Once it is up, ARP for endpoints of other hosts stays without an answer until the rows are back.',
    check: [{command: `${inSandbox} ip -d link show type vxlan`}],
    fix: [
      {command: `${inSandbox} ip link set VXLAN up`, affects: 'that device'},
      {
        command: `${inSandbox} ip neigh replace ADDRESS lladdr MAC dev VXLAN nud permanent`,
        affects: 'the neighbour entry of one remote endpoint; ovdiag fdb names those that are missing',
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
      'Endpoints of that subnet on this host reach each other, but no endpoint on other hosts. The device was deleted, or could not be made because something else holds its VNI.',
    behaviour:
      'Frames for MACs that are not on this host find no port. Frames that other hosts send meet no device with the VNI and are dropped without a counter.',
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
      'Endpoints on this host reach each other, but no endpoint on other hosts; all rows may be right all the same.',
    behaviour:
      'The bridge can not hand frames to the tunnel, and frames that come in by the tunnel end at the loose device. The container’s ARP is not answered either, as the request does not reach the device.',
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
