import type {Explanation} from '../explanation.js';

const inside = 'nsenter --net=/var/run/docker/netns/SANDBOX';
const overlay = 'nsenter --net=/var/run/docker/netns/N-NETWORKID';
const listens = 'nothing (it only listens)';

/** What only a walk from one end to another can find: it is no fault by itself, or none until somebody wants to pass. */
const pathTexts = [
  {
    code: 'no-network',
    title: 'source or destination has no network',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The container was started with `--network none`. It has its loopback interface and nothing else, so no endpoint can reach it, and it can reach none.',
    behaviour: 'The engine makes a namespace for it and plugs nothing in.',
    check: [{command: "docker inspect -f '{{.HostConfig.NetworkMode}}' CONTAINER"}],
    fix: [
      {
        command: 'docker run --network NETWORK IMAGE',
        affects: 'makes another container; one that was started with none can not be connected later',
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
      'Each end has networks, but none is the same, and Docker keeps networks apart on purpose: by separate bridges, VNIs and rules.',
    behaviour:
      'A packet for the other end finds no route but the default one, leaves by docker_gwbridge with the address of the host, and finds no host that knows the destination.',
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
        affects: 'the tasks of the service: they are made again',
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
      'The address is in the subnet of a network, and no source has an endpoint with it; or the container is on the network by name, without an address there.',
    behaviour:
      'Questions for the MAC of such an address stay without an answer, and the sender gets "no route to host" after some seconds.',
    check: [
      {command: 'docker network inspect --verbose NETWORK'},
      {command: 'ovdiag fdb NETWORK'},
      {
        command: 'getent hosts NAME',
        shows: 'inside the source: an address that was remembered too long is looked up again',
      },
    ],
    fix: [{words: 'Let the program look the name up again, or the address of the one that has it now.'}],
    references: ['kernel drivers/net/vxlan/vxlan_core.c (arp_reduce)'],
    traceOnly: true,
  },
  {
    code: 'not-running',
    title: 'source or destination is not running',
    severity: 'error',
    needs: 'one host',
    meaning: 'The container exists and is stopped, was never started, or is just being made.',
    behaviour:
      'Its namespace is gone, its rows are removed on all hosts, and its address may be given to another one.',
    check: [{command: 'docker ps -a --filter name=CONTAINER'}],
    fix: [{command: 'docker start CONTAINER', affects: 'starts it, perhaps with another address'}],
    references: ['docker start'],
    traceOnly: true,
  },
  {
    code: 'host-network',
    title: "source or destination uses its host's network",
    severity: 'error',
    needs: 'one host',
    meaning:
      'The container was started with `--network host`. It has the addresses of its host and is on no overlay; its name does not resolve on overlays.',
    behaviour: 'It lives in the namespace of dockerd. Its packets take the routes of the host.',
    check: [{command: "docker inspect -f '{{.HostConfig.NetworkMode}}' CONTAINER"}],
    fix: [
      {command: 'docker run --network NETWORK IMAGE', affects: 'makes another container, on that network'},
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
      'The source is only on networks that were made with `--internal`. They have no way to the outside, on purpose.',
    behaviour:
      'Containers of such a network get no leg on docker_gwbridge and no default route; the kernel answers "network is unreachable" at once.',
    check: [{command: "docker network inspect -f '{{.Internal}}' NETWORK"}, {command: `${inside} ip route`}],
    fix: [
      {
        command: 'docker network connect OTHER-NETWORK CONTAINER',
        affects: 'the container gets one more interface, and with it a way out',
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
    meaning: 'A packet that leaves the overlay takes the routes of the host, and the host has none to there.',
    behaviour:
      'The kernel of the host answers "network is unreachable" by ICMP, and the container gets that.',
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
      'A network with several subnets is routed between them in its sandbox on the host of the sender, and there the other subnet has no bridge, or its bridge no address.',
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
      'The packet arrives, and no process there waits on that port, or one that waits on 127.0.0.1 only. The network is not at fault.',
    behaviour: 'The kernel of the destination answers with a reset (TCP) or with "port unreachable" (UDP).',
    check: [
      {command: `${inside} ss -ltn`},
      {command: 'docker logs CONTAINER', shows: 'it may tell why the program does not listen, or where'},
    ],
    fix: [
      {
        words:
          'Let the program in the container listen on that port, and on an address that others reach (0.0.0.0).',
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
      'The name of the service is known and its address too, and there is no task behind it: it is scaled to zero, its tasks fail, or none fits a node.',
    behaviour: 'Its load balancer takes the connection and has no place to send it to.',
    check: [{command: 'docker service ps --no-trunc SERVICE'}],
    fix: [{command: 'docker service scale SERVICE=1', affects: 'starts a task'}],
    references: ['docker service ps'],
    traceOnly: true,
  },
] as const satisfies readonly Explanation[];

/** Filters: rules that somebody wants, on the way of somebody else. */
const filterTexts = [
  {
    code: 'source-filtered',
    title: "the packet filter in the source's namespace drops the packet",
    severity: 'error',
    needs: 'one host',
    meaning:
      'Something inside the container, or with rights to its namespace, has made rules that drop what it sends.',
    behaviour:
      'The OUTPUT chain drops it before it reaches the interface; most programs see a timeout or "operation not permitted".',
    check: [{command: `${inside} nft list ruleset`}],
    fix: [
      {
        command: `${inside} iptables -D OUTPUT RULE`,
        affects: 'that one rule of the container, until it is started again',
      },
    ],
    references: ['nft(8), list ruleset', 'iptables(8)'],
    traceOnly: true,
  },
  {
    code: 'endpoint-filtered',
    title: "the packet filter in the destination's namespace drops the packet",
    severity: 'error',
    needs: 'one host',
    meaning:
      'The packet arrives and is dropped by rules of the container that should get it. On the ingress network this is normal for all ports but the published ones.',
    behaviour:
      "Docker itself makes such rules for tasks of published services: on their ingress address only the published ports pass, while pings do. All others are somebody's own.",
    check: [{command: `${inside} iptables-save -c`}],
    fix: [
      {
        command: `${inside} iptables -D INPUT RULE`,
        affects: 'that one rule of the container, until it is started again',
      },
    ],
    references: ['moby daemon/libnetwork/service_linux.go (programIngressPorts)', 'iptables(8)'],
    traceOnly: true,
  },
  {
    code: 'bridge-filtered',
    title: 'packet filter rules drop frames between two ports of a bridge',
    severity: 'error',
    needs: 'one host',
    meaning:
      'In the sandbox of the overlay, or on docker_gwbridge, rules drop what the bridge forwards. With br_netfilter loaded, frames on a bridge meet the FORWARD rules of their namespace, which often surprises.',
    behaviour:
      'The bridge hands each frame to the IP filter of its namespace (net.bridge.bridge-nf-call-iptables), or a bridge table of nftables looks at it; a dropped frame is counted at the rule and nowhere else.',
    check: [{command: `${overlay} iptables-save -c`}, {command: `${overlay} nft list ruleset`}],
    fix: [{command: `${overlay} iptables -D FORWARD RULE`, affects: 'that one rule of the sandbox'}],
    references: ['kernel net/bridge/br_netfilter_hooks.c', 'iptables(8)'],
    traceOnly: true,
  },
  {
    code: 'sandbox-filtered',
    title: 'the packet filter of an overlay sandbox drops packets between its subnets',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The two ends are in different subnets of one network. The sandbox routes between them, and its FORWARD rules drop the packet.',
    behaviour: "Docker makes no such rules there; they are somebody else's.",
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
      'Packets for an address of the host itself pass INPUT, whichever bridge they come in by; what the host sends to a container passes OUTPUT.',
    check: [{command: 'iptables-save -c'}],
    fix: [
      {
        command: 'iptables -I INPUT RULE -j ACCEPT',
        affects: 'what this host lets pass, until its next boot',
      },
    ],
    references: ['iptables(8)'],
    traceOnly: true,
  },
] as const satisfies readonly Explanation[];

/** Settings of bridges and of other drivers' devices that stop a frame between two ports. */
const deviceTexts = [
  {
    code: 'ports-isolated',
    title: 'two ports of the bridge are isolated from each other',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Both ports have the flag `isolated`, and a bridge forwards nothing between two of those. Docker sets it on no overlay.',
    behaviour: 'The bridge leaves such a port out, also when it floods; nothing is counted.',
    check: [{command: `${overlay} bridge -d link show`}],
    fix: [{command: `${overlay} bridge link set dev PORT isolated off`, affects: 'that one port'}],
    references: ['kernel net/bridge/br_private.h (br_skb_isolated)', 'bridge(8), isolated'],
    traceOnly: true,
  },
  {
    code: 'port-not-forwarding',
    title: 'a bridge port is not forwarding',
    severity: 'error',
    needs: 'one host',
    meaning:
      "The port's state is disabled, blocking, listening or learning. Docker's bridges run no spanning tree, so somebody has set it, or the link behind it has no carrier.",
    behaviour: 'The bridge drops what comes in there and sends nothing out.',
    check: [{command: `${overlay} bridge -d link show dev PORT`}],
    fix: [
      {command: `${overlay} bridge link set dev PORT state 3`, affects: 'that one port: 3 is forwarding'},
    ],
    references: ['kernel net/bridge/br_input.c (br_handle_frame)', 'bridge(8), state'],
    traceOnly: true,
  },
  {
    code: 'port-does-not-flood',
    title: 'the bridge has not learned the destination and does not flood to its port',
    severity: 'error',
    needs: 'one host',
    meaning:
      "The bridge has no row for the destination's MAC, and the port behind which it is has flooding switched off, so the first frame to it is lost. It would work as soon as the destination speaks.",
    behaviour:
      'A frame for an unknown MAC goes to all ports that flood; a port with `flood off` is left out.',
    check: [
      {command: `${overlay} bridge fdb show br BRIDGE`},
      {command: `${overlay} bridge -d link show dev PORT`},
    ],
    fix: [{command: `${overlay} bridge link set dev PORT flood on`, affects: 'that one port'}],
    references: ['kernel net/bridge/br_forward.c (br_flood)', 'bridge(8), flood'],
    traceOnly: true,
  },
  {
    code: 'parent-down',
    title: 'the parent link of a macvlan or ipvlan is down',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Containers on a macvlan or ipvlan network send through an interface of the host, and that is down.',
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
    meaning: 'Both ends are on one parent, in a mode in which a macvlan hands nothing to its neighbours.',
    behaviour:
      '`private` drops frames between the endpoints of one parent; `vepa` sends them out and needs a switch that sends them back.',
    check: [{command: `${inside} ip -d link show INTERFACE`}],
    fix: [
      {
        command: 'docker network create -d macvlan -o macvlan_mode=bridge -o parent=PARENT NETWORK',
        affects: 'makes another network; containers must be moved to it',
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
      'A container on macvlan or ipvlan reaches everybody on the link but the host that it runs on. This is how the drivers work.',
    behaviour:
      "What the endpoint sends to the host's own address goes out by the parent, and no switch sends it back to where it came from.",
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

/** Names: what the engine's own name server makes of them. */
const nameTexts = [
  {
    code: 'dns-name-unknown',
    title: 'the engine does not know the name on any network of the source',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The name is of no container, alias, task or service on the networks that the source is on, as far as gossip has told its engine. The question goes on to the servers of the host.',
    behaviour:
      'Names are known per network: the same name on another network is another name. The engine answers from what gossip brought; a host that missed a message answers NXDOMAIN until it is told again.',
    check: [
      {command: 'docker network inspect --verbose NETWORK'},
      {command: 'docker exec CONTAINER nslookup NAME', shows: 'sends one question'},
    ],
    fix: [
      {
        command: 'docker service update --force SERVICE',
        affects: 'the tasks of the service: they are made again, and announced again',
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
      "By the source's engine the name has an address that the destination does not have. Gossip on the two hosts differs, or two endpoints have one name.",
    behaviour: 'The engine of the source answers from its own copy of the table, without asking anybody.',
    check: [
      {command: 'docker network inspect --verbose NETWORK', shows: 'on both hosts'},
      {command: 'docker exec CONTAINER nslookup NAME', shows: 'sends one question'},
    ],
    fix: [
      {
        command: 'docker service update --force SERVICE',
        affects: 'the tasks of the service: they are made again, and announced again',
      },
    ],
    references: ['moby daemon/libnetwork/networkdb', 'https://github.com/moby/moby/issues/47728'],
    traceOnly: true,
  },
  {
    code: 'dns-other-server',
    title: "the source does not use Docker's embedded DNS",
    severity: 'warning',
    needs: 'one host',
    meaning:
      "The resolv.conf of the container does not name 127.0.0.11, so names of containers and services are unknown to it. It was mounted, written by something inside, or the container uses the host's network.",
    behaviour: 'Only questions to 127.0.0.11 reach the engine.',
    check: [{command: 'docker exec CONTAINER cat /etc/resolv.conf'}],
    fix: [
      {
        command: 'docker run --dns SERVER IMAGE',
        affects: 'makes another container: the engine asks SERVER for what it does not know itself',
      },
    ],
    references: ['moby daemon/libnetwork/sandbox_dns_unix.go'],
    traceOnly: true,
  },
  {
    code: 'ingress-port-unpublished',
    title: 'no service or container publishes the port',
    severity: 'error',
    needs: 'a manager',
    meaning: 'No service of this swarm, and no container of this host, publishes that port.',
    behaviour: 'The host answers with a reset, or a program of its own takes the connection.',
    check: [{command: "docker service ls --format '{{.Name}} {{.Ports}}'"}, {command: 'ss -ltn'}],
    fix: [
      {
        command: 'docker service update --publish-add published=PORT,target=PORT SERVICE',
        affects: 'the tasks of the service: they are made again',
      },
    ],
    references: ['docker service update --publish-add'],
    traceOnly: true,
  },
] as const satisfies readonly Explanation[];

/** What real packets proved. */
const probeTexts = [
  {
    code: 'probe-not-sent',
    title: 'no probe left the source',
    severity: 'error',
    needs: 'one host',
    meaning:
      "The packets that --probe sent were not seen at the source's own interface, or the kernel refused them: no route, no link, a rule inside, or ARP for the destination was not answered's MAC.",
    behaviour:
      'The program that sends gets an error at once, or after the ARP questions have gone unanswered.',
    check: [
      {command: `${inside} ip route get ADDRESS`},
      {command: `${inside} ip neigh show ADDRESS`},
      {command: 'ovdiag trace SOURCE DESTINATION', shows: 'the tables name the hop'},
    ],
    fix: [{words: 'What the trace reports at the hop that fails.'}],
    references: ['ip-neighbour(8)'],
    traceOnly: true,
  },
  {
    code: 'probe-lost-after',
    title: 'the probes were lost after a known point',
    severity: 'error',
    needs: 'several hosts',
    meaning:
      'The packets were seen at one point and not at the next. What lies between those two points loses them: on one host a device or a rule, between the hosts the underlay.',
    behaviour: 'Nothing answers for a packet that is dropped; only where it was last seen is known.',
    check: [
      {command: 'ovdiag trace SOURCE DESTINATION --probe', shows: 'sends a few packets again'},
      {command: 'ovdiag capture --uplink', shows: listens},
      {command: 'ovdiag doctor --for 10s', shows: 'counters of what is between may name the cause'},
    ],
    fix: [{words: 'What doctor reports over that time.'}],
    references: ['tcpdump(8)'],
    traceOnly: true,
  },
  {
    code: 'probe-no-answer',
    title: 'probes reach the destination, but it does not answer',
    severity: 'error',
    needs: 'several hosts',
    meaning:
      'The packets were seen at the interface of the destination, and no answer left it: a rule inside, a MAC that is not its own, or a kernel that was told to answer no pings.',
    behaviour: 'A packet for another MAC, or one that a rule drops, ends in the destination without a word.',
    check: [
      {command: `${inside} nft list ruleset`},
      {command: `${inside} ip link show`},
      {command: `${inside} sysctl net.ipv4.icmp_echo_ignore_all`},
    ],
    fix: [
      {
        command: 'ovdiag inspect DESTINATION',
        affects: "nothing; it compares the interface with the engine's word",
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
      'Of several packets some arrived and some did not: an overloaded link or processor, or a rule that drops a share.',
    behaviour: 'Queues that are full drop what comes next; TCP goes on, slowly.',
    check: [
      {
        command: 'ovdiag trace SOURCE DESTINATION --probe --count 500',
        shows: 'the rate of loss, with the bounds that so many packets give it',
      },
      {command: 'ovdiag doctor --for 10s', shows: 'it looks at drops of uplinks, queues and tables'},
    ],
    fix: [{words: 'What doctor reports over that time.'}],
    references: ['kernel Documentation/networking/statistics.rst'],
    traceOnly: true,
  },
  {
    code: 'probe-refused',
    title: 'the destination refused the connections',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The packets arrive and nothing waits on the port there, or a rule rejects them. The way is good.',
    behaviour: 'The kernel of the destination answers with a reset or with ICMP.',
    check: [
      {command: `${inside} ss -ltn`},
      {command: 'docker logs CONTAINER', shows: 'it may tell why the program does not listen'},
    ],
    fix: [
      {
        words:
          'Let the program in the container listen on that port, and on an address that others reach (0.0.0.0).',
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
      "A link on the way takes less than the network's MTU and the tunnel's 50 bytes: small requests work, large answers hang.",
    behaviour:
      'Packets of the tunnel are sent without DF; routers may split them, and a firewall that drops fragments, or a card that takes no larger frame, loses them without a word.',
    check: [
      {
        command: 'ovdiag trace SOURCE DESTINATION --probe --mtu',
        shows: 'sends a few packets; a path-MTU entry of ten minutes stays',
      },
    ],
    fix: [
      {
        command: 'docker network create -d overlay --opt com.docker.network.driver.mtu=UNDERLAY-MTU NETWORK',
        affects: 'makes a new network; services must be moved to it',
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
      'The packets were sent and nothing came back, and there was no capture at the points between: tcpdump is missing, or only one host was read.',
    behaviour: 'Without captures on the way the loss can be anywhere, on the way there or back.',
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
      'The name was asked for from inside the source, as its programs do, and the answer was none, an error, or another address than the destination has.',
    behaviour:
      'The question goes to 127.0.0.11, by rules of the namespace to the engine, and from there perhaps to other servers.',
    check: [
      {command: 'docker exec CONTAINER nslookup NAME', shows: 'sends one question'},
      {command: 'ovdiag trace SOURCE NAME', shows: 'its first hop tells what the tables say about the name'},
    ],
    fix: [{words: 'What the trace reports at the hop that fails.'}],
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
