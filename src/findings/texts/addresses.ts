import type {Explanation} from '../explanation.js';

/** Subnets and addresses of overlays. */
export const addressTexts = [
  {
    code: 'subnet-overlap',
    title: "an overlay's subnet is also in use elsewhere",
    severity: 'warning',
    needs: 'one host',
    meaning:
      "Addresses of an overlay's subnet are also those of the hosts' own network: of VTEPs, managers, routers or name servers, of an interface or a more precise route, of docker_gwbridge or the default bridge, or of a bridge network that a container is on as well. Containers on the overlay look for all of the subnet on the overlay, so they don't reach what has such an address elsewhere; a name server there is a popular victim. As information: the subnet lies within a wider one of the host, and it is not known whether anything in that has just these addresses; or it meets a bridge network that no container of the overlay is on, which does no harm until one is.",
    behaviour:
      "A container has a route to the overlay's subnet by its own interface, and every other route is wider. The host is not touched: the subnet lives in namespaces of its own, and outer packets are routed by the host's tables. The engine does not look at the hosts' networks when a manager picks a subnet; each node may have others. An endpoint that gets the very address of its own VTEP has no FDB entry on other hosts (seen with 20.10), because the engine keeps rows by address and MAC, and takes the two for one.",
    check: [
      {command: "docker network inspect NETWORK --format '{{json .IPAM.Config}}'"},
      {command: 'ip route', shows: 'on each host'},
      {command: 'cat /etc/resolv.conf', shows: 'on each host'},
    ],
    fix: [
      {
        command: 'docker network create --driver overlay --subnet OTHER-SUBNET NETWORK',
        affects: 'a network that is recreated; its services and containers are moved there',
      },
      {
        command:
          'docker network rm ingress && docker network create --driver overlay --ingress --subnet OTHER-SUBNET ingress',
        affects: 'all published ports while it is away, where it is the ingress network',
      },
      {
        command: 'docker swarm init --default-addr-pool SUBNET',
        affects: 'a swarm that is recreated: its overlays get their subnets from there',
      },
    ],
    references: [
      'moby daemon/libnetwork/ipamutils (default pools)',
      'moby daemon/libnetwork/osl/neigh_linux.go (AddNeighbor)',
      'moby/moby#24220',
      'moby/moby#48069',
      'docker/for-linux#1422',
    ],
  },
  {
    code: 'subnet-public',
    title: "an overlay's subnet is in public address space",
    severity: 'info',
    needs: 'one host',
    meaning:
      'The subnet is not one of those kept for private use. It works, but containers on this network can not reach those on the internet who really have these addresses.',
    behaviour:
      "A container's route to the overlay's subnet is more precise than its default route, so that such packets never leave the overlay: ARP for them is not answered, and they end as unreachable.",
    check: [{command: "docker network inspect NETWORK --format '{{json .IPAM.Config}}'"}],
    fix: [
      {
        command: 'docker network create --driver overlay --subnet PRIVATE-SUBNET NETWORK',
        affects: 'a network that is recreated; its services and containers are moved there',
      },
    ],
    references: ['RFC 1918, section 3', 'RFC 6890, section 2.2'],
  },
  {
    code: 'address-pool-low',
    title: 'the addresses of an overlay are nearly exhausted',
    severity: 'warning',
    needs: 'a manager',
    meaning:
      'Four of five addresses of the subnet are taken, or all of them: then it is an error, as tasks stay New, a container is not started, and nowhere is it said why. Besides tasks and containers, every VIP of a service, every node with a task there (its load balancer), and the gateway take one. Rolling updates need room for old and new tasks at the same time.',
    behaviour:
      'The manager gives addresses out when a task is planned, and takes them back when it is really over. Attachments of containers that could not be started may be kept for ever; `docker ps` does not show them, the list of tasks does.',
    check: [
      {command: 'docker network inspect --verbose NETWORK'},
      {command: 'docker service ps --filter desired-state=running SERVICE'},
    ],
    fix: [
      {
        command: 'docker network create --driver overlay --subnet LARGER-SUBNET NETWORK',
        affects: 'a network that is recreated; a subnet can not grow',
      },
      {
        command: 'docker service update --endpoint-mode dnsrr SERVICE',
        affects: 'a service that gives up its VIP: its tasks restart',
      },
    ],
    references: [
      'moby swarmkit manager/allocator/network.go (taskDead, allocateNode)',
      'moby/moby#43052',
      'moby/moby#37338',
    ],
  },
] as const satisfies readonly Explanation[];
