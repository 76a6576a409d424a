import type {Explanation} from '../explanation.js';

const specification = 'moby daemon/libnetwork/docs/spec/swarm-networking.md (commit ad948b0a)';
const source = 'moby daemon/libnetwork/service_linux.go';

/** Load balancers and IPsec states that are there, and not as the engine makes them. */
export const balancerTexts = [
  {
    code: 'ipvs-scheduler-odd',
    title: 'a load balancer does not share out evenly',
    severity: 'warning',
    needs: 'one host',
    meaning: 'Some tasks of the service get more new connections from this node than others, or all of them.',
    behaviour:
      'The engine creates each IPVS service with the scheduler rr and each backend with weight 1. A backend of weight 0 is one that ends. Other values come from ipvsadm or another program.',
    check: [
      {
        command: 'nsenter --net=/var/run/docker/netns/NAMESPACE cat /proc/net/ip_vs',
        shows: 'rr behind the mark, and weight 1 for each backend',
      },
    ],
    fix: [
      {
        command: 'nsenter --net=/var/run/docker/netns/NAMESPACE ipvsadm -E -f MARK -s rr',
        affects: 'new connections to this service from this node',
      },
    ],
    references: [`${specification}, 6.1`, `${source} (addLBBackend)`],
  },
  {
    code: 'ipvs-one-packet',
    title: 'a load balancer sends the datagrams of one UDP flow to different tasks',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'A program that keeps state for a client (QUIC, WireGuard, DTLS, a game) gets a part of its datagrams only. TCP is not affected.',
    behaviour:
      'IPVS remembers which backend a flow has, unless its service has the flag for one-packet scheduling. Then it chooses a backend for each UDP datagram. The engine never sets that flag.',
    check: [
      {
        command: 'nsenter --net=/var/run/docker/netns/NAMESPACE cat /proc/net/ip_vs',
        shows: 'ops behind the scheduler',
      },
    ],
    fix: [
      {
        command: 'nsenter --net=/var/run/docker/netns/NAMESPACE ipvsadm -E -f MARK -s rr',
        affects: 'UDP to this service from this node',
      },
    ],
    references: [
      `${specification}, 6 and 7.2`,
      'kernel net/netfilter/ipvs/ip_vs_core.c (ip_vs_schedule), ip_vs_ctl.c (ip_vs_info_seq_show)',
      'ipvsadm(8), --ops',
    ],
  },
  {
    code: 'dsr-not-programmed',
    title: 'load balancers do not forward as the option dsr of the network asks',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'With dsr tasks see the address of the client and answer it directly. Half of it is worse than none: packets that are passed on unchanged are dropped by a task without the VIP on its loopback.',
    behaviour:
      'Where the network has the option dsr the engine adds IPVS backends with direct routing, and puts the VIP on the loopback of each task of the service. Otherwise backends are masqueraded.',
    check: [
      {
        command: 'nsenter --net=/var/run/docker/netns/NAMESPACE cat /proc/net/ip_vs',
        shows: 'Route with dsr, Masq without',
      },
      {
        command: 'nsenter --net=/var/run/docker/netns/NAMESPACE ip addr show lo',
        shows: 'in a task, with dsr: the VIP',
      },
    ],
    fix: [
      {
        command: 'nsenter --net=/var/run/docker/netns/NAMESPACE ipvsadm -e -f MARK -r ADDRESS:0 -g -w 1',
        affects: 'connections to this VIP from this node; -m in place of -g without dsr',
      },
    ],
    references: [`${specification}, 2.1 and 6`, `${source} (addLBBackend, loadBalancerModeDSR)`],
  },
  {
    code: 'vip-left',
    title: 'a load balancer still has a VIP that no service with a task has',
    severity: 'warning',
    needs: 'a manager',
    meaning:
      'The old address still answers from this node, with tasks that are gone or are another service. If a new service or task gets the address, it is not reached from here. Of a service that has no task, a connection hangs instead of failing at once.',
    behaviour:
      'The engine removes address, mark and IPVS service with the last task of a service, when it leaves the network, and when its endpoint mode becomes dnsrr. They stay where that failed.',
    check: [
      {command: 'nsenter --net=/var/run/docker/netns/NAMESPACE ip addr', shows: 'the addresses with /32'},
      {
        command: "docker service inspect SERVICE --format '{{json .Endpoint.VirtualIPs}}'",
        shows: 'on a manager: the VIPs that are given',
      },
    ],
    fix: [
      {
        command: 'nsenter --net=/var/run/docker/netns/NAMESPACE ip addr del ADDRESS/32 dev eth0',
        affects: 'connections from this node to that address',
      },
    ],
    references: [`${specification}, 11.3`, `${source} (rmLBBackend)`],
  },
  {
    code: 'xfrm-state-odd',
    title: 'an IPsec state of encrypted overlays is not as the engine makes it',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Packets between the two nodes of the state are dropped by the receiver, which expects the form of the engine.',
    behaviour:
      'The engine makes ESP states in transport mode with rfc4106(gcm(aes)) and a check value of 64 bits. With its request id there should be no others.',
    check: [{command: 'ip -d xfrm state list nokeys', shows: 'mode transport; aead rfc4106(gcm(aes)) … 64'}],
    fix: [
      {
        command: 'systemctl restart docker',
        affects: 'the engine and all containers of the node: it makes its states again when it starts',
      },
    ],
    references: [
      `${specification}, 9`,
      'moby daemon/libnetwork/drivers/overlay/encryption.go (buildAeadAlgo, programSA)',
      'RFC 4106 section 6',
    ],
  },
] as const satisfies readonly Explanation[];
