import type {Explanation} from '../explanation.js';

const inSandbox = 'nsenter --net=/var/run/docker/netns/N-NETWORKID';

const look = {command: 'ovdiag fdb NETWORK'};
const showFdb = {command: `${inSandbox} bridge -s fdb show dev VXLAN`};
const showNeighbours = {command: `${inSandbox} ip neigh show dev VXLAN nud permanent`};

const programFdb = {
  command: `${inSandbox} bridge fdb replace MAC dev VXLAN dst VTEP self permanent`,
  affects: 'that one entry; Docker itself changes it when the endpoint is removed',
};
const programNeighbour = {
  command: `${inSandbox} ip neigh replace ADDRESS lladdr MAC dev VXLAN nud permanent`,
  affects: 'that one entry; Docker itself changes it when the endpoint is removed',
};
const renew = {
  command: 'docker service update --force SERVICE',
  affects: 'every task of the service: each is replaced, and programmed again everywhere',
};
const restart = {
  command: 'systemctl restart docker',
  affects: 'every container of that node; its networks are recreated',
};

const peerdb = 'moby daemon/libnetwork/drivers/overlay/peerdb.go';
const snoop = 'Linux drivers/net/vxlan/vxlan_core.c (vxlan_snoop)';

/** Faults of the FDB and neighbour entries of remote endpoints, and of the gossip they come from. */
export const rowTexts = [
  {
    code: 'fdb-learned-only',
    title: 'a remote endpoint has only a learned FDB entry, which will age out',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'The FDB entry that Docker should have programmed is missing; the vxlan device has learned the MAC from a frame and uses the learned entry. Traffic passes for now. Once the entry has been idle for the ageing time, all frames for that endpoint are dropped.',
    behaviour:
      'Engines from 29.0 (and 25.0.13) add FDB entries exclusively. After a short partition Docker deletes an entry and adds it again; if a frame arrived in between, the kernel has learned the MAC, the addition fails, and only the learned entry is left.',
    check: [look, showFdb],
    fix: [programFdb, renew],
    references: ['moby/moby#52661', 'moby/moby#53663', peerdb],
  },
  {
    code: 'fdb-local-as-remote',
    title: 'a remote FDB entry exists for a local endpoint',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'Docker created an entry while the endpoint, or the previous one with its address, was on another host, and did not remove it when it moved here. Delivery still works, as the bridge has the port; but the vxlan device may answer ARP for it, and the entry is used again once the endpoint has been silent.',
    behaviour:
      'The bridge sends to the port where it last saw a MAC. Without an entry it floods, and the vxlan device sends a copy to the other host, which may send it back: then the bridge has the MAC on the vxlan device.',
    check: [look, showFdb],
    fix: [
      {command: `${inSandbox} bridge fdb del MAC dev VXLAN self`, affects: 'that entry'},
      {command: `${inSandbox} ip neigh del ADDRESS dev VXLAN`, affects: 'that entry'},
    ],
    references: ['moby/moby#34957', 'moby/moby#35401', peerdb],
    explains: ['local-mac-on-vxlan'],
  },
  {
    code: 'fdb-points-home',
    title: "an FDB entry for a remote endpoint has this host's own VTEP",
    severity: 'error',
    needs: 'one host',
    meaning:
      'Frames for the endpoint are sent back to this host. It is an error if the endpoint is on another host, a warning if no source lists it any more.',
    behaviour:
      'The kernel delivers a packet for a VTEP of its own locally; the vxlan device treats it as a frame of another host, and it is lost.',
    check: [look, showFdb],
    fix: [programFdb, renew],
    references: ['Linux drivers/net/vxlan/vxlan_core.c (encap_bypass_if_local)', peerdb],
    explains: ['receiver-source-stale', 'silent-drop-observed'],
  },
  {
    code: 'fdb-row-missing',
    title: 'a remote endpoint has no FDB entry',
    severity: 'error',
    needs: 'one host',
    meaning:
      'A reliable source lists the endpoint, but this host has no FDB entry for it: all frames for it are dropped here. One node gets timeouts from a service, others do not.',
    behaviour:
      'Docker\'s devices have no default FDB entry for all MACs, so a frame for a MAC without an entry is dropped and counted as TX dropped of the vxlan device (NO_TX_TARGET). If the neighbour entry exists, ARP still resolves, and connections hang; without it they fail with "No route to host".',
    check: [
      look,
      showFdb,
      {
        command: `${inSandbox} ip monitor neigh`,
        shows: 'prints "miss dev VXLAN lladdr MAC" for each frame without an FDB entry',
      },
      {command: `${inSandbox} ip -s link show VXLAN`, shows: 'TX dropped rises'},
    ],
    fix: [programFdb, renew, restart],
    references: ['moby/moby#52661', 'moby/moby#53663', 'moby/moby#35807', peerdb],
    explains: ['l2-miss', 'l3-miss', 'vxlan-tx-dropped'],
  },
  {
    code: 'fdb-stale',
    title: 'stale entry: no source knows the endpoint',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'Docker created the entry and did not remove it. No endpoint is affected now. As the MAC of an endpoint is derived from its address, frames for the next endpoint with that address are sent to the wrong node, and its own frames are dropped here.',
    behaviour:
      'The entries are permanent: they never age. Engines 28.2.0 to 28.2.2 leak one for each remote endpoint that is removed.',
    check: [look, {command: 'docker network inspect --verbose NETWORK'}],
    fix: [
      {command: `${inSandbox} bridge fdb del MAC dev VXLAN self`, affects: 'that entry'},
      {command: `${inSandbox} ip neigh del ADDRESS dev VXLAN`, affects: 'that entry'},
    ],
    references: ['moby/moby#50236', 'moby/moby#35401', 'moby/moby#31588', peerdb],
  },
  {
    code: 'fdb-wrong-vtep',
    title: 'the FDB entry of a remote endpoint has the VTEP of another node',
    severity: 'error',
    needs: 'one host',
    meaning:
      'This host sends the frames for that endpoint to a node that does not have it. After a task moved with its address, an entry for the earlier node was left.',
    behaviour:
      'The wrong node drops the frames, or has no network of that VNI. The other direction fails as well: frames from that endpoint come from another VTEP than the FDB entry has, and the kernel drops them without any counter.',
    check: [
      look,
      showFdb,
      {command: 'docker network inspect --verbose NETWORK', shows: 'Host IP is the VTEP'},
    ],
    fix: [programFdb, renew],
    references: ['moby/moby#35401', 'moby/moby#50236', 'moby/moby#44283', peerdb],
    explains: ['receiver-source-stale', 'silent-drop-observed', 'hosts-disagree', 'icmp-unreachable'],
  },
  {
    code: 'gossip-differs',
    title: 'two hosts have different gossip about an endpoint',
    severity: 'error',
    needs: 'several hosts',
    meaning:
      'One host has the endpoint, and gossip on another does not list it, or lists it elsewhere; or the gossip of two hosts differs about an endpoint of a third. The host that lacks it neither resolves its name nor reaches it.',
    behaviour:
      "Each node keeps its own copy of the tables and compares it with another node's every 30 seconds. A node that missed the message with which another node joined a network can refuse all its entries from then on.",
    check: [
      {command: 'docker network inspect --verbose NETWORK', shows: 'on each of the two hosts'},
      {command: 'nslookup tasks.SERVICE 127.0.0.11', shows: 'inside a container of each host'},
    ],
    fix: [renew, restart],
    references: ['moby/moby#53437', 'moby/moby#47728', 'moby/moby#53141', 'moby daemon/libnetwork/networkdb'],
    explains: [
      ...['fdb-row-missing', 'fdb-stale', 'fdb-wrong-vtep', 'gossip-kernel-differs', 'hosts-disagree'],
      ...['gossip-peer-missing', 'gossip-task-differs'],
    ],
  },
  {
    code: 'gossip-kernel-differs',
    title: 'gossip lists a node on this network that no FDB entry points to',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Every node on an overlay network has at least its load balancer there, so all other nodes have entries for it. Gossip lists the node, and the kernel has no entry for it: none of its endpoints can be reached from here.',
    behaviour:
      'The list of nodes and the table of endpoints are sent in separate messages. A node can be listed while all its entries are refused or lost.',
    check: [{command: "docker network inspect -f '{{json .Peers}}' NETWORK"}, showFdb],
    fix: [restart],
    references: ['moby/moby#53437', 'moby/moby#33721', 'moby/swarmkit#2276', peerdb],
    explains: ['fdb-row-missing', 'l2-miss', 'l3-miss', 'vxlan-tx-dropped'],
    // Gossip does not list load balancers: their entries are known from the host that has them.
    restores: ['fdb-row-missing'],
  },
  {
    code: 'hosts-disagree',
    title: 'two hosts have different VTEPs for one endpoint',
    severity: 'error',
    needs: 'several hosts',
    meaning:
      'The FDB or neighbour entries of two hosts have different VTEPs, or different MACs, for one endpoint. The engine that runs it was not read, so it is not known which entry is right; one of the hosts does not reach it.',
    behaviour:
      'Each host sends to the VTEP in its own entry. The host with the wrong entry sends to a node that drops the frames, and drops frames that come from the endpoint.',
    check: [
      {command: 'ovdiag fdb NETWORK --host HOST --host HOST'},
      {
        command: 'ovdiag doctor with the --host of the nodes in these entries',
        shows: 'which of them has the endpoint',
      },
    ],
    fix: [renew],
    references: ['moby/moby#35401', 'moby/moby#32195', peerdb],
  },
  {
    code: 'neighbour-missing',
    title: 'a remote endpoint has no neighbour entry',
    severity: 'error',
    needs: 'one host',
    meaning:
      'This host has the VTEP for the endpoint\'s MAC, but no MAC for its address. Containers here get "No route to host" as soon as their cached ARP entry has expired.',
    behaviour:
      'ARP requests do not cross the tunnel: the vxlan device answers from its permanent neighbour entries, and has none for this address. The request is dropped, and the kernel announces an l3miss.',
    check: [
      look,
      showNeighbours,
      {
        command: `${inSandbox} ip monitor neigh`,
        shows: 'prints "miss ADDRESS dev VXLAN" for each request',
      },
    ],
    fix: [programNeighbour, renew],
    references: [peerdb, 'Linux drivers/net/vxlan/vxlan_core.c (arp_reduce)'],
    explains: ['l3-miss'],
  },
  {
    code: 'neighbour-wrong-mac',
    title: 'the neighbour entry of a remote endpoint has another MAC than the endpoint',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Containers here resolve the address to a MAC that the endpoint does not have. All packets to it are lost on the path or at its interface.',
    behaviour:
      'The vxlan device answers ARP from its neighbour entry. Frames for the wrong MAC have no FDB entry and are dropped, or go to another node.',
    check: [look, showNeighbours],
    fix: [programNeighbour, renew],
    references: [peerdb, 'Linux drivers/net/vxlan/vxlan_core.c (arp_reduce)'],
    explains: ['fdb-stale', 'fdb-row-missing'],
  },
  {
    code: 'receiver-source-stale',
    title: 'a host drops all frames of a sender, because its FDB entry for the sender has another VTEP',
    severity: 'error',
    needs: 'several hosts',
    meaning:
      "The sender's own engine has its location. The receiver has a permanent FDB entry with the sender's MAC at another VTEP. None of the sender's frames reach endpoints of that host, and no counter on the path or on either host shows it.",
    behaviour:
      'A vxlan device with learning compares the outer source address with the FDB entry of the inner source MAC. If a permanent entry has another address, it drops the frame (VXLAN_ENTRY_EXISTS). RX counters do not rise.',
    check: [
      showFdb,
      {command: 'tcpdump -ni any udp port 4789', shows: 'on the receiver: the frames do arrive'},
    ],
    fix: [programFdb, renew],
    references: [snoop, 'moby/moby#35401', 'RFC 7348, section 4.2'],
    explains: ['silent-drop-observed'],
  },
  {
    code: 'silent-drop-observed',
    title: 'frames of a sender reach a host, and the host drops them without a counter',
    severity: 'error',
    needs: 'a sample over time',
    meaning:
      "The ages of two FDB entries, read twice, prove that frames of that MAC arrived in between and were not forwarded. Their outer source address differs from the VTEP in the sender's FDB entry: it was translated on the path (NAT), or they were sent from a second address of the node.",
    behaviour:
      "The kernel refreshes the age of the vxlan device's FDB entry with each frame that arrives, even with frames that it then drops; the bridge's entry is refreshed only by forwarded frames. A fresh vxlan entry with an old bridge entry means that a frame was dropped between the two.",
    check: [
      {
        command: `${inSandbox} bridge -s fdb show`,
        shows: '"used U/UPDATED" of the two FDB entries of the MAC',
      },
      {
        command: 'tcpdump -ni any udp port 4789',
        shows: 'the outer source address, to compare with the VTEP in the FDB entry',
      },
      {command: 'ip route get VTEP', shows: 'its src must be the address that the node advertises'},
      {command: 'iptables -t nat -S POSTROUTING', shows: 'the UDP data path must not be translated'},
    ],
    fix: [
      {
        words:
          'On the sender: send packets to the receiver from the address that the node advertises (ip route replace … src), or remove the address translation of UDP 4789 between them.',
      },
    ],
    references: [snoop, 'moby/moby#53004', 'moby/moby#47389'],
  },
] as const satisfies readonly Explanation[];
