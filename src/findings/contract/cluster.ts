import {type ContractSection, doctor, none, probe} from './row.js';

const rowsAnyKind = ['fdb-row-missing', 'fdb-wrong-vtep', 'fdb-stale', 'fdb-learned-only'] as const;

/** Sections 1 and 2: nodes and networks. */
export const clusterSections: readonly ContractSection[] = [
  {
    title: '1 Cluster and nodes',
    rows: [
      doctor('1.1', 'B', 'VXLAN for a node goes to its data-path address', [
        'fdb-wrong-vtep',
        'hosts-disagree',
      ]),
      doctor('1.2', 'B', 'Without a data-path address it goes to the advertise address', ['fdb-wrong-vtep']),
      doctor(
        '1.3',
        'C',
        'A data-path interface stands for its address at init or join, also when that changes later',
        ['vtep-not-local'],
      ),
      doctor('1.4', 'C', 'The route to the peer selects the outer source address', [
        'outer-source-mismatch',
        'silent-drop-observed',
      ]),
      doctor('1.5', 'B', 'All nodes use one UDP data-path port, 4789 by default', [
        'data-path-port-differs',
        'data-path-port-closed',
      ]),
      doctor('1.6', 'B', 'Windows nodes use UDP 4789 only', ['windows-node-unlike']),
      doctor('1.7', 'C', 'Gossip uses TCP and UDP 7946', ['gossip-port-filtered', 'gossip-listener-missing']),
      doctor('1.8', 'B', 'Gossip goes to the advertise address of a node', ['gossip-address-differs']),
      doctor('1.9', 'B', 'Each node listens on TCP and UDP 7946', ['gossip-listener-missing']),
      none('1.10', 'B', 'Gossip on the wire is encrypted', 'captures of port 7946 are not decoded'),
      doctor('1.11', 'B', 'An IPv6 data-path address gives IPv6 outer packets', ['vtep-family-mixed']),
      doctor('1.12', 'C', 'Nodes with data-path addresses of different IP versions do not reach each other', [
        'vtep-family-mixed',
      ]),
      doctor('1.13', 'B,C', 'An engine with live-restore does not start as a node of a swarm', [
        'engine-refuses-swarm',
      ]),
      doctor(
        '1.14',
        'C',
        'With the nftables backend an engine needs the feature swarm-nftables to start as a node',
        ['engine-refuses-swarm'],
      ),
      none(
        '1.15',
        'B,C',
        'Subnets that were not chosen are in the default address pool',
        'whether a subnet was asked for is not kept',
      ),
    ],
  },
  {
    title: '2.1 Options of an overlay',
    rows: [
      doctor('2.1.1', 'B', 'The mtu option is the MTU before encapsulation', ['mtu-unlike-option']),
      doctor('2.1.2', 'B', 'vxlanid_list gives the VNIs, one per subnet', ['vni-missing'], 'the order'),
      doctor('2.1.3', 'C', 'The options encrypted and dsr act by presence, whatever their value', [
        'encryption-mark-missing',
        'xfrm-state-missing',
        'dsr-not-programmed',
      ]),
      doctor('2.1.4', 'B', 'The option dsr selects direct server return for VIPs', ['dsr-not-programmed']),
    ],
  },
  {
    title: '2.2 Swarm-scoped networks',
    rows: [
      doctor('2.2.1', 'B', 'A manager shows the driver of a network within 30 s', ['network-not-allocated']),
      doctor('2.2.2', 'C', 'A local network of the same name makes a node reject the tasks', [
        'network-name-twice',
        'task-rejected',
      ]),
      doctor('2.2.3', 'C', 'A worker lists a swarm network only while something on it is attached', [
        'network-left-on-node',
      ]),
      doctor('2.2.4', 'B', 'A container on an attachable network has an address there', [
        'endpoint-without-interface',
        'container-address-missing',
      ]),
      doctor('2.2.5', 'B', 'An attachment ends when its container stops', ['attachment-left']),
      doctor('2.2.6', 'B,C', 'Node-local swarm networks need their config-only network on each node', [
        'task-rejected',
      ]),
      doctor('2.2.7', 'C', 'Without a network plugin on the leader tasks stay New', ['task-stuck']),
      doctor('2.2.8', 'B,C', 'A task with an interface name that the kernel refuses fails and says so', [
        'task-rejected',
      ]),
      doctor('2.2.9', 'C', 'A service on host and an overlay is accepted, and all its tasks fail', [
        'task-rejected',
      ]),
    ],
  },
  {
    title: '2.3 Overlay networks',
    rows: [
      doctor(
        '2.3.1',
        'C',
        'A network has one VNI per subnet',
        ['vni-shared', 'vni-missing'],
        'the number of VNIs',
      ),
      doctor('2.3.2', 'C', 'A network that asks for a VNI in use is never allocated', [
        'network-not-allocated',
        'vni-shared',
      ]),
      doctor(
        '2.3.3',
        'B',
        'A network that is not allocated does not break the lists',
        ['network-not-allocated'],
        'doctor says which list failed',
      ),
      none('2.3.4', 'C', 'VNIs that managers choose are 4096 or more', 'who chose a VNI is not kept'),
      doctor('2.3.5', 'C', 'An unusable mtu option is accepted, and all tasks fail on the nodes', [
        'task-rejected',
      ]),
      none('2.3.6', 'C', 'Auxiliary addresses are ignored', 'the API does not show what was asked for'),
      doctor(
        '2.3.7',
        'B,C',
        'A static address that is taken or outside the subnets leaves the attachment New',
        ['task-stuck'],
      ),
      doctor(
        '2.3.8',
        'B',
        'A service has one VIP per network, inside its subnet',
        ['vip-odd'],
        'missing VIPs',
      ),
      doctor('2.3.9', 'B', 'Updates and a new leader keep the VIPs', ['vip-changed']),
      doctor('2.3.10', 'B', 'The VIP that verbose inspect shows is balanced', [
        'vip-alias-missing',
        'vip-mark-missing',
        'ipvs-service-missing',
      ]),
      doctor('2.3.11', 'B', 'Verbose inspect lists the healthy tasks within 300 s on every attached node', [
        'gossip-task-differs',
        'gossip-differs',
      ]),
      doctor('2.3.12', 'C', 'Peers lists each node with a local attachment by advertise address', [
        'gossip-peer-missing',
        'gossip-peer-stale',
      ]),
      doctor('2.3.13', 'B', 'The counts of addresses in use and free agree with the size of the subnet', [
        'address-count-odd',
      ]),
      doctor('2.3.14', 'B', 'Addresses are inside the IP range of the network', [
        'address-outside-range',
        'vip-odd',
      ]),
      none('2.3.15', 'C', 'A worker counts its own endpoints only', 'a rule for reading, not a fault'),
      none(
        '2.3.16',
        'C',
        'Verbose services come only from attached nodes',
        'doctor says which gossip it lacks',
      ),
      none(
        '2.3.17',
        'C',
        'A manager without attachment shows the allocation only',
        'a rule for reading, not a fault',
      ),
    ],
  },
  {
    title: '2.4 Ingress network',
    rows: [
      doctor('2.4.1', 'B,C', 'There is one ingress network', ['ingress-network-odd']),
      doctor('2.4.2', 'B', 'Published ports work with a custom subnet of ingress', [
        'ingress-dnat-missing',
        'ingress-mark-missing',
      ]),
      doctor(
        '2.4.3',
        'C',
        'An ingress network of the old form serves ports only where something is attached',
        ['ingress-network-odd'],
      ),
      doctor('2.4.4', 'C', 'A copy of a removed old-form ingress network blocks its subnet', [
        'task-rejected',
      ]),
      doctor('2.4.5', 'C', 'A second ingress network is never allocated', [
        'network-not-allocated',
        'ingress-network-odd',
      ]),
    ],
  },
  {
    title: '3 Inside a container',
    rows: [
      doctor('3.1', 'B', 'The interface has the address that inspect shows', ['container-address-missing']),
      doctor('3.2', 'B', 'The interface has the MAC that inspect shows', ['container-mac-changed']),
      doctor('3.3', 'B', 'After a disconnect the interface is gone', ['interface-without-endpoint']),
      none('3.4', 'C', 'The MAC is made of the address unless it was set', 'a hint in trace, not a fault'),
      doctor('3.5', 'B', 'The MTU inside is the largest packet that passes unfragmented', [
        'mtu-too-small',
        'path-mtu-cached',
        'mtu-unlike-option',
      ]),
      doctor('3.6', 'C', 'Unencrypted: MTU minus 50', ['mtu-unlike-option']),
      doctor('3.7', 'C', 'Encrypted: MTU minus 76, rounded down to a multiple of 4', ['mtu-unlike-option']),
      none(
        '3.8',
        'B',
        'Windows endpoints have the same MTU without the option',
        'Windows nodes are not read',
      ),
      doctor('3.9', 'C', 'Windows ignores the mtu option', ['windows-node-unlike']),
      doctor('3.10', 'B', 'A container on a network that is not internal has a default route', [
        'container-route-missing',
      ]),
      doctor('3.11', 'C', 'A container has a route to each subnet of its network', [
        'container-route-missing',
      ]),
      doctor('3.12', 'B', 'A container only on internal networks has no default route', ['internal-leaks']),
    ],
  },
  {
    title: '4 Container to container',
    rows: [
      doctor('4.1', 'B', 'Unicast passes within and between nodes', [
        ...rowsAnyKind,
        'neighbour-missing',
        'neighbour-wrong-mac',
        'vxlan-down',
        'vxlan-missing',
        'veth-down',
        'veth-not-in-bridge',
        'data-path-filtered-in',
        'data-path-filtered-out',
        'port-not-forwarding',
        'port-locked',
        'ports-isolated',
        'vtep-route-missing',
        'uplink-down',
        'tc-filtered',
        'bridge-filtered',
      ]),
      probe('4.2', 'B', 'Broadcasts reach the containers of the subnet on all nodes'),
      probe('4.3', 'B', 'Multicast reaches the members of the group on all nodes'),
      doctor('4.4', 'B', 'Two subnets of one network reach each other', ['ip-forward-off']),
      doctor(
        '4.5',
        'B',
        'TCP, UDP and SCTP pass',
        [
          'endpoint-filtered',
          'source-filtered',
          'bridge-filtered',
          'data-path-filtered-in',
          'data-path-filtered-out',
        ],
        'SCTP',
      ),
      doctor('4.6', 'B', 'A larger packet with DF fails at the sender', ['mtu-differs']),
      doctor('4.7', 'B', 'Containers without a common overlay do not reach each other there', [
        'interface-without-endpoint',
      ]),
      doctor(
        '4.8',
        'B',
        'Containers of a node do not reach each other over docker_gwbridge',
        ['bridge-netfilter-off'],
        'nftables',
      ),
    ],
  },
];
