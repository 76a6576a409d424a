import type {Explanation} from '../explanation.js';

/** One address, or one MAC, for two endpoints of a network. */
export const duplicateTexts = [
  {
    code: 'duplicate-address',
    title: 'two endpoints of a network have one address',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Two endpoints, or an endpoint and the VIP of a service, have the same address. Which of the two answers depends on the sender. A warning if only gossip lists both: one of them may be gone and only its record left.',
    behaviour:
      'Docker keeps one owner of an address in each kernel. By default the MAC is derived from the address, so the two have one MAC as well, and bridges move its FDB entry from port to port.',
    check: [
      {command: 'docker network inspect --verbose NETWORK'},
      {
        command: 'nsenter --net=/var/run/docker/netns/SANDBOX arping -D -c 2 -I ETH ADDRESS',
        shows: 'reaches the endpoints of this host only, as ARP does not cross the tunnel',
      },
    ],
    fix: [
      {
        command: 'docker network disconnect NETWORK CONTAINER && docker network connect NETWORK CONTAINER',
        affects: 'one of the two: it gets another address',
      },
      {
        command: 'docker service update --force SERVICE',
        affects: 'every task of the service: each is replaced, and gets a new address',
      },
    ],
    references: ['moby/moby#33795', 'moby/moby#41576', 'moby/moby#40989', 'moby/moby#32738'],
    explains: [
      'duplicate-mac',
      'mac-behind-other-port',
      'local-mac-on-vxlan',
      'gossip-differs',
      'fdb-wrong-vtep',
      'hosts-disagree',
    ],
  },
  {
    code: 'duplicate-mac',
    title: 'two endpoints of a network have one MAC',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Two endpoints with different addresses have the same MAC, most often because both were started with the same --mac-address. Each is reachable some of the time or not at all.',
    behaviour:
      'An FDB has one entry for a MAC. Entries for the second endpoint overwrite those for the first, a frame of either moves the entry in the bridges, and a receiver that has the MAC behind another VTEP drops frames without a counter.',
    check: [
      {
        command: 'nsenter --net=/var/run/docker/netns/N-NETWORKID ip neigh show nud permanent',
      },
      {command: "docker network inspect -f '{{json .Containers}}' NETWORK", shows: 'on each host'},
    ],
    fix: [
      {
        command: 'docker run … without --mac-address, or with another one',
        affects: 'one of the two containers: it is recreated',
      },
    ],
    references: [
      'moby daemon/libnetwork/drivers/overlay/peerdb.go',
      'Linux drivers/net/vxlan/vxlan_core.c (vxlan_snoop)',
    ],
    explains: [
      'mac-behind-other-port',
      'local-mac-on-vxlan',
      'fdb-wrong-vtep',
      'receiver-source-stale',
      'fdb-row-missing',
      'fdb-local-as-remote',
      'neighbour-missing',
    ],
  },
] as const satisfies readonly Explanation[];
