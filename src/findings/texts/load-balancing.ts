import type {CheckStep} from '../advice.js';
import type {Explanation, FixText} from '../explanation.js';

const ipvsTable: CheckStep = {
  command: 'nsenter --net=/var/run/docker/netns/lb_NETWORK cat /proc/net/ip_vs   # or ingress_sbox',
  shows: 'addresses and marks in hexadecimal',
};
const marks: CheckStep = {
  command: 'nsenter --net=/var/run/docker/netns/lb_NETWORK iptables-save -c -t mangle   # or ingress_sbox',
};
const gossip: CheckStep = {
  command: 'docker network inspect --verbose NETWORK',
  shows: 'Services lists VIPs and tasks',
};
const redo: FixText = {
  command: 'docker service update --force SERVICE',
  affects: 'the tasks of that service, replaced one by one; with them the engines recreate their entries',
};
const scaled: FixText = {
  command: 'docker service scale SERVICE=0 && docker service scale SERVICE=REPLICAS',
  affects:
    'that service, which does not answer until its tasks run again; with its first task the engines recreate all its entries. Replacing tasks one by one only recreates their backends',
};
const restart: FixText = {
  command: 'systemctl restart docker',
  affects: 'every container of that host; all its load balancers are recreated',
};
const source = 'moby daemon/libnetwork/service_linux.go';

/** Virtual addresses of services, and published ports. */
export const loadBalancingTexts = [
  {
    code: 'ipvs-missing',
    title: 'the kernel has no IPVS, so no service has a load balancer',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Services are reached by a VIP, or from outside by a published port, and IPVS in the kernel balances the connections. This kernel has none. Service names resolve to dead VIPs; published ports fail. Tasks are still reachable by their own addresses, and by tasks.SERVICE.',
    behaviour:
      'The engine fails to set up the load balancer before it creates any part of it: no alias for the VIP, no mark, no DNAT on the host. ARP for the VIP is not answered.',
    check: [
      {command: 'ls /proc/net/ip_vs; modprobe -n ip_vs'},
      {command: 'journalctl -u docker | grep -i ipvs'},
    ],
    fix: [
      {command: 'modprobe ip_vs ip_vs_rr', affects: 'loads kernel modules, if they exist'},
      {
        command: 'docker service update --endpoint-mode dnsrr SERVICE',
        affects:
          'that service: its name resolves to the addresses of its tasks; it can then publish no port through ingress',
      },
    ],
    references: [`${source} (addLBBackend)`, 'ipvsadm(8)'],
  },
  {
    code: 'ipvs-service-missing',
    title: 'IPVS has no service for the mark of a Docker service',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Packets to the service get their mark, but IPVS on this node has no service for it: the service can not be reached from this node by its VIP, or by its published port.',
    behaviour:
      'A marked packet to an address of the sandbox that IPVS does not handle goes to a local socket. There is none, so connections are refused.',
    check: [marks, ipvsTable],
    fix: [scaled, restart],
    references: [source, 'https://github.com/moby/moby/issues/25985'],
  },
  {
    code: 'ipvs-no-backend',
    title: 'IPVS has no backend for a service that has tasks',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The service runs, and on this node IPVS has none of its tasks, or all of them with weight 0: it can not be reached from here by its VIP.',
    behaviour:
      'IPVS drops or refuses a new connection for which it finds no destination. Tasks that are being stopped have weight 0.',
    check: [ipvsTable, gossip],
    fix: [redo, restart],
    references: [source, 'https://github.com/moby/moby/issues/25219'],
  },
  {
    code: 'ipvs-backend-missing',
    title: 'IPVS has no backend for a task of a service',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'A task runs and is in gossip, and IPVS on this node has no backend for it: requests from this node go to the other tasks only. No traffic is lost as long as they can handle the load.',
    behaviour:
      'The engine adds the backend when it receives the task by gossip. ovdiag compares IPVS entries by content, because each node numbers its marks independently.',
    check: [ipvsTable, gossip],
    fix: [redo],
    references: [source, 'https://github.com/moby/moby/issues/41896'],
  },
  {
    code: 'ipvs-backend-stale',
    title: 'IPVS has a backend that is not a task any more',
    severity: 'error',
    needs: 'one host',
    meaning:
      'IPVS still has a backend, with a weight, for a task that is gone: every n-th request from this node to the service hangs, or is answered by the endpoint that has the address now.',
    behaviour:
      'IPVS uses round robin (rr) and does not check whether a destination answers. A backend that is being removed has weight 0 and is not reported.',
    check: [ipvsTable, gossip],
    fix: [scaled, restart],
    references: [source, 'https://github.com/moby/moby/issues/30464'],
  },
  {
    code: 'ipvs-snat-missing',
    title: 'the SNAT rule of a load balancer is missing',
    severity: 'error',
    needs: 'one host',
    meaning:
      "The rule that gives packets to the tasks the load balancer's own source address is missing. The tasks answer the client directly, from an address that the client did not connect to, and the connection is never established.",
    behaviour:
      'IPVS changes the destination only. The rule in POSTROUTING changes the source of packets that IPVS has handled, so that answers return to the load balancer.',
    check: [{command: 'nsenter --net=/var/run/docker/netns/lb_NETWORK iptables-save -c -t nat'}],
    fix: [scaled, restart],
    references: [`${source} (configureFWMark)`, 'https://github.com/moby/moby/issues/33790'],
  },
  {
    code: 'ipvs-conntrack-off',
    title: 'IPVS hides its packets from connection tracking',
    severity: 'error',
    needs: 'one host',
    meaning:
      'net.ipv4.vs.conntrack is 0 in the sandbox of a load balancer. The SNAT rule for packets to the tasks then never matches, and answers do not return to the load balancer.',
    behaviour:
      'Rules of the nat table apply only to connections that are tracked. The engine sets it to 1 when it creates the sandbox.',
    check: [
      {
        command: 'nsenter --net=/var/run/docker/netns/lb_NETWORK sysctl net.ipv4.vs.conntrack',
      },
    ],
    fix: [
      {
        command: 'nsenter --net=/var/run/docker/netns/lb_NETWORK sysctl -w net.ipv4.vs.conntrack=1',
        affects: 'that sandbox, until it is recreated',
      },
    ],
    references: ['kernel Documentation/networking/ipvs-sysctl.rst', source],
  },
  {
    code: 'ipvs-idle-timeout',
    title: 'idle connections to services can outlive the IPVS timeout',
    severity: 'info',
    needs: 'one host',
    meaning:
      'IPVS removes a TCP connection after 900 s without a packet; containers send their first keepalive later (7200 s by default). A pooled connection that was idle for a quarter of an hour hangs or is reset when it is used again. Programs that hold no idle connections are not affected.',
    behaviour:
      'A packet of an expired connection is treated as the start of a new one without SYN and is dropped or reset. Keepalives are sent only for sockets that enable them.',
    check: [
      {command: 'docker exec CONTAINER cat /proc/sys/net/ipv4/tcp_keepalive_time'},
      {command: 'nsenter --net=/var/run/docker/netns/lb_NETWORK ipvsadm -l --timeout'},
    ],
    fix: [
      {
        command: 'docker service update --sysctl-add net.ipv4.tcp_keepalive_time=600 SERVICE',
        affects: 'the tasks of that service, replaced one by one',
      },
      {
        command: 'docker service update --endpoint-mode dnsrr SERVICE',
        affects: 'the service that is connected to: connections go to its tasks without IPVS',
      },
    ],
    references: ['kernel net/netfilter/ipvs/ip_vs_proto_tcp.c', 'https://github.com/moby/moby/issues/31208'],
  },
  {
    code: 'vip-alias-missing',
    title: 'the load balancer of this node does not have the VIP of a service',
    severity: 'error',
    needs: 'one host',
    meaning:
      "The load balancer of the network should have the VIP as an alias of its interface, but does not. Containers of this node get no answer to ARP for it: 'no route to host'.",
    behaviour:
      'Each node has its own load balancer with all VIPs of the network; the address is never looked up on another node.',
    check: [{command: 'nsenter --net=/var/run/docker/netns/lb_NETWORK ip addr'}, gossip],
    fix: [scaled, restart],
    references: [`${source} (AddAliasIP)`, 'https://github.com/moby/moby/issues/28564'],
  },
  {
    code: 'vip-mark-missing',
    title: 'packets to the VIP of a service get no mark',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The load balancer has the VIP, and no rule marks the packets to it. IPVS matches by mark, so it does not handle them: connections from this node are refused.',
    behaviour: 'The rule is in the table mangle, chain INPUT, of the sandbox of the load balancer.',
    check: [marks],
    fix: [scaled, restart],
    references: [`${source} (configureFWMark)`, 'https://github.com/moby/moby/issues/26946'],
  },
  {
    code: 'ingress-dnat-missing',
    title: "the host's DNAT rule of a published port is missing",
    severity: 'error',
    needs: 'one host',
    meaning:
      "A service publishes the port on every node, and on this one no nat rule sends requests to the ingress sandbox, or no jump leads to the chain of that rule. Requests to this node are refused, or accepted by the engine's placeholder socket and never answered.",
    behaviour:
      'The rules are in the chain DOCKER-INGRESS of the table nat, reached from PREROUTING and OUTPUT. A firewall manager that loads its own ruleset removes them.',
    check: [{command: 'iptables-save -c -t nat | grep INGRESS'}],
    fix: [restart, scaled],
    references: [`${source} (programIngress)`, 'https://github.com/moby/moby/issues/24882'],
  },
  {
    code: 'ingress-dnat-stale',
    title: 'the DNAT of a published port points to an address that ingress_sbox does not have',
    severity: 'error',
    needs: 'one host',
    meaning:
      "The host's rule sends requests to an address on docker_gwbridge that is not, or no longer, that of the ingress sandbox. They are lost, or reach another container.",
    behaviour:
      'The rule was created for an earlier sandbox; the engine creates rules when it receives a service and does not check them again.',
    check: [
      {command: 'iptables-save -t nat | grep INGRESS'},
      {command: 'nsenter --net=/var/run/docker/netns/ingress_sbox ip addr'},
    ],
    fix: [restart],
    references: [`${source} (programIngressPorts)`, 'https://github.com/moby/moby/issues/25463'],
  },
  {
    code: 'ingress-mark-missing',
    title: 'requests to a published port get no mark in ingress_sbox',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The host sends requests into ingress_sbox, and no rule there marks them. IPVS matches by mark, so it does not handle them: they are refused.',
    behaviour: 'The rule is in the table mangle, chain PREROUTING, of ingress_sbox, and matches by port.',
    check: [marks],
    fix: [scaled, restart],
    references: [`${source} (configureFWMark)`, 'https://github.com/moby/moby/issues/29417'],
  },
  {
    code: 'ingress-localnet-off',
    title: 'published ports do not answer to the host itself on 127.0.0.1',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'Requests of this host to 127.0.0.1 and a published port are sent to ingress over docker_gwbridge, and the kernel drops packets with that address there. Requests to other addresses of the host are not affected.',
    behaviour:
      'Addresses of 127.0.0.0/8 are refused on any other interface than loopback unless route_localnet is 1 there. The engine sets it when it publishes the first port; a `sysctl --system` may reset it. Engines from 29.8 publish the ports of the routing mesh like those of containers: while docker-proxy runs there, it answers 127.0.0.1 and the setting stays 0.',
    check: [{command: 'sysctl net.ipv4.conf.docker_gwbridge.route_localnet'}],
    fix: [{command: 'sysctl -w net.ipv4.conf.docker_gwbridge.route_localnet=1', affects: 'docker_gwbridge'}],
    references: [
      `${source} (initIngressConfiguration)`,
      'moby/moby#53118',
      'kernel Documentation/networking/ip-sysctl.rst, route_localnet',
    ],
  },
] as const satisfies readonly Explanation[];
