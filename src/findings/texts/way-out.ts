import type {Explanation} from '../explanation.js';

/** The way of containers to what is not on their overlay. */
export const wayOutTexts = [
  {
    code: 'gwbridge-missing',
    title: 'docker_gwbridge is missing or down',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Containers whose only networks are overlays get outside by an interface of their own on docker_gwbridge, and so does the ingress sandbox, through which published ports come in. Without the bridge they reach each other and nothing else, and this node answers on no published port.',
    behaviour:
      'The engine makes the bridge when the node joins a swarm, and each leg when a container starts; it does not look after either again. Frames from a leg whose bridge is down or gone are dropped.',
    check: [
      {command: 'ip -d link show docker_gwbridge'},
      {command: 'docker network inspect docker_gwbridge'},
    ],
    fix: [
      {command: 'ip link set docker_gwbridge up', affects: 'the state of the bridge'},
      {
        command: 'systemctl restart docker',
        affects: "the node's engine, which makes the bridge anew, and with it all its containers",
      },
    ],
    references: ['moby daemon/libnetwork/default_gateway.go', 'moby/moby#30217', 'moby/moby#27399'],
    explains: ['gwbridge-leg-missing', 'container-route-missing', 'masquerade-missing'],
  },
  {
    code: 'gwbridge-leg-missing',
    title: 'a container has no working interface on docker_gwbridge',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The container has an endpoint on an overlay that is not internal, none of its networks gives it a gateway, and yet it has no interface on docker_gwbridge, or one that leads nowhere. It reaches its overlay and nothing outside: no registry, no name server, no database beyond. Containers of internal overlays have no leg by design, and are not reported.',
    behaviour:
      'The engine connects such a container to docker_gwbridge when it joins its first overlay, and gives it its default route there. A veth that is in no bridge drops what comes from its other end.',
    check: [
      {command: 'nsenter --net=/var/run/docker/netns/SANDBOX ip addr'},
      {command: 'bridge link show', shows: 'the ports of docker_gwbridge'},
    ],
    fix: [
      {command: 'ip link set VETH master docker_gwbridge', affects: 'the membership of that one port'},
      {
        command: 'docker restart CONTAINER',
        affects: 'the container, which starts anew with all its interfaces',
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
      'The container has an address on a network and no route to that network by the interface with it, or it has a leg on docker_gwbridge and no default route. It can not send there, although its interfaces, the tunnel and the other side are all well. `trace` reports the same for the destination that it was asked for.',
    behaviour:
      'Both routes are made with the interfaces and go with them; they are not recreated if something in the container takes them away, such as a VPN client or a script with NET_ADMIN. Packets for the network then take the default route to docker_gwbridge, or are refused with "network is unreachable".',
    check: [
      {command: 'nsenter --net=/var/run/docker/netns/SANDBOX ip route'},
      {command: 'nsenter --net=/var/run/docker/netns/SANDBOX ip route get ADDRESS'},
    ],
    fix: [
      {
        command:
          'nsenter --net=/var/run/docker/netns/SANDBOX ip route add SUBNET dev INTERFACE scope link src ADDRESS',
        affects: 'the routes of that container, until it is started again',
      },
      {
        command: 'nsenter --net=/var/run/docker/netns/SANDBOX ip route add default via GATEWAY dev INTERFACE',
        affects: 'the routes of that container, until it is started again',
      },
    ],
    references: ['moby daemon/libnetwork/osl/route_linux.go', 'ip-route(8)'],
  },
  {
    code: 'forward-filtered',
    title: 'the host drops in FORWARD what containers send outside, or what answers them',
    severity: 'error',
    needs: 'one host',
    meaning:
      'A packet that leaves an overlay by docker_gwbridge, or comes in by a published port, is dropped or rejected by the FORWARD rules of the host: by DOCKER-USER, by a firewall manager, or by the policy of the chain. Containers reach each other and nothing outside.',
    behaviour:
      'Docker sets the policy of FORWARD to DROP and adds rules for what may pass. A firewall manager that was reloaded may have removed them, or put its own before; a rule that rejects answers with an ICMP error, one that drops is silent.',
    check: [
      {
        command: 'iptables -vnL FORWARD',
        shows: 'the packets of each rule, in the order in which they are asked',
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
    needs: 'one host',
    meaning:
      'Packets of containers leave the host with their address on docker_gwbridge, which is the same subnet on every node and known to no router. They get out, and no answer comes back: containers reach each other and the host, and nothing beyond. It comes from firewall managers that flush the nat table.',
    behaviour:
      'The engine keeps one rule, `-s SUBNET ! -o docker_gwbridge -j MASQUERADE`, in nat POSTROUTING, and makes it when it starts or when firewalld tells it of a reload; it is not recreated otherwise. Connections that were open go on, as conntrack knows their translation.',
    check: [
      {command: 'iptables -t nat -S POSTROUTING'},
      {
        command: 'tcpdump -ni UPLINK net 172.18.0.0/16',
        shows: 'nothing of it should be seen there',
      },
    ],
    fix: [
      {
        command: 'iptables -t nat -A POSTROUTING -s SUBNET ! -o docker_gwbridge -j MASQUERADE',
        affects: 'one new rule, as the engine makes it',
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
] as const satisfies readonly Explanation[];
