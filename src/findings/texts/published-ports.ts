import type {Explanation} from '../explanation.js';

const specification = 'moby daemon/libnetwork/docs/spec/swarm-networking.md (commit ad948b0a)';

/** Ports that services publish, as they are on the nodes. */
export const publishedPortTexts = [
  {
    code: 'ingress-port-leftover',
    title: 'a node forwards a port that no service publishes',
    severity: 'warning',
    needs: 'a manager',
    meaning:
      'Requests to the port get no answer. Another program on the node that listens on it gets none of the requests of other hosts.',
    behaviour:
      'The engine adds a DNAT rule for each published port when it learns of the first task, and removes it with the last one. A rule is left over if the engine was killed in between, if rules were restored from a file, or if the removal failed.',
    check: [{command: 'iptables -t nat -S', shows: 'the DNAT rule for the port'}],
    fix: [
      {
        command:
          'iptables -t nat -D DOCKER-INGRESS -p tcp -m tcp --dport PORT -j DNAT --to-destination ADDRESS:PORT',
        affects: 'requests to this port of this node',
      },
    ],
    references: [
      `${specification}, 7`,
      'moby daemon/libnetwork/service_linux.go (rmLBBackend, programIngress)',
    ],
  },
  {
    code: 'ingress-port-taken',
    title: 'something else has a port that a service publishes on all nodes',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'On this node only one of the two gets the requests. From engine 29.8 on no port of the service answers on this node while one of them is taken.',
    behaviour:
      'Managers see that no two services publish one port. They do not know of containers that were started with -p, nor of other programs of a node. Up to 29.7 the rule that comes first in the nat table decides, and a program of the host gets only what is not translated. From 29.8 on the engine must get the port itself.',
    check: [{command: "ss -lnp 'sport = :PORT'", shows: 'the process that has the port'}],
    fix: [
      {
        words:
          'Publish another port, of the service or of the container, or let the program use another one.',
      },
    ],
    references: [`${specification}, 7.2`, 'moby daemon/libnetwork/service_linux.go (addLBBackend)'],
    explains: ['ingress-dnat-missing'],
  },
  {
    code: 'ingress-ipv6-unserved',
    title: 'published ports take IPv6 connections and never answer them',
    severity: 'info',
    needs: 'one host',
    meaning:
      'Clients that try IPv6 first hang: localhost on the node itself, or a name with an AAAA record. IPv4 works.',
    behaviour:
      'The routing mesh is IPv4 only. Up to 29.7 the engine keeps each published port with a listening socket for all addresses, and reads from none of its connections: IPv4 requests are translated before they reach it, IPv6 ones are not. From 29.8 on docker-proxy answers IPv6, or nothing takes the connection.',
    check: [
      {command: 'ss -ltn6', shows: 'the port on [::]'},
      {command: 'curl -6 -m 3 http://[::1]:PORT/', shows: 'a timeout, where curl -4 gets an answer'},
    ],
    fix: [
      {
        words:
          'Update the engines to 29.8 or later, or give clients IPv4 addresses only: 127.0.0.1 for localhost, no AAAA record for nodes.',
      },
    ],
    references: [`${specification}, 7`, 'moby/moby#53091', 'moby/moby#53118'],
  },
  {
    code: 'host-port-differs',
    title: 'the managers list another host port than the engine of the node has mapped',
    severity: 'warning',
    needs: 'a manager',
    meaning: 'Clients that are sent to the listed port, by a proxy or by a script, do not reach the task.',
    behaviour:
      'For a port in host mode the node reports to the managers which port of the host it has mapped. Both stay as they are while the container runs.',
    check: [
      {command: 'docker port CONTAINER', shows: 'the mapped port'},
      {command: "docker service ps SERVICE --format '{{.Name}} {{.Ports}}'", shows: 'what managers list'},
    ],
    fix: [
      {
        command: 'docker rm -f CONTAINER',
        affects: 'this task only: the swarm starts another one in its place',
      },
    ],
    references: [
      `${specification}, 7.3`,
      'moby daemon/cluster/executor/container/controller.go (PortStatus)',
    ],
  },
  {
    code: 'host-port-untranslated',
    title: 'no rule leads a port in host mode to its container',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'With the userland proxy on, docker-proxy passes the connections on: they work, and the container sees the address of docker_gwbridge as that of every client. Access lists and logs by address are wrong. With the proxy off, the port does not answer.',
    behaviour:
      'When a container starts, the engine makes a DNAT rule for each of its ports. A request that the rule translates keeps the address of its client; one that docker-proxy takes does not. Rules that are flushed come back with the container.',
    check: [
      {command: 'iptables-save -t nat', shows: 'no DNAT rule for the port'},
      {command: 'ss -lntup', shows: 'docker-proxy on the port'},
    ],
    fix: [
      {
        command: 'docker restart CONTAINER',
        affects:
          'the container, which stops and starts; of a service remove the task instead: docker rm -f CONTAINER',
      },
    ],
    references: [
      `${specification}, 7.3`,
      'moby daemon/libnetwork/drivers/bridge/internal/iptabler/port.go',
      'moby cmd/docker-proxy',
    ],
  },
  {
    code: 'hairpin-filtered',
    title: "published ports do not answer to the node's own containers",
    severity: 'warning',
    needs: 'one host',
    meaning:
      'Containers of overlay networks on this node get no answer at the address of their own node and a published port. Clients on other hosts do.',
    behaviour:
      'Such a request leaves by docker_gwbridge and comes back by it to the ingress sandbox. The engine drops what goes from docker_gwbridge to docker_gwbridge, and accepts published ports before. A rule that was put ahead, or a rule of the engine that is gone, undoes that. Engines 29.8.0 and 29.8.1 with the userland proxy off have this fault themselves.',
    check: [{command: 'iptables -vnL FORWARD', shows: 'the rule that counts the packets'}],
    fix: [
      {
        command: 'iptables -I CHAIN -i docker_gwbridge -o docker_gwbridge -p tcp --dport PORT -j ACCEPT',
        affects: 'requests of containers of this node to this port',
      },
    ],
    references: [
      `${specification}, 7.1`,
      'moby/moby#53713',
      'moby daemon/libnetwork/service_linux.go (programIngress)',
    ],
  },
  {
    code: 'ingress-isolation-off',
    title: 'tasks reach ports of another task that are not published, over ingress',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'The ingress network connects the load balancers of all nodes with the tasks of all services that publish ports. Any of these tasks can now connect to any port of this one.',
    behaviour:
      'The engine puts rules into the namespace of each such task: they accept the target ports of its service, and drop all other TCP, UDP and SCTP to and from its ingress address. It does so once, when the task starts.',
    check: [
      {
        command: 'nsenter --net=/var/run/docker/netns/NAMESPACE iptables -S',
        shows: 'rules that drop what has the ingress address',
      },
    ],
    fix: [
      {
        command: 'nsenter --net=/var/run/docker/netns/NAMESPACE iptables -A INPUT -d ADDRESS -p tcp -j DROP',
        affects:
          'packets of the task on ingress but those of its published ports; the same for udp, and for OUTPUT with -s',
      },
    ],
    references: [`${specification}, 7.2`, 'moby daemon/libnetwork/service_linux.go (addRedirectRules)'],
  },
] as const satisfies readonly Explanation[];
