import {type ContractSection, doctor, none, probe} from './row.js';

/** What engines log is read, and shown under what it explains. */
const logProvesNothing = 'a line explains a finding; a log without one proves nothing';

/** Sections 8 to 12, and what overlays need of other documents. */
export const wireSections: readonly ContractSection[] = [
  {
    title: '8 Outbound traffic',
    rows: [
      doctor('8.0.1', 'B', 'A container on a network that is not internal reaches the outside', [
        'gwbridge-missing',
        'gwbridge-address-missing',
        'gwbridge-leg-missing',
        'container-route-missing',
        'docker-rules-missing',
        'forward-filtered',
      ]),
      doctor('8.0.2', 'B', 'The outside sees the address of the node', ['masquerade-missing']),
      doctor('8.0.3', 'B', 'A container only on internal overlays does not reach the outside', [
        'internal-leaks',
      ]),
      doctor('8.0.4', 'B', 'The default route is on no internal network', ['default-route-on-overlay']),
      doctor('8.1.1', 'C', 'A node has docker_gwbridge within 120 s of init or join', ['gwbridge-missing']),
      doctor('8.1.2', 'C', 'Without ingress it comes with the first container on an overlay', [
        'gwbridge-missing',
      ]),
      doctor('8.1.3', 'B', 'Network and bridge are called docker_gwbridge', ['gwbridge-missing']),
      none(
        '8.1.4',
        'B',
        'A docker_gwbridge that an operator made keeps its options',
        'who made it is not kept',
      ),
      doctor(
        '8.1.5',
        'C',
        'Between containers docker_gwbridge does not forward',
        ['bridge-netfilter-off'],
        'nftables',
      ),
      doctor('8.1.6', 'B', 'Gateway addresses of containers are closed to the underlay', ['gwbridge-open']),
    ],
  },
  {
    title: '9 Encryption',
    rows: [
      doctor('9.1', 'B', 'No VXLAN of an encrypted network is sent in clear', [
        'encryption-mark-missing',
        'cleartext-risk',
      ]),
      doctor('9.2', 'C', 'It is ESP in transport mode', [
        'esp-filtered-in',
        'esp-filtered-out',
        'xfrm-state-missing',
        'xfrm-state-odd',
      ]),
      doctor('9.3', 'C', 'States use AES-GCM with a 64-bit ICV', ['xfrm-state-odd']),
      doctor('9.4', 'B', 'VXLAN in clear for an encrypted VNI is dropped', ['encryption-drop-missing']),
      doctor('9.5', 'B', 'Unencrypted networks pass beside encrypted ones', [
        'data-path-filtered-in',
        'data-path-filtered-out',
      ]),
      doctor('9.6', 'B', 'A network with the VNI of a deleted encrypted one passes', [
        'data-path-filtered-in',
        'encryption-rule-leftover',
      ]),
      doctor('9.7', 'B', 'Key rotation loses nothing', ['xfrm-spi-mismatch', 'xfrm-errors']),
      doctor('9.8', 'B,C', 'A node without keys rejects tasks of encrypted networks', ['task-rejected']),
      doctor('9.9', 'B,C', 'A node without XFRM rejects them', ['encryption-unsupported']),
    ],
  },
  {
    title: '10 On the wire',
    rows: [
      doctor('10.1.1', 'B', 'Endpoints are reached whether address and MAC were set or not', [
        'fdb-row-missing',
        'neighbour-wrong-mac',
        'duplicate-mac',
      ]),
      doctor(
        '10.1.2',
        'B',
        'Two successive releases work together',
        ['engine-versions-mixed', 'xfrm-spi-mismatch'],
        'known incompatibilities only',
      ),
      doctor(
        '10.1.3',
        'B',
        'Nodes with iptables and with nftables work together',
        ['data-path-filtered-in', 'xfrm-state-missing'],
        'what Docker keeps in nftables',
      ),
      doctor('10.2.1', 'B', 'Unencrypted: UDP to the data-path port', [
        'data-path-port-differs',
        'data-path-port-closed',
      ]),
      doctor('10.2.2', 'B', 'Unencrypted: a VXLAN header with the VNI of the subnet', ['vni-missing']),
      none('10.2.3', 'B', 'Unencrypted: the Ethernet frame of the container follows', 'decode shows it'),
      none('10.3.1', 'B', 'Encrypted: the same inside ESP', 'keys are never read'),
    ],
  },
  {
    title: '11.1 Restart',
    rows: [
      doctor('11.1.1', 'B', 'After a restart of the engine tasks and ports are reached', [
        'fdb-row-missing',
        'neighbour-missing',
        'ingress-dnat-missing',
        'vxlan-missing',
      ]),
      probe('11.1.2', 'B', 'A restart on one node does not disturb flows of others'),
      doctor('11.1.3', 'B', 'What a killed engine left goes when its network is used again', [
        'network-two-epochs',
        'vxlan-device-leftover',
      ]),
      doctor('11.1.4', 'B', 'Or when another network with one of its VNIs is used', [
        'vni-held-twice',
        'vxlan-missing',
      ]),
      doctor('11.1.5', 'C', 'Until then it stays', ['namespace-orphan']),
      doctor('11.1.6', 'B', 'A VNI of before carries traffic again', ['vni-held-twice', 'vxlan-missing']),
      doctor('11.1.7', 'B', 'All other namespaces of the engine are removed', ['namespace-orphan']),
      doctor('11.1.8', 'B', 'After swarm leave only ingress is listed', ['network-left-on-node']),
    ],
  },
  {
    title: '11.2 Convergence',
    rows: [
      doctor('11.2.1', 'B', 'An address that moved is reached at its new place within 300 s', [
        'fdb-wrong-vtep',
        'fdb-stale',
        'fdb-points-home',
        'receiver-source-stale',
      ]),
      doctor('11.2.2', 'B', 'Also where its MAC changed', ['neighbour-wrong-mac', 'fdb-wrong-vtep']),
      doctor('11.2.3', 'B', 'A task that was replaced elsewhere is reached within 300 s', [
        'fdb-row-missing',
        'gossip-differs',
      ]),
      doctor('11.2.4', 'C', 'In a partition each side drops the other from Peers within 120 s', [
        'gossip-peer-stale',
      ]),
      doctor(
        '11.2.5',
        'C',
        'Then no entry leads to the other side',
        ['node-down', 'fdb-stale', 'gossip-peer-stale'],
        'nodes that the manager calls down',
      ),
      doctor('11.2.6', 'C', 'And no flow to a VIP', ['ipvs-backend-stale']),
      doctor('11.2.7', 'C', 'No vxlan device has an entry for an endpoint of its own node', [
        'fdb-local-as-remote',
      ]),
      doctor('11.2.8', 'B', 'After a partition both sides reach each other within 180 s', [
        'gossip-differs',
        'gossip-kernel-differs',
        'fdb-row-missing',
      ]),
      doctor('11.2.9', 'B', 'And for longer than learned entries live', [
        'fdb-learned-only',
        'engine-fdb-bug',
      ]),
      doctor('11.2.10', 'C', 'Also where containers sent meanwhile', ['fdb-learned-only']),
      doctor('11.2.11', 'B', 'Tasks on a node that joined again are reached within 120 s', [
        'fdb-row-missing',
        'gossip-differs',
        'gossip-kernel-differs',
      ]),
      doctor('11.2.12', 'B', 'Its ports answer within 120 s', [
        'ingress-dnat-missing',
        'ipvs-backend-missing',
      ]),
      doctor('11.2.13', 'B', 'Flows to a node that left end within 120 s', ['ipvs-backend-stale']),
      doctor('11.2.14', 'C', 'So do the entries for its endpoints', ['fdb-stale']),
    ],
  },
  {
    title: '11.3 Changes of services',
    rows: [
      doctor(
        '11.3.1',
        'B',
        'The VIP answers during an update that keeps a task',
        ['ipvs-no-backend'],
        'the moment of reading only',
      ),
      doctor('11.3.2', 'B', 'After it new flows reach running tasks within 300 s', [
        'ipvs-backend-stale',
        'ipvs-backend-missing',
      ]),
      doctor('11.3.3', 'B', 'From vip to dnsrr: the old VIP is dead', ['vip-left']),
      doctor('11.3.4', 'B', 'From dnsrr to vip: the VIP is balanced', [
        'vip-alias-missing',
        'vip-mark-missing',
      ]),
      doctor('11.3.5', 'B', 'On a network that was added the service is reached', [
        'vip-alias-missing',
        'vip-mark-missing',
      ]),
      doctor('11.3.6', 'B', 'On a network that was removed it has no VIP', ['vip-left']),
      doctor('11.3.7', 'B', 'A network that was deleted while tasks start is used or gone', [
        'network-left-on-node',
      ]),
    ],
  },
  {
    title: '11.4 Scale',
    rows: [
      doctor('11.4.1', 'B', 'VNIs are never given twice', ['vni-held-twice', 'vni-shared']),
      doctor('11.4.2', 'B', 'A hundred overlays work at once', ['fdb-row-missing', 'vxlan-missing']),
      doctor('11.4.3', 'C', 'A network that can not be allocated has no driver', ['network-not-allocated']),
      doctor('11.4.4', 'C', 'Its tasks stay New', ['task-stuck']),
      none('11.4.5', 'C', 'The leader logs why', logProvesNothing),
      doctor('11.4.6', 'B', 'One port number can be published for TCP and for UDP', ['ingress-dnat-missing']),
    ],
  },
  {
    title: '11.5 Change of the firewall backend',
    rows: [
      doctor('11.5.1', 'B', 'Tasks are reached after a change of the backend', [
        'fdb-row-missing',
        'encryption-mark-missing',
        'encryption-drop-missing',
      ]),
      doctor('11.5.2', 'B', 'From nftables to iptables: ports answer', [
        'ingress-dnat-missing',
        'docker-rules-missing',
      ]),
      doctor(
        '11.5.3',
        'C*',
        'From iptables to nftables: ports answer',
        ['forward-filtered', 'rules-of-other-generation'],
        'published ports',
      ),
      probe('11.5.4', 'B', 'A rolling change does not disturb other nodes'),
    ],
  },
  {
    title: '11.6 What is logged',
    rows: [
      none('11.6.1', 'B', 'Load balancing that can not be set up is logged', logProvesNothing),
      none('11.6.2', 'B,C', 'A port that can not be published is logged', logProvesNothing),
      none('11.6.3', 'B', 'An entry that can not be written is logged', logProvesNothing),
      none('11.6.4', 'C', 'An IPsec state that can not be written is logged', logProvesNothing),
      none('11.6.5', 'B', 'A failure that repeats is logged again', logProvesNothing),
      doctor('11.6.6', 'B', 'When its cause is gone new tasks get flows', ['ipvs-backend-missing']),
      doctor('11.6.7', 'C', 'Services look complete while the data plane of a node is wrong', [
        'fdb-row-missing',
        'ipvs-backend-missing',
        'ingress-dnat-missing',
      ]),
    ],
  },
  {
    title: '12 Packet filters',
    rows: [
      doctor('12.1.1', 'C*', 'The nftables chains for overlays have their hooks and priorities', [
        'nft-hook-moved',
      ]),
      doctor('12.1.2', 'C', 'Encrypted VNIs are in the set of that table', [
        'encryption-mark-missing',
        'encryption-drop-missing',
      ]),
      doctor('12.1.3', 'C', 'After the last encrypted network that set is empty', [
        'encryption-rule-leftover',
      ]),
      doctor('12.2.1', 'B', 'Rules in DOCKER-USER apply to published ports', ['docker-rules-missing']),
      doctor('12.2.2', 'B', 'A rule that accepts VXLAN opens no encrypted network', [
        'encryption-drop-missing',
      ]),
      doctor('12.3.1', 'B', 'No encryption rule of the other backend is left for a VNI in use', [
        'encryption-rule-leftover',
      ]),
      doctor('12.3.2', 'B,C', 'From 29.8 no chain DOCKER-INGRESS is left', ['rules-of-other-generation']),
      doctor('12.3.3', 'C', 'From iptables to nftables old encryption rules stay until the VNI is used', [
        'encryption-rule-leftover',
      ]),
      doctor('12.3.4', 'C', 'From nftables to iptables the table docker-overlay goes', [
        'encryption-rule-leftover',
      ]),
    ],
  },
  {
    title: 'N Other documents',
    rows: [
      doctor('N1.1', 'C*', 'The nftables chains for bridges have their hooks and priorities', [
        'nft-hook-moved',
      ]),
      doctor('N1.2', 'B', 'FORWARD jumps to DOCKER-USER', ['docker-rules-missing'], 'IPv6'),
      doctor('N1.3', 'B', 'No rules of the other backend are left', [
        'docker-rules-two-backends',
        'rules-of-other-generation',
      ]),
      doctor('N1.4', 'C*', 'With nftables the iptables policy of FORWARD stays', ['forward-filtered']),
      doctor('N1.5', 'B', 'Ports answer after a reload of firewalld', ['docker-rules-missing']),
      doctor('N1.6', 'B', 'The iptables backend turns ip_forward on', ['ip-forward-off']),
      doctor('N1.7', 'C*', 'The nftables backend does not start without ip_forward', [
        'engine-refuses-swarm',
      ]),
      doctor('N2.1', 'B', '/etc/hosts has the addresses of the container', ['hosts-file-odd']),
    ],
  },
];
