import type {Explanation} from '../explanation.js';

/** Packets that are larger than the path MTU. */
export const mtuTexts = [
  {
    code: 'mtu-too-small',
    title: 'full-sized packets of an overlay do not fit the uplink',
    severity: 'warning',
    needs: 'one host',
    meaning:
      "The MTU of the overlay plus the overhead of the tunnel (50 bytes, 70 over IPv6, 26 more when encrypted) is larger than the MTU of the route to another node. Ping and short answers pass; TLS handshakes and large bodies hang, mostly with peers that ignore path MTU messages. The engine never checks the uplink: an overlay's MTU is its option com.docker.network.driver.mtu, or 1500, less the overhead.",
    behaviour:
      'Since Linux 5.9 the vxlan device refuses a packet that would not fit and sends "fragmentation needed" to its sender; the container caches the smaller size for ten minutes. Older kernels send the outer packet in fragments, which firewalls often drop. Full-sized packets in the other direction reach the small link from outside, and may be dropped there by the driver, with a counter at best.',
    check: [
      {
        command: 'nsenter --net=/var/run/docker/netns/N-NETWORKID ip link show type vxlan',
      },
      {command: 'ip route get VTEP'},
      {command: 'ping -M do -c 1 -s 1422 PEER, in a container', shows: 'sends one packet'},
    ],
    fix: [
      {
        command: 'ip link set UPLINK mtu 1500',
        affects: 'the uplink, if the whole path supports that MTU',
      },
      {
        command:
          'docker network create --driver overlay --opt com.docker.network.driver.mtu=UPLINK-MTU NETWORK',
        affects: 'a network that is recreated; the ingress network has an option of its own',
      },
    ],
    references: [
      'moby daemon/libnetwork/drivers/overlay/encryption.go (maxMTU)',
      'drivers/net/vxlan/vxlan_core.c (skb_tunnel_check_pmtu)',
      'RFC 7348 section 4.3',
      'moby/moby#36689',
      'moby/moby#24906',
    ],
    explains: ['path-mtu-cached'],
  },
  {
    code: 'mtu-differs',
    title: 'ports or hosts of one overlay have different MTUs',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'Endpoints of one network have different MTUs: a port differs from the tunnel in its bridge, or the tunnels of two hosts differ. TCP negotiates the smaller size when it connects; UDP and other protocols without negotiation send packets that are lost at the smaller port. The cause is an MTU that was set by hand, or a network whose option was changed while its sandboxes existed.',
    behaviour:
      "A bridge drops a frame that is larger than the egress port's MTU without notice: no ICMP, as it is no router, and no counter of the port. A veth drops frames larger than its peer accepts.",
    check: [
      {command: 'nsenter --net=/var/run/docker/netns/N-NETWORKID ip link'},
      {command: "docker network inspect NETWORK --format '{{.Options}}'"},
    ],
    fix: [
      {
        command: 'nsenter --net=/var/run/docker/netns/N-NETWORKID ip link set DEVICE mtu MTU',
        affects: 'the MTU of that one device',
      },
      {
        command: 'docker network disconnect NETWORK CONTAINER && docker network connect NETWORK CONTAINER',
        affects: "the container's interface on that network: its connections there break",
      },
    ],
    references: [
      'net/bridge/br_forward.c (br_dev_queue_push_xmit)',
      'include/linux/netdevice.h (__is_skb_forwardable)',
    ],
    explains: ['mtu-unlike-option'],
  },
  {
    code: 'path-mtu-cached',
    title: 'the kernel has a cached path MTU below the interface MTU',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'A router reported to this host that the path to another node has a smaller MTU than the uplink, so the small link is between the hosts and not on them. Info if containers cached a smaller size on an overlay: the cause may be fixed by now, but they use the cached value for up to ten minutes.',
    behaviour:
      'The reported MTU is kept as a route exception for ten minutes (net.ipv4.route.mtu_expires). The vxlan device uses it like the MTU of the uplink: it refuses packets that do not fit and notifies the container. Docker allows outer packets to be fragmented, so they never trigger the message; packets of other traffic to the same node do, for example gossip.',
    check: [
      {command: 'ip route get VTEP'},
      {command: 'ip route show cache, in the namespace of a container'},
      {command: 'tracepath -n VTEP', shows: 'sends probe packets'},
    ],
    fix: [
      {
        command:
          'docker network create --driver overlay --opt com.docker.network.driver.mtu=PATH-MTU NETWORK',
        affects: 'a network that is recreated',
      },
      {
        command: 'ip route flush cache',
        affects: 'the cached path MTUs of one namespace, once the link is fixed',
      },
    ],
    references: ['net/ipv4/route.c (update_or_create_fnhe)', 'RFC 1191, section 6', 'moby/moby#43673'],
  },
  {
    code: 'mtu-unlike-option',
    title: 'a vxlan device has another MTU than its network was created with',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'The engine sets the MTU of a vxlan device to the mtu option of the network (1500 without one) minus 50 bytes; encrypted networks have 26 bytes less, rounded down to a multiple of 4. A smaller MTU drops full-sized frames silently, a larger one can make packets that the underlay does not take.',
    behaviour:
      'A bridge does not fragment: it drops a frame that is larger than the MTU of the port it leaves by. Small packets still pass.',
    check: [
      {
        command: 'nsenter --net=/var/run/docker/netns/NAMESPACE ip link show type vxlan',
        shows: 'mtu',
      },
      {command: "docker network inspect NETWORK --format '{{.Options}}'"},
    ],
    fix: [
      {
        command: 'nsenter --net=/var/run/docker/netns/NAMESPACE ip link set vxlan0 mtu 1450',
        affects: 'frames of that network on the host',
      },
    ],
    references: [
      'moby daemon/libnetwork/drivers/overlay/ov_network.go (maxMTU)',
      'moby daemon/libnetwork/docs/spec/swarm-networking.md (commit ad948b0a), 3',
      'kernel net/bridge/br_forward.c (br_dev_queue_push_xmit, is_skb_forwardable)',
    ],
  },
] as const satisfies readonly Explanation[];
