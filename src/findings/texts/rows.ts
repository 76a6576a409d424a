import type {Explanation} from '../explanation.js';

const inSandbox = 'nsenter --net=/var/run/docker/netns/N-NETWORKID';

const look = {command: 'ovdiag fdb NETWORK'};
const showFdb = {command: `${inSandbox} bridge -s fdb show dev VXLAN`};
const showNeighbours = {command: `${inSandbox} ip neigh show dev VXLAN nud permanent`};

const programFdb = {
  command: `${inSandbox} bridge fdb replace MAC dev VXLAN dst VTEP self permanent`,
  affects: 'that one row; Docker itself changes it when the endpoint goes',
};
const programNeighbour = {
  command: `${inSandbox} ip neigh replace ADDRESS lladdr MAC dev VXLAN nud permanent`,
  affects: 'that one row; Docker itself changes it when the endpoint goes',
};
const renew = {
  command: 'docker service update --force SERVICE',
  affects: 'every task of the service: each is replaced, and programmed again everywhere',
};
const restart = {
  command: 'systemctl restart docker',
  affects: 'every container of that node; its networks are rebuilt',
};

const peerdb = 'moby daemon/libnetwork/drivers/overlay/peerdb.go';
const snoop = 'Linux drivers/net/vxlan/vxlan_core.c (vxlan_snoop)';

/** Faults of the rows that Docker programs for endpoints of other hosts, and of the gossip they come from. */
export const rowTexts = [
  {
    code: 'fdb-learned-only',
    title: 'a remote endpoint has only a learned FDB entry, which will age out',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'The row that Docker should have programmed is not there; the vxlan device has learned the MAC from a frame and sends by that. Traffic passes for now. When the row has been idle for the ageing time, everything for that endpoint is dropped.',
    behaviour:
      'Engines from 29.0 (and 25.0.13) add rows exclusively. After a short partition Docker deletes a row and adds it again; if a frame came in between, the kernel has learned the MAC, the addition fails, and only the learned row is left.',
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
      'A row that Docker made while the endpoint, or the one that had its address before, was on another host was not removed when it came here. Delivery goes on, as the bridge knows the port; but the vxlan device may answer ARP for it, and the row hits again when the endpoint has been silent.',
    behaviour:
      'The bridge sends to the port where it saw the MAC. While it has not seen it, it floods, and the vxlan device sends a copy to the other host, which may send it back: then the bridge has the MAC behind the tunnel.',
    check: [look, showFdb],
    fix: [
      {command: `${inSandbox} bridge fdb del MAC dev VXLAN self`, affects: 'that row'},
      {command: `${inSandbox} ip neigh del ADDRESS dev VXLAN`, affects: 'that row'},
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
      'Frames for the endpoint are sent to the host that they come from. It is an error where the endpoint is on another host, a warning where no source has it any more.',
    behaviour:
      'The kernel hands a packet for a VTEP of its own back to itself; the vxlan device takes it for a frame of another host, and it is lost.',
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
      'Some source that is to be believed has the endpoint, and this host has no row that tells where to send its frames: everything for it is dropped here. One node gets timeouts from a service, others do not.',
    behaviour:
      'No row for all MACs exists on Docker’s devices, so a frame for a MAC without a row is dropped and counted as TX dropped of the vxlan device (NO_TX_TARGET). If the neighbour entry is there, ARP resolves all the same, and connections hang; without it they fail with "No route to host".',
    check: [
      look,
      showFdb,
      {
        command: `${inSandbox} ip monitor neigh`,
        shows: 'prints "miss dev VXLAN lladdr MAC" for each frame that has no row',
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
      'Docker made the row and did not remove it. Nobody is cut off by it now. As the MAC of an endpoint follows its address, the next endpoint with that address will be sought on the wrong node, and its own frames dropped here.',
    behaviour:
      'Rows are permanent: they never age. Engines 28.2.0 to 28.2.2 leak one for each remote endpoint that goes.',
    check: [look, {command: 'docker network inspect --verbose NETWORK'}],
    fix: [
      {command: `${inSandbox} bridge fdb del MAC dev VXLAN self`, affects: 'that row'},
      {command: `${inSandbox} ip neigh del ADDRESS dev VXLAN`, affects: 'that row'},
    ],
    references: ['moby/moby#50236', 'moby/moby#35401', 'moby/moby#31588', peerdb],
  },
  {
    code: 'fdb-wrong-vtep',
    title: 'the FDB entry of a remote endpoint has the VTEP of another node',
    severity: 'error',
    needs: 'one host',
    meaning:
      'This host sends the frames for that endpoint to a node that does not have it. After a task has moved with its address, a row of the earlier node was left.',
    behaviour:
      'The wrong node drops the frames, or has no network of that VNI. The other direction is dead as well: frames from that endpoint come from another VTEP than the row names, and the kernel drops them without any counter.',
    check: [
      look,
      showFdb,
      {command: 'docker network inspect --verbose NETWORK', shows: 'Host IP is the VTEP'},
    ],
    fix: [programFdb, renew],
    references: ['moby/moby#35401', 'moby/moby#50236', 'moby/moby#44283', peerdb],
    explains: ['receiver-source-stale', 'silent-drop-observed', 'hosts-disagree'],
  },
  {
    code: 'gossip-differs',
    title: 'two hosts have different gossip about an endpoint',
    severity: 'error',
    needs: 'several hosts',
    meaning:
      'One host has the endpoint, and gossip on another does not know it, or has it elsewhere; or two hosts’ gossip differ about an endpoint of a third. The host that lacks it neither resolves its name nor reaches it.',
    behaviour:
      'Each node keeps its own copy of the tables and compares it with another node’s every half minute. A node that missed the message with which another one joined a network can refuse all its entries from then on.',
    check: [
      {command: 'docker network inspect --verbose NETWORK', shows: 'on each of the two hosts'},
      {command: 'nslookup tasks.SERVICE 127.0.0.11', shows: 'inside a container of each host'},
    ],
    fix: [renew, restart],
    references: ['moby/moby#53437', 'moby/moby#47728', 'moby/moby#53141', 'moby daemon/libnetwork/networkdb'],
    explains: ['fdb-row-missing', 'fdb-stale', 'fdb-wrong-vtep', 'gossip-kernel-differs', 'hosts-disagree'],
  },
  {
    code: 'gossip-kernel-differs',
    title: 'gossip lists a node on this network that no FDB entry points to',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Every node that is on an overlay network has at least its load balancer there, so there are rows for it on all others. Gossip has the node, and the kernel has nothing of it: none of its endpoints is reached from here.',
    behaviour:
      'The list of nodes and the table of endpoints come by separate messages. A node can be known while all its entries are refused or lost.',
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
      'The rows of two hosts name different VTEPs, or different MACs, for one endpoint. The engine that runs it was not read, so which of them is right is not known; one of them does not reach it.',
    behaviour:
      'Each host sends where its own row says. The wrong one sends to a node that drops the frames, and drops those that come from the endpoint.',
    check: [
      {command: 'ovdiag fdb NETWORK --host HOST --host HOST'},
      {
        command: 'ovdiag doctor with the --host of the nodes that the rows name',
        shows: 'tells which of them has the endpoint',
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
      'This host knows where the MAC of the endpoint is, and not which MAC its address has. Containers here get "No route to host" as soon as what they remember of it has aged.',
    behaviour:
      'No ARP request crosses the tunnel: the vxlan device answers from its permanent neighbour entries, and has none for this address. The request is dropped, and the kernel announces an l3miss.',
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
      'Containers here learn a MAC for that address that the endpoint does not have, and everything that they send to it is lost on the way or at its interface.',
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
      'The sender’s own engine says where it is. The receiver has a permanent row that puts the sender’s MAC behind another VTEP. Nothing that the sender sends reaches endpoints of that host, and nothing on the way or on either host counts it.',
    behaviour:
      'A vxlan device that learns compares the outer source address with the row of the inner source MAC. Where a permanent row says otherwise it discards the frame (VXLAN_ENTRY_EXISTS). RX counters do not move.',
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
      'The ages of two rows, in two readings, prove that frames of that MAC arrived between them and did not go on. They come from another address than the row of the sender names: translated on the way (NAT), or sent from a second address of the node.',
    behaviour:
      'The kernel refreshes the age of the vxlan device’s row with each frame that arrives, even with those that it then drops; the bridge’s row is refreshed only by what goes on. A fresh one beside an old one is a frame that was dropped between the two.',
    check: [
      {
        command: `${inSandbox} bridge -s fdb show`,
        shows: '"used U/UPDATED" of the two rows of the MAC',
      },
      {
        command: 'tcpdump -ni any udp port 4789',
        shows: 'the outer source address against the VTEP in the row',
      },
      {command: 'ip route get VTEP', shows: 'its src must be the address that the node advertises'},
      {command: 'iptables -t nat -S POSTROUTING', shows: 'UDP of the data path must not be translated'},
    ],
    fix: [
      {
        words:
          'On the sender: let packets to the receiver leave from the address that the node advertises (ip route replace … src), or take the address translation of UDP 4789 out of the way between them.',
      },
    ],
    references: [snoop, 'moby/moby#53004', 'moby/moby#47389'],
  },
] as const satisfies readonly Explanation[];
