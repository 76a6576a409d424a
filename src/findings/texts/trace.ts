import type {Explanation} from '../explanation.js';

const inside = 'nsenter --net=/var/run/docker/netns/SANDBOX';
const overlay = 'nsenter --net=/var/run/docker/netns/N-NETWORKID';
const listens = 'nothing (it only listens)';

/** Findings of a trace from source to destination: faults only for traffic between these two. */
const pathTexts = [
  {
    code: 'no-network',
    title: 'source or destination has no network',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The container was started with `--network none`. It has only its loopback interface, so it can neither reach other endpoints nor be reached.',
    behaviour: 'The engine creates a namespace for it and attaches no interface.',
    check: [{command: "docker inspect -f '{{.HostConfig.NetworkMode}}' CONTAINER"}],
    fix: [
      {
        command: 'docker run --network NETWORK IMAGE',
        affects: 'creates another container; one that was started with none can not be connected later',
      },
    ],
    references: ['docker run --network, none'],
    traceOnly: true,
  },
  {
    code: 'no-shared-network',
    title: 'source and destination share no network',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Source and destination both have networks, but none in common. Docker isolates networks by configuration: with separate bridges, VNIs and rules.',
    behaviour:
      'A packet for the destination matches only the default route, leaves by docker_gwbridge with the address of the host, and reaches no host that knows the destination.',
    check: [
      {command: "docker inspect -f '{{json .NetworkSettings.Networks}}' CONTAINER"},
      {command: 'ovdiag inspect CONTAINER'},
    ],
    fix: [
      {
        command: 'docker network connect NETWORK CONTAINER',
        affects: 'the container gets one more interface; the network must be attachable',
      },
      {
        command: 'docker service update --network-add NETWORK SERVICE',
        affects: 'the tasks of the service: they are recreated',
      },
    ],
    references: ['docker network connect', 'docker service update --network-add'],
    traceOnly: true,
  },
  {
    code: 'no-such-endpoint',
    title: 'source or destination has no address on the network',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The address is in the subnet of a network, and no source lists an endpoint with it; or the container is on the network by name, without an address there.',
    behaviour:
      'ARP requests for such an address are not answered, and the sender gets "no route to host" after some seconds.',
    check: [
      {command: 'docker network inspect --verbose NETWORK'},
      {command: 'ovdiag fdb NETWORK'},
      {
        command: 'getent hosts NAME',
        shows: 'inside the source: the current address, if the program cached an old one',
      },
    ],
    fix: [{words: 'Let the program resolve the name again, or use the current address.'}],
    references: ['kernel drivers/net/vxlan/vxlan_core.c (arp_reduce)'],
    traceOnly: true,
  },
  {
    code: 'container-paused',
    title: 'a container is paused',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'Requests to the container time out. Its addresses answer ping, and connections to it are accepted, so the network looks fine. A load balancer goes on sending it requests.',
    behaviour:
      'The cgroup freezer stops all processes of the container; its network namespace lives, and the kernel answers there by itself. Nothing in the swarm notices: a health check is not run in a paused container.',
    check: [{command: 'docker ps --filter status=paused'}],
    fix: [
      {command: 'docker unpause CONTAINER', affects: 'the container, whose programs go on where they were'},
    ],
    references: ['docker pause', 'kernel Documentation/admin-guide/cgroup-v2.rst (cgroup.freeze)'],
  },
  {
    code: 'not-running',
    title: 'a container is not running',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The container exists but is stopped, was never started, or is being created. doctor reports only one that gossip still announces: names and VIPs lead to it.',
    behaviour:
      'Its namespace is gone, its FDB and neighbour entries are removed on all hosts, and its address may be assigned to another container.',
    check: [{command: 'docker ps -a --filter name=CONTAINER'}],
    fix: [{command: 'docker start CONTAINER', affects: 'starts it, possibly with another address'}],
    references: ['docker start'],
  },
  {
    code: 'host-network',
    title: "source or destination uses its host's network",
    severity: 'error',
    needs: 'one host',
    meaning:
      'The container was started with `--network host`. It has the addresses of its host and is on no overlay; its name does not resolve on overlays.',
    behaviour: 'It runs in the namespace of dockerd. Its packets use the routes of the host.',
    check: [{command: "docker inspect -f '{{.HostConfig.NetworkMode}}' CONTAINER"}],
    fix: [
      {command: 'docker run --network NETWORK IMAGE', affects: 'creates another container, on that network'},
    ],
    references: ['docker run --network, host'],
    traceOnly: true,
  },
  {
    code: 'internal-network',
    title: 'the network is internal',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The source is only on networks that were created with `--internal`. They have no outbound access, by configuration.',
    behaviour:
      'Containers of such a network get no docker_gwbridge interface and no default route; the kernel answers "network is unreachable" at once.',
    check: [{command: "docker network inspect -f '{{.Internal}}' NETWORK"}, {command: `${inside} ip route`}],
    fix: [
      {
        command: 'docker network connect OTHER-NETWORK CONTAINER',
        affects: 'the container gets one more interface, and outbound access with it',
      },
    ],
    references: ['moby daemon/libnetwork/default_gateway.go (needDefaultGW)'],
    traceOnly: true,
  },
  {
    code: 'host-route-missing',
    title: 'the host has no route to the destination',
    severity: 'error',
    needs: 'one host',
    meaning:
      'A packet that leaves the overlay uses the routes of the host, and the host has no route to the destination.',
    behaviour:
      'The kernel of the host answers "network is unreachable" by ICMP, and the container gets that error.',
    check: [{command: 'ip route get ADDRESS'}],
    fix: [
      {command: 'ip route add SUBNET via GATEWAY', affects: 'the routes of this host, until the next boot'},
    ],
    references: ['ip-route(8)'],
    traceOnly: true,
  },
  {
    code: 'sandbox-route-missing',
    title: 'an overlay sandbox has no route to its other subnet',
    severity: 'error',
    needs: 'one host',
    meaning:
      "On a network with several subnets, the sandbox on the sender's host routes between them. There, the other subnet has no bridge, or its bridge has no address.",
    behaviour:
      'Each subnet that is in use on a host has a bridge with the gateway\'s address, and through it a route. Without one the sandbox answers "network is unreachable".',
    check: [{command: `${overlay} ip route`}],
    fix: [
      {
        command: 'docker network disconnect NETWORK CONTAINER && docker network connect NETWORK CONTAINER',
        affects: "the container's interface on that network: its connections there break",
      },
    ],
    references: ['moby daemon/libnetwork/drivers/overlay/ov_network.go (setupSubnetSandbox)'],
    traceOnly: true,
  },
  {
    code: 'port-closed',
    title: 'no process listens on the port',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The packet arrives, and no process there listens on that port, or one listens on 127.0.0.1 only. The network is not the cause.',
    behaviour: 'The kernel of the destination answers with a reset (TCP) or with "port unreachable" (UDP).',
    check: [
      {command: `${inside} ss -ltn`},
      {command: 'docker logs CONTAINER', shows: 'may show why the program does not listen, or where'},
    ],
    fix: [
      {
        words:
          'Let the program in the container listen on that port, and on an address that others can reach (0.0.0.0).',
      },
    ],
    references: ['RFC 9293 section 3.10.7.1', 'RFC 1122 section 4.1.3.1'],
    traceOnly: true,
  },
  {
    code: 'service-without-task',
    title: 'a service has no running task on the network',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The service name and its address are known, but the service has no running task: it is scaled to zero, its tasks fail, or no node is suitable for them.',
    behaviour: 'Its load balancer receives the connection and has no backend for it.',
    check: [{command: 'docker service ps --no-trunc SERVICE'}],
    fix: [{command: 'docker service scale SERVICE=1', affects: 'starts a task'}],
    references: ['docker service ps'],
    traceOnly: true,
  },
] as const satisfies readonly Explanation[];

/** Packet filter rules on the path. */
const filterTexts = [
  {
    code: 'source-filtered',
    title: "the packet filter in the source's namespace drops the packet",
    severity: 'error',
    needs: 'one host',
    meaning:
      "Rules inside the container's namespace drop what it sends. They were created by a program in the container, or by one with rights to its namespace.",
    behaviour:
      'The OUTPUT chain drops it before it reaches the interface; most programs see a timeout or "operation not permitted".',
    check: [{command: `${inside} nft list ruleset`}],
    fix: [
      {
        command: `${inside} iptables -D OUTPUT RULE`,
        affects: 'that one rule of the container, until it is restarted',
      },
    ],
    references: ['nft(8), list ruleset', 'iptables(8)'],
  },
  {
    code: 'source-rewritten',
    title: 'a rule inside a container replaces the source address of what it sends',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Other endpoints see another address than that of the container, and answer to that one: connections time out. Docker creates no such rule; a program in the container did, or one with rights to its namespace.',
    behaviour:
      'SNAT in the chain POSTROUTING replaces the source address. Answers come back only if the other address leads to the same container. MASQUERADE takes the address of the interface, and changes nothing here.',
    check: [{command: `${inside} iptables-save -c -t nat`}],
    fix: [
      {
        command: `${inside} iptables -t nat -D POSTROUTING RULE`,
        affects: 'that one rule of the container, until it is restarted',
      },
    ],
    references: [
      'iptables-extensions(8), SNAT',
      'moby daemon/libnetwork/docs/spec/swarm-networking.md (commit ad948b0a), 6',
    ],
  },
  {
    code: 'endpoint-filtered',
    title: "the packet filter in the destination's namespace drops the packet",
    severity: 'error',
    needs: 'one host',
    meaning:
      'The packet arrives and is dropped by rules of the destination container. On the ingress network this is normal for all ports but the published ones. doctor looks at pings, at ports that something listens on, and at what the container sends. Lost pings alone are information; what is lost for some peers only is a warning.',
    behaviour:
      'Docker itself creates such rules for tasks of published services: on their ingress address only the published ports pass, while pings do. All others were added by other programs or by hand.',
    check: [{command: `${inside} iptables-save -c`}],
    fix: [
      {
        command: `${inside} iptables -D INPUT RULE`,
        affects: 'that one rule of the container, until it is restarted',
      },
    ],
    references: ['moby daemon/libnetwork/service_linux.go (programIngressPorts)', 'iptables(8)'],
  },
  {
    code: 'bridge-filtered',
    title: 'packet filter rules drop frames between two ports of a bridge',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Rules in the sandbox of the overlay, or on docker_gwbridge, drop frames that the bridge forwards. With br_netfilter loaded, bridged frames pass the FORWARD rules of their namespace, which is often unexpected. doctor reports chains of nftables in a sandbox that drop all IPv4 frames, and rules of iptables that drop connections there, or, as information, pings alone. Of what may drop some it says so.',
    behaviour:
      'The bridge passes each frame to the IP filter of its namespace (net.bridge.bridge-nf-call-iptables), or a bridge table of nftables filters it; a dropped frame is counted at the rule and in no other counter.',
    check: [{command: `${overlay} iptables-save -c`}, {command: `${overlay} nft list ruleset`}],
    fix: [{command: `${overlay} iptables -D FORWARD RULE`, affects: 'that one rule of the sandbox'}],
    references: ['kernel net/bridge/br_netfilter_hooks.c', 'iptables(8)'],
  },
  {
    code: 'sandbox-filtered',
    title: 'the packet filter of an overlay sandbox drops packets between its subnets',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Source and destination are in different subnets of one network. The sandbox routes between them, and its FORWARD rules drop the packet.',
    behaviour: 'Docker creates no such rules there; they were added by other programs or by hand.',
    check: [{command: `${overlay} iptables-save -c`}],
    fix: [{command: `${overlay} iptables -D FORWARD RULE`, affects: 'that one rule of the sandbox'}],
    references: ['iptables(8)'],
    traceOnly: true,
  },
  {
    code: 'host-filtered',
    title: "the host's packet filter drops the packet",
    severity: 'error',
    needs: 'one host',
    meaning:
      'A packet between a container and its own host is dropped by the INPUT or OUTPUT rules of the host: by a firewall manager, by an operator, or by the policy of the chain.',
    behaviour:
      'Packets to an address of the host itself pass INPUT, whichever bridge they arrive on; packets from the host to a container pass OUTPUT.',
    check: [{command: 'iptables-save -c'}],
    fix: [
      {
        command: 'iptables -I INPUT RULE -j ACCEPT',
        affects: 'what this host accepts, until its next boot',
      },
    ],
    references: ['iptables(8)'],
    traceOnly: true,
  },
] as const satisfies readonly Explanation[];

/** Settings of bridges and of other drivers' devices that stop a frame between two ports. */
const deviceTexts = [
  {
    code: 'parent-down',
    title: 'the parent link of a macvlan or ipvlan is down',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Containers on a macvlan or ipvlan network send through an interface of the host, and that interface is down.',
    behaviour: 'Their interfaces lose their carrier with it: LOWERLAYERDOWN.',
    check: [{command: 'ip link show PARENT'}],
    fix: [{command: 'ip link set PARENT up', affects: 'an interface of this host'}],
    references: ['kernel drivers/net/macvlan.c'],
    traceOnly: true,
  },
  {
    code: 'macvlan-private',
    title: 'macvlan in private mode keeps endpoints apart',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Both endpoints are on one parent, in a mode in which macvlan does not forward between endpoints of the same parent.',
    behaviour:
      '`private` drops frames between the endpoints of one parent; `vepa` sends them out and needs a switch that sends them back.',
    check: [{command: `${inside} ip -d link show INTERFACE`}],
    fix: [
      {
        command: 'docker network create -d macvlan -o macvlan_mode=bridge -o parent=PARENT NETWORK',
        affects: 'creates another network; containers must be moved to it',
      },
    ],
    references: ['kernel drivers/net/macvlan.c (macvlan_queue_xmit)', 'ip-link(8), macvlan'],
    traceOnly: true,
  },
  {
    code: 'own-host-apart',
    title: "a macvlan or ipvlan endpoint and its host can't reach each other",
    severity: 'error',
    needs: 'one host',
    meaning:
      'A container on macvlan or ipvlan can reach all hosts on the link except its own host. This is how the drivers work.',
    behaviour:
      "Packets from the endpoint to the host's own address leave by the parent, and a switch does not send them back out of the same port.",
    check: [{command: 'ip -d link show type macvlan'}],
    fix: [
      {
        command: 'ip link add shim link PARENT type macvlan mode bridge',
        affects: 'gives the host an interface of its own on the same parent; it needs an address and a route',
      },
    ],
    references: ['kernel drivers/net/macvlan.c', 'docker macvlan network driver'],
    traceOnly: true,
  },
] as const satisfies readonly Explanation[];

/** Names, as Docker's embedded DNS resolves them. */
const nameTexts = [
  {
    code: 'dns-name-unknown',
    title: 'the engine does not know the name on any network of the source',
    severity: 'error',
    needs: 'one host',
    meaning:
      "No container, alias, task or service on the source's networks has this name, according to the gossip on its engine. The query is forwarded to the DNS servers of the host.",
    behaviour:
      'Names are known per network: the same name on another network is another name. The engine answers from its gossip tables; a host that missed a message forwards the query to the external servers, which do not know the name, until it receives the record again.',
    check: [
      {command: 'docker network inspect --verbose NETWORK'},
      {command: 'docker exec CONTAINER nslookup NAME', shows: 'sends one query'},
    ],
    fix: [
      {
        command: 'docker service update --force SERVICE',
        affects: 'the tasks of the service: they are recreated, and announced again',
      },
    ],
    references: ['moby daemon/libnetwork/resolver.go', 'https://github.com/moby/moby/issues/53141'],
    traceOnly: true,
  },
  {
    code: 'dns-answer-differs',
    title: 'embedded DNS has another address for the name than the destination',
    severity: 'error',
    needs: 'several hosts',
    meaning:
      "The source's engine has an address for the name that the destination does not have. Gossip on the two hosts differs, or two endpoints have one name.",
    behaviour: 'The engine of the source answers from its own copy of the table, without asking other nodes.',
    check: [
      {command: 'docker network inspect --verbose NETWORK', shows: 'on both hosts'},
      {command: 'docker exec CONTAINER nslookup NAME', shows: 'sends one query'},
    ],
    fix: [
      {
        command: 'docker service update --force SERVICE',
        affects: 'the tasks of the service: they are recreated, and announced again',
      },
    ],
    references: ['moby daemon/libnetwork/networkdb', 'https://github.com/moby/moby/issues/47728'],
    traceOnly: true,
  },
  {
    code: 'dns-other-server',
    title: "a container does not use Docker's embedded DNS",
    severity: 'warning',
    needs: 'one host',
    meaning:
      "The resolv.conf of the container does not list 127.0.0.11, so it can not resolve names of containers and services. The file was mounted or written by a program inside, or the container uses the host's network. It may be meant so: doctor reports it as information.",
    behaviour: 'Only queries to 127.0.0.11 reach the engine.',
    check: [{command: 'docker exec CONTAINER cat /etc/resolv.conf'}],
    fix: [
      {
        command: 'docker run --dns SERVER IMAGE',
        affects: 'creates another container: the engine forwards unknown names to SERVER',
      },
    ],
    references: ['moby daemon/libnetwork/sandbox_dns_unix.go'],
  },
  {
    code: 'ingress-port-unpublished',
    title: 'no service or container publishes the port',
    severity: 'error',
    needs: 'a manager',
    meaning: 'No service of this swarm, and no container of this host, publishes that port.',
    behaviour: 'The host answers with a reset, or a program of the host accepts the connection.',
    check: [{command: "docker service ls --format '{{.Name}} {{.Ports}}'"}, {command: 'ss -ltn'}],
    fix: [
      {
        command: 'docker service update --publish-add published=PORT,target=PORT SERVICE',
        affects: 'the tasks of the service: they are recreated',
      },
    ],
    references: ['docker service update --publish-add'],
    traceOnly: true,
  },
] as const satisfies readonly Explanation[];

/** Results of probe packets. */
const probeTexts = [
  {
    code: 'probe-not-sent',
    title: 'no probe left the source',
    severity: 'error',
    needs: 'one host',
    meaning:
      "The packets that --probe sent were not seen at the source's own interface, or the kernel refused them: no route, no link, a rule inside, or ARP for the destination was not answered.",
    behaviour: 'The program that sends gets an error at once, or after the ARP requests time out.',
    check: [
      {command: `${inside} ip route get ADDRESS`},
      {command: `${inside} ip neigh show ADDRESS`},
      {command: 'ovdiag trace SOURCE DESTINATION', shows: 'the failing hop, from the tables'},
    ],
    fix: [{words: 'Fix what the trace reports at the failing hop.'}],
    references: ['ip-neighbour(8)'],
    traceOnly: true,
  },
  {
    code: 'probe-lost-after',
    title: 'the probes were lost after a known point',
    severity: 'error',
    needs: 'several hosts',
    meaning:
      'The packets were seen at one point and not at the next. They are lost between those two points: on one host by a device or a rule, between the hosts on the underlay.',
    behaviour: 'A dropped packet causes no answer; only the point where it was last seen is known.',
    check: [
      {command: 'ovdiag trace SOURCE DESTINATION --probe', shows: 'sends a few packets again'},
      {command: 'ovdiag capture --uplink', shows: listens},
      {command: 'ovdiag doctor --for 10s', shows: 'counters between these points may show the cause'},
    ],
    fix: [{words: 'Fix what doctor reports for that interval.'}],
    references: ['tcpdump(8)'],
    traceOnly: true,
  },
  {
    code: 'ping-ignored',
    title: 'the destination is set to answer no pings',
    severity: 'info',
    needs: 'one host',
    meaning:
      'A probe by ping reaches it and gets no answer, whatever the network does. Connections are not affected: probe with --port PORT/tcp.',
    behaviour: 'The kernel drops echo requests where net.ipv4.icmp_echo_ignore_all is 1 in that namespace.',
    check: [{command: `${inside} sysctl net.ipv4.icmp_echo_ignore_all`}],
    fix: [
      {
        command: `${inside} sysctl -w net.ipv4.icmp_echo_ignore_all=0`,
        affects: 'pings to that container, which may be off on purpose',
      },
    ],
    references: ['kernel net/ipv4/icmp.c (icmp_echo)', 'kernel Documentation/networking/ip-sysctl.rst'],
    traceOnly: true,
  },
  {
    code: 'probe-no-answer',
    title: 'probes reach the destination, but it does not answer',
    severity: 'error',
    needs: 'several hosts',
    meaning:
      'The packets were seen at the interface of the destination, and no answer left it: a rule inside, a MAC that is not its own, or a kernel that is configured not to answer pings.',
    behaviour: 'A packet for another MAC, or one that a rule drops, is dropped in the destination silently.',
    check: [
      {command: `${inside} nft list ruleset`},
      {command: `${inside} ip link show`},
      {command: `${inside} sysctl net.ipv4.icmp_echo_ignore_all`},
    ],
    fix: [
      {
        command: 'ovdiag inspect DESTINATION',
        affects: "nothing; it compares the interface with the engine's data",
      },
    ],
    references: ['kernel net/ipv4/icmp.c (icmp_echo)'],
    traceOnly: true,
  },
  {
    code: 'probe-lossy',
    title: 'some probes were lost',
    severity: 'warning',
    needs: 'several hosts',
    meaning:
      'Some packets arrived and some did not: an overloaded link or CPU, or a rule that drops a share.',
    behaviour: 'A full queue drops the packets that arrive next; TCP goes on, slowly.',
    check: [
      {
        command: 'ovdiag trace SOURCE DESTINATION --probe --count 500',
        shows: 'the loss rate, with its confidence bounds',
      },
      {command: 'ovdiag doctor --for 10s', shows: 'checks drops of uplinks, queues and tables'},
    ],
    fix: [{words: 'Fix what doctor reports for that interval.'}],
    references: ['kernel Documentation/networking/statistics.rst'],
    traceOnly: true,
  },
  {
    code: 'probe-refused',
    title: 'the destination refused the connections',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The packets arrive and no process listens on the port there, or a rule rejects them. The path works.',
    behaviour: 'The kernel of the destination answers with a reset or with ICMP.',
    check: [
      {command: `${inside} ss -ltn`},
      {command: 'docker logs CONTAINER', shows: 'may show why the program does not listen'},
    ],
    fix: [
      {
        words:
          'Let the program in the container listen on that port, and on an address that others can reach (0.0.0.0).',
      },
    ],
    references: ['RFC 9293 section 3.10.7.1'],
    traceOnly: true,
  },
  {
    code: 'probe-too-large',
    title: 'small probes pass, full-size probes do not',
    severity: 'error',
    needs: 'several hosts',
    meaning:
      "A link on the path has a smaller MTU than the network's MTU plus the tunnel's 50 bytes: small requests work, large answers hang.",
    behaviour:
      'Tunnel packets are sent without DF; routers may fragment them, and a firewall that drops fragments, or a NIC that accepts no larger frame, drops them silently.',
    check: [
      {
        command: 'ovdiag trace SOURCE DESTINATION --probe --mtu',
        shows: 'sends a few packets; a path-MTU entry of ten minutes stays',
      },
    ],
    fix: [
      {
        command: 'docker network create -d overlay --opt com.docker.network.driver.mtu=UNDERLAY-MTU NETWORK',
        affects: 'creates a new network; services must be moved to it',
      },
    ],
    references: ['RFC 7348 section 4.3', 'https://github.com/moby/moby/issues/36689'],
    traceOnly: true,
  },
  {
    code: 'probe-unanswered',
    title: 'no answer, and no capture shows where the probes went',
    severity: 'error',
    needs: 'several hosts',
    meaning:
      'The packets were sent, no answer came back, and there was no capture at the points between: tcpdump is missing, or only one host was read.',
    behaviour: 'Without captures on the path the loss can be anywhere, in either direction.',
    check: [
      {
        command: 'ovdiag trace SOURCE DESTINATION --probe --host HOST --host OTHER',
        shows: 'sends a few packets again',
      },
    ],
    fix: [{command: 'apt-get install tcpdump', affects: 'installs a program on that host'}],
    references: ['tcpdump(8)'],
    traceOnly: true,
  },
  {
    code: 'probe-unresolved',
    title: 'a real DNS query got no answer or a wrong one',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The name was queried from inside the source, as its programs do. There was no answer, an error, or another address than the destination has.',
    behaviour:
      'The query goes to 127.0.0.11. Rules of the namespace redirect it to the engine, which may forward it to other servers.',
    check: [
      {command: 'docker exec CONTAINER nslookup NAME', shows: 'sends one query'},
      {command: 'ovdiag trace SOURCE NAME', shows: 'the first hop shows the name in the tables'},
    ],
    fix: [{words: 'Fix what the trace reports at the failing hop.'}],
    references: ['moby daemon/libnetwork/resolver.go'],
    traceOnly: true,
  },
] as const satisfies readonly Explanation[];

export const traceTexts = [
  ...pathTexts,
  ...filterTexts,
  ...deviceTexts,
  ...nameTexts,
  ...probeTexts,
] as const satisfies readonly Explanation[];
