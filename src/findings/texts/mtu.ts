import type {Explanation} from '../explanation.js';

/** Packets that are too large for the way. */
export const mtuTexts = [
  {
    code: 'mtu-too-small',
    title: 'full-sized packets of an overlay do not fit the uplink',
    severity: 'warning',
    needs: 'one host',
    meaning:
      "The MTU of the overlay and what the tunnel adds to it (50 bytes, 70 over IPv6, 26 more when encrypted) are more than the route to another node takes. Ping and short answers pass; what people notice are TLS handshakes and large bodies that hang, most of all with peers that ignore what the network tells them. The engine never looks at the uplink: an overlay's MTU is its option com.docker.network.driver.mtu, or 1500, less the overhead.",
    behaviour:
      'Since Linux 5.9 the vxlan device refuses a packet that would not fit and tells its sender so (fragmentation needed); the container remembers the smaller size for ten minutes. Older kernels send the outer packet in fragments, which firewalls like to drop. What comes the other way in full size meets the small link from outside, and may be dropped there by the driver, which counts it at best.',
    check: [
      {
        command: 'nsenter --net=/var/run/docker/netns/N-NETWORKID ip link show type vxlan',
      },
      {command: 'ip route get VTEP'},
      {command: 'ping -M do -c 1 -s 1422 PEER, in a container', shows: 'but one packet'},
    ],
    fix: [
      {
        command: 'ip link set UPLINK mtu 1500',
        affects: 'the uplink, if all that lies behind it takes as much',
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
      'Endpoints of one network do not agree on what a full-sized packet is: a port differs from the tunnel beside it, or the tunnels of two hosts differ. TCP settles on the smaller size at its beginning; UDP and everything that does not ask sends packets that are lost at the smaller port. It comes from MTUs that were set by hand, and from a network whose option was changed while sandboxes of it stood.',
    behaviour:
      'A bridge drops a frame that is larger than the port it must leave by, and tells nobody: no ICMP, as it is no router, and no counter of the port. A veth drops what is larger than its other end takes.',
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
  },
  {
    code: 'path-mtu-cached',
    title: 'the kernel has a cached path MTU below the interface MTU',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'A router told this host that the way to another node takes less than the uplink does, so the small link is between the hosts and not on them. As information: containers were told of a smaller size on an overlay, of which the cause may be mended by now; they go by it for up to ten minutes.',
    behaviour:
      'What is told is kept as an exception of the route for ten minutes (net.ipv4.route.mtu_expires). The vxlan device goes by it as by the MTU of the uplink: it refuses what does not fit and tells the container. Docker leaves the outer packets free to be fragmented, so it is never they that bring the message about, but packets of others to the same node, of gossip for instance.',
    check: [
      {command: 'ip route get VTEP'},
      {command: 'ip route show cache, in the namespace of a container'},
      {command: 'tracepath -n VTEP', shows: 'but its probes'},
    ],
    fix: [
      {
        command:
          'docker network create --driver overlay --opt com.docker.network.driver.mtu=PATH-MTU NETWORK',
        affects: 'a network that is recreated',
      },
      {
        command: 'ip route flush cache',
        affects: 'what one namespace was told of paths, once the link is mended',
      },
    ],
    references: ['net/ipv4/route.c (update_or_create_fnhe)', 'RFC 1191, section 6', 'moby/moby#43673'],
  },
] as const satisfies readonly Explanation[];
