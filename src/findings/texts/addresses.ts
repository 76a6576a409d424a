import type {Explanation} from '../explanation.js';

/** Subnets and addresses of overlays. */
export const addressTexts = [
  {
    code: 'subnet-overlap',
    title: "an overlay's subnet is also in use elsewhere",
    severity: 'warning',
    needs: 'one host',
    meaning:
      "Addresses of an overlay's subnet are also used on the hosts' own network: by VTEPs, managers, routers or name servers, by an interface or a more specific route, by docker_gwbridge or the default bridge, or by a bridge network that a container is on as well. Containers on the overlay look for the whole subnet on the overlay, so they can't reach hosts elsewhere that have such an address; a name server is a common case. Info if the subnet lies within a larger subnet of the host and it is not known whether these addresses are in use there, or if it overlaps a bridge network that no container of the overlay is on (harmless until one is).",
    behaviour:
      "A container has a route to the overlay's subnet by its own interface, and every other route is less specific. The host is not affected: the subnet is in separate namespaces, and outer packets are routed by the host's tables. The engine does not check the hosts' networks when a manager picks a subnet; each node may have different ones. An endpoint with the same address as its own VTEP has no FDB entry on other hosts (seen with 20.10), because the engine keys its entries by address and MAC, and treats the two as one.",
    check: [
      {command: "docker network inspect NETWORK --format '{{json .IPAM.Config}}'"},
      {command: 'ip route', shows: 'on each host'},
      {command: 'cat /etc/resolv.conf', shows: 'on each host'},
    ],
    fix: [
      {
        command: 'docker network create --driver overlay --subnet OTHER-SUBNET NETWORK',
        affects: 'a network that is recreated; its services and containers are moved to it',
      },
      {
        command:
          'docker network rm ingress && docker network create --driver overlay --ingress --subnet OTHER-SUBNET ingress',
        affects: 'all published ports while it is removed, if it is the ingress network',
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
      'The subnet is outside the private address ranges. The overlay works, but containers on this network can not reach the internet hosts that have these addresses.',
    behaviour:
      'A container\'s route to the overlay\'s subnet is more specific than its default route, so packets to these addresses never leave the overlay. ARP for them is not answered, and the sender gets "unreachable".',
    check: [{command: "docker network inspect NETWORK --format '{{json .IPAM.Config}}'"}],
    fix: [
      {
        command: 'docker network create --driver overlay --subnet PRIVATE-SUBNET NETWORK',
        affects: 'a network that is recreated; its services and containers are moved to it',
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
      'Four of five addresses of the subnet are in use. If all are in use it is an error: tasks stay New, containers are not started, and no message gives the reason. Besides tasks and containers, each VIP of a service, each node with a task there (its load balancer) and the gateway use one address. Rolling updates need addresses for old and new tasks at the same time.',
    behaviour:
      'The manager allocates addresses when a task is scheduled, and releases them when the task has really ended. Attachments of containers that could not be started may be kept forever; `docker ps` does not show them, the list of tasks does.',
    check: [
      {command: 'docker network inspect --verbose NETWORK'},
      {command: 'docker service ps --filter desired-state=running SERVICE'},
    ],
    fix: [
      {
        command: 'docker network create --driver overlay --subnet LARGER-SUBNET NETWORK',
        affects: 'a network that is recreated; a subnet can not be enlarged',
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
