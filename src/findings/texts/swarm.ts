import type {Explanation} from '../explanation.js';

const specification = 'moby daemon/libnetwork/docs/spec/swarm-networking.md (commit ad948b0a)';

/** What managers allocate to networks, services and tasks. */
export const swarmTexts = [
  {
    code: 'network-not-allocated',
    title: 'the managers have not allocated a network',
    severity: 'error',
    loses: 'nothing',
    needs: 'a manager',
    meaning:
      'The network was accepted, but it has no driver, no subnet and no VNI. Its tasks stay in state New, and containers cannot be attached to it. The command that created it showed no error.',
    behaviour:
      'The leader tries to allocate a network for up to 30 seconds in normal operation. It fails where the network asks for a VNI in use, for a subnet that overlaps with that of another network of the swarm, for an IPv6 subnet, or where no address pool or plugin is left. Only the log of the leader says which. It tries again when other networks are removed.',
    check: [
      {command: 'docker network inspect NETWORK', shows: 'on a manager: "Driver": "" and no subnet'},
      {
        command: "journalctl -u docker | grep 'Failed allocation for network'",
        shows: 'on the leader: the reason',
      },
    ],
    fix: [{words: 'Remove the network, and create it again without what the log of the leader names.'}],
    references: [
      `${specification}, 2.2 and 2.3`,
      'moby daemon/cluster/convert/network.go (BasicNetworkFromGRPC)',
      'swarmkit manager/allocator/network.go',
    ],
    explains: ['task-stuck'],
  },
  {
    code: 'vni-shared',
    title: 'two overlay networks have the same VNI',
    severity: 'error',
    needs: 'a manager',
    meaning:
      'Both networks were allocated with one VNI. A node can have only one of them: the tasks of the other fail there with "file exists". Between nodes that have different ones, frames of one network arrive in the other.',
    behaviour:
      'A vxlan device belongs to one VNI and UDP port, and the kernel refuses a second one in the same namespace. A receiver assigns frames to a network by the VNI alone.',
    check: [
      {
        command: "docker network inspect NETWORK --format '{{.Options}}'",
        shows: 'the option vxlanid_list of both networks',
      },
    ],
    fix: [
      {
        words:
          'Create all but one of the networks again without com.docker.network.driver.overlay.vxlanid_list, so that the managers choose VNIs.',
      },
    ],
    references: [`${specification}, 2.3`, 'RFC 7348 section 4.1'],
  },
  {
    code: 'ingress-network-odd',
    title: 'there is no ingress network, more than one, or one of an old form',
    severity: 'error',
    needs: 'a manager',
    meaning:
      'Without an ingress network, ports that services publish in ingress mode answer on no node. Of two ingress networks only one serves ports. One of the old form serves them only on nodes where something is attached to it.',
    behaviour:
      'The managers give each service that publishes ports in ingress mode a VIP on the ingress network; nodes forward the ports to it. A second ingress network is never allocated.',
    check: [
      {command: "docker network ls --filter scope=swarm --format '{{.Name}} {{.Driver}}'"},
      {command: "docker network inspect ingress --format '{{.Ingress}}'"},
    ],
    fix: [
      {
        command: 'docker network create --driver overlay --ingress ingress',
        affects: 'published ports of all services: update the services afterwards',
      },
    ],
    references: [`${specification}, 2.4`],
  },
  {
    code: 'task-stuck',
    title: 'tasks wait because their network, address or port was not allocated',
    severity: 'error',
    loses: 'nothing',
    needs: 'a manager',
    meaning:
      'Tasks stay in state New or Pending for more than 30 seconds. The service has fewer replicas than it should, and "docker service ps" shows no error for tasks in state New.',
    behaviour:
      'A task is New until the managers have given it addresses and ports. It stays New if its network is not allocated, no address is left, a static address is taken, or a published port is above 65535. It stays Pending if each node already has its host-mode port in use.',
    check: [{command: 'docker service ps --no-trunc SERVICE', shows: 'CURRENT STATE New or Pending'}],
    fix: [
      {
        words:
          'Fix what the finding names: the network, the address pool, the published port or the host port.',
      },
    ],
    references: [`${specification}, 2.2, 7.2, 7.3 and 11.4`, 'swarmkit api/types.proto (TaskState)'],
  },
  {
    code: 'task-rejected',
    title: 'a node rejects tasks because of their network',
    severity: 'error',
    loses: 'nothing',
    needs: 'a manager',
    meaning:
      'The engine of a node could not build the network of a task. The managers try again and again, on that node or on others.',
    behaviour:
      'The engine reports an error, and the task becomes rejected. Its text names the cause: a local network of the same name, a subnet in use, a missing config-only network, missing encryption keys, a VNI held by a leftover device, or an option that the kernel refuses.',
    check: [{command: 'docker service ps --no-trunc SERVICE', shows: 'the column ERROR'}],
    fix: [{words: 'Fix what the error names, on the node that it names; the managers start the task again.'}],
    references: [
      `${specification}, 2.2, 2.3, 2.4 and 9`,
      'moby daemon/cluster/executor/container/controller.go',
    ],
  },
  {
    code: 'published-port-twice',
    title: 'two services publish the same port',
    severity: 'error',
    loses: 'nothing',
    needs: 'a manager',
    meaning:
      'A port in ingress mode belongs to one service on every node. With a second service on it, in ingress or host mode, requests reach one of the two, and which one differs by node.',
    behaviour:
      'Managers refuse a port in use, but two requests at the same moment, or an automatic port that meets a host-mode port, can both be accepted. On each node the first one keeps the port.',
    check: [{command: "docker service inspect SERVICE --format '{{json .Endpoint.Ports}}'"}],
    fix: [
      {
        command: 'docker service update --publish-rm 8080 --publish-add 8081:80 SERVICE',
        affects: 'clients of the old port',
      },
    ],
    references: [`${specification}, 7.2 and 13`],
  },
  {
    code: 'vip-odd',
    title: 'the VIP of a service lies outside its network, or is in use twice',
    severity: 'error',
    needs: 'a manager',
    meaning: 'Connections to the name of the service do not arrive, or arrive at another service or task.',
    behaviour:
      'The managers choose one VIP per service and network, within its subnet. IPVS matches it by address; one that another endpoint has is ambiguous, and one outside the subnet is routed to the gateway.',
    check: [{command: "docker service inspect SERVICE --format '{{json .Endpoint.VirtualIPs}}'"}],
    fix: [{words: 'Remove the service and create it again, so that the managers choose another VIP.'}],
    references: [`${specification}, 2.3`],
  },
  {
    code: 'vip-changed',
    title: 'the managers gave a service another VIP',
    severity: 'warning',
    needs: 'a sample over time',
    meaning:
      'Programs that resolved the name of the service before, and keep the address, get no answer. Those that resolve it again are not affected.',
    behaviour:
      'A service keeps its VIP on a network through updates and changes of the leader, for as long as it is on that network in endpoint mode vip. It gets another one where it left the network or the mode and came back between the two readings, and where managers have lost their state. Manager and sample are needed: two readings of a manager.',
    check: [
      {
        command: "docker service inspect SERVICE --format '{{json .Endpoint.VirtualIPs}}'",
        shows: 'on a manager, twice: another address',
      },
    ],
    fix: [
      {
        words:
          'Restart the programs that keep the old address, or let them resolve the name for each connection.',
      },
    ],
    references: [
      'moby daemon/libnetwork/docs/spec/swarm-networking.md (commit ad948b0a), 2.3',
      'moby swarmkit manager/allocator/networkallocator (AllocateService)',
    ],
  },
  {
    code: 'address-outside-range',
    title: 'addresses were given from outside the range of a network',
    severity: 'warning',
    needs: 'a manager',
    meaning:
      'The network was created with an IP range, usually because the rest of the subnet is in use elsewhere. Addresses from outside it can conflict with that.',
    behaviour: 'The managers allocate task addresses and VIPs from the range only.',
    check: [{command: "docker network inspect NETWORK --format '{{json .IPAM.Config}}'"}],
    fix: [
      {
        command: 'docker service update --force SERVICE',
        affects: 'the tasks of the service: they are replaced, with new addresses',
      },
    ],
    references: [`${specification}, 2.3`],
  },
  {
    code: 'attachment-left',
    title: 'an address is kept for a container that does not run',
    severity: 'warning',
    needs: 'several hosts',
    meaning:
      'A container that was attached to a network of the swarm has stopped, and its attachment was not removed. Its address is not given to others, and the network cannot be removed.',
    behaviour:
      'The engine of the node detaches a container when it stops. If the managers cannot be reached at that moment, or the engine is killed, the attachment can stay.',
    check: [
      {command: 'docker network inspect --verbose NETWORK', shows: 'on a manager: the address'},
      {command: 'docker ps --no-trunc', shows: 'on the node: no such container'},
    ],
    fix: [
      {
        words:
          'No command removes an attachment by itself. It goes when the node leaves the swarm and joins again.',
      },
    ],
    references: [`${specification}, 2.2`, 'moby daemon/cluster/networks.go (DetachNetwork)'],
  },
  {
    code: 'network-name-twice',
    title: 'a local network has the name of a network of the swarm',
    severity: 'warning',
    needs: 'several hosts',
    meaning:
      'On that node the local network hides the other one: tasks of the swarm network are rejected ("could not find network"), and containers that ask for the name get the local one. It is an error once a task was rejected for it.',
    behaviour:
      'The engine looks up networks by name and finds the local one first; its id is not the one of the swarm.',
    check: [{command: 'docker network ls --filter name=NETWORK', shows: 'on that node: scope local'}],
    fix: [{command: 'docker network rm ID', affects: 'containers on the local network'}],
    references: [`${specification}, 2.2 and 13`],
    explains: ['task-rejected'],
  },
] as const satisfies readonly Explanation[];
