import type {Explanation} from '../explanation.js';

/** Traffic of containers to destinations outside their overlay. */
export const wayOutTexts = [
  {
    code: 'gwbridge-missing',
    title: 'docker_gwbridge is missing or down',
    severity: 'error',
    loses: 'outside',
    needs: 'one host',
    meaning:
      'Containers whose only networks are overlays use an interface on docker_gwbridge for outbound traffic, and so does the ingress sandbox, through which published ports come in. Without the bridge they reach each other only, and this node answers on no published port.',
    behaviour:
      'The engine creates the bridge when the node joins a swarm, and each docker_gwbridge interface when a container starts; it does not check either again. Frames from an interface whose bridge is down or gone are dropped.',
    check: [
      {command: 'ip -d link show docker_gwbridge'},
      {command: 'docker network inspect docker_gwbridge'},
    ],
    fix: [
      {command: 'ip link set docker_gwbridge up', affects: 'the state of the bridge'},
      {
        command: 'systemctl restart docker',
        affects: "the node's engine, which recreates the bridge, and with it all its containers",
      },
    ],
    references: ['moby daemon/libnetwork/default_gateway.go', 'moby/moby#30217', 'moby/moby#27399'],
    explains: ['gwbridge-leg-missing', 'container-route-missing', 'masquerade-missing'],
  },
  {
    code: 'gwbridge-address-missing',
    title: 'docker_gwbridge does not have its address',
    severity: 'error',
    loses: 'outside',
    needs: 'one host',
    meaning:
      'The default route of containers whose only networks are overlays leads to the address of docker_gwbridge. Without it they get no ARP reply from their gateway and reach nothing outside, while their overlays work. The route of the host to their subnet goes with the address, so ports published on this node do not answer either.',
    behaviour:
      'The engine sets the address when it creates the bridge, and does not check it again. `ip addr flush`, a network manager that takes over the bridge, or a link that was deleted and recreated by hand leave a bridge without it. The kernel removes the route of an address with the address.',
    check: [
      {command: 'ip -4 addr show docker_gwbridge'},
      {command: 'docker network inspect docker_gwbridge', shows: 'its gateway'},
    ],
    fix: [
      {command: 'ip addr add GATEWAY/LENGTH dev docker_gwbridge', affects: 'the addresses of the bridge'},
    ],
    references: ['moby daemon/libnetwork/drivers/bridge/setup_ipv4_linux.go', 'ip-address(8)'],
    explains: ['masquerade-missing', 'forward-filtered'],
  },
  {
    code: 'gwbridge-leg-missing',
    title: 'a container has no working interface on docker_gwbridge',
    severity: 'error',
    loses: 'outside',
    needs: 'one host',
    meaning:
      'The container has an endpoint on an overlay that is not internal and none of its networks gives it a gateway, but it has no interface on docker_gwbridge, or one that is not attached to the bridge. It can reach its overlay but nothing outside: no registry, external DNS server or database. Containers of internal overlays have no docker_gwbridge interface by design, and are not reported.',
    behaviour:
      'The engine connects such a container to docker_gwbridge when it joins its first overlay, and gives it its default route there. A veth that is in no bridge drops frames from its peer.',
    check: [
      {command: 'nsenter --net=/var/run/docker/netns/SANDBOX ip addr'},
      {command: 'bridge link show', shows: 'the ports of docker_gwbridge'},
    ],
    fix: [
      {command: 'ip link set VETH master docker_gwbridge', affects: 'the membership of that one port'},
      {
        command: 'docker restart CONTAINER',
        affects: 'the container, which restarts with all its interfaces',
      },
    ],
    references: [
      'moby daemon/libnetwork/default_gateway.go (needDefaultGW)',
      'moby/moby#30128',
      'moby/moby#35204',
    ],
    explains: ['container-route-missing'],
  },
  {
    code: 'container-route-missing',
    title: 'a route of a container is missing',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The container has an address on a network but no route to that network by the interface with it, or it has a docker_gwbridge interface but no default route. It can not send there, although its interfaces, the tunnel and the other side are all fine. `trace` reports the same for its destination.',
    behaviour:
      'Both routes are created and removed with the interfaces; they are not recreated if a program in the container removes them, such as a VPN client or a script with NET_ADMIN. Packets for the network then take the default route to docker_gwbridge, or are refused with "network is unreachable".',
    check: [
      {command: 'nsenter --net=/var/run/docker/netns/SANDBOX ip route'},
      {command: 'nsenter --net=/var/run/docker/netns/SANDBOX ip route get ADDRESS'},
    ],
    fix: [
      {
        command:
          'nsenter --net=/var/run/docker/netns/SANDBOX ip route add SUBNET dev INTERFACE scope link src ADDRESS',
        affects: 'the routes of that container, until it is restarted',
      },
      {
        command: 'nsenter --net=/var/run/docker/netns/SANDBOX ip route add default via GATEWAY dev INTERFACE',
        affects: 'the routes of that container, until it is restarted',
      },
    ],
    references: ['moby daemon/libnetwork/osl/route_linux.go', 'ip-route(8)'],
  },
  {
    code: 'forward-filtered',
    title: 'the host drops in FORWARD what containers send outside, or what answers them',
    severity: 'error',
    loses: 'outside',
    needs: 'one host',
    meaning:
      'The FORWARD rules of the host drop or reject packets that leave by docker_gwbridge, or come in by a published port: in DOCKER-USER, in the rules of a firewall manager, or by the policy of the chain. Containers reach each other but nothing outside.',
    behaviour:
      'Docker sets the policy of FORWARD to DROP and adds rules for allowed traffic. A firewall manager that was reloaded may have removed them, or put its own before; a rule that rejects answers with an ICMP error, one that drops is silent.',
    check: [
      {
        command: 'iptables -vnL FORWARD',
        shows: 'the packet counter of each rule, in evaluation order',
      },
    ],
    fix: [
      {
        command: 'iptables -I FORWARD -i docker_gwbridge ! -o docker_gwbridge -j ACCEPT',
        affects: 'what containers send outside, until the next boot or reload of a firewall manager',
      },
      {
        command:
          'iptables -I FORWARD -o docker_gwbridge -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
        affects: 'the answers to it',
      },
      {
        command: 'ufw route allow in on docker_gwbridge',
        affects: 'what ufw lets pass from containers, if it is in use; kept at the next boot',
      },
      {
        command: 'firewall-cmd --permanent --zone=docker --change-interface=docker_gwbridge',
        affects:
          'the rules of firewalld, if it is in use, from the next reload on; the same without --permanent for now. Without a zone docker: --zone=trusted',
      },
    ],
    references: [
      'docker packet filtering, DOCKER-USER',
      'kernel net/ipv4/ip_forward.c (NF_INET_FORWARD)',
      'https://github.com/moby/moby/issues/35043',
    ],
  },
  {
    code: 'masquerade-missing',
    title: 'the masquerade rule of docker_gwbridge is missing',
    severity: 'error',
    loses: 'outside',
    needs: 'one host',
    meaning:
      'Packets of containers leave the host with their address on docker_gwbridge, which is the same subnet on every node and not routed outside. They leave, and no answer comes back: containers reach each other and the host, but nothing beyond. It is caused by firewall managers that flush the nat table.',
    behaviour:
      'The engine keeps one rule, `-s SUBNET ! -o docker_gwbridge -j MASQUERADE`, in nat POSTROUTING, and creates it when it starts or when firewalld signals a reload; otherwise it is not recreated. Established connections still work, as conntrack keeps their translation.',
    check: [
      {command: 'iptables -t nat -S POSTROUTING'},
      {
        command: 'tcpdump -ni UPLINK net 172.18.0.0/16',
        shows: 'no such packets should be seen there',
      },
    ],
    fix: [
      {
        command: 'iptables -t nat -A POSTROUTING -s SUBNET ! -o docker_gwbridge -j MASQUERADE',
        affects: "one new rule, the same as the engine's",
      },
      {
        command: 'systemctl restart docker',
        affects: "the node's engine, which recreates all its rules, and with it its containers",
      },
    ],
    references: [
      'moby daemon/libnetwork/drivers/bridge (setupIPTablesInternal)',
      'moby/moby#50443',
      'firewalld/firewalld#503',
    ],
  },
  {
    code: 'default-route-on-overlay',
    title: 'the default route of a container leads onto an overlay network',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'The container cannot reach the outside: an overlay network does not forward to other networks. It is right only where another container on that overlay is meant to forward.',
    behaviour:
      'The engine puts the default route on docker_gwbridge, never on an overlay, internal or ingress network. Something inside the container, or by hand, changed it.',
    check: [{command: 'nsenter --net=/var/run/docker/netns/NAMESPACE ip route show default'}],
    fix: [
      {
        command:
          'nsenter --net=/var/run/docker/netns/NAMESPACE ip route replace default via 172.18.0.1 dev eth1',
        affects: 'the traffic of the container to the outside',
      },
    ],
    references: ['moby daemon/libnetwork/docs/spec/swarm-networking.md (commit ad948b0a), 7.2 and 8'],
  },
  {
    code: 'internal-leaks',
    title: 'a container that is only on internal networks has a default route',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'Internal networks are meant to keep their containers away from the outside. This container has a route there, so it may reach it.',
    behaviour:
      'The engine gives no default route and no interface on docker_gwbridge to a container whose networks are all internal. Something inside the container, or by hand, added the route.',
    check: [
      {command: 'nsenter --net=/var/run/docker/netns/NAMESPACE ip route show default', shows: 'no line'},
    ],
    fix: [
      {
        command: 'nsenter --net=/var/run/docker/netns/NAMESPACE ip route del default',
        affects: 'the traffic of the container to the outside',
      },
    ],
    references: [
      'moby daemon/libnetwork/docs/spec/swarm-networking.md (commit ad948b0a), 8',
      'moby daemon/libnetwork/docs/spec/network-common.md, 3',
    ],
  },
] as const satisfies readonly Explanation[];
