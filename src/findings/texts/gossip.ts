import type {Explanation} from '../explanation.js';

const specification = 'moby daemon/libnetwork/docs/spec/swarm-networking.md (commit ad948b0a)';

/** Who takes part in gossip, and what managers know that gossip does not. */
export const gossipTexts = [
  {
    code: 'gossip-peer-missing',
    title: 'a node does not list another one as a peer of a network that both are on',
    severity: 'warning',
    needs: 'several hosts',
    meaning:
      'Gossip of the other node does not reach this one: it gets no entries and no names of endpoints that start there, and keeps those of endpoints that end.',
    behaviour:
      'Each node announces on which networks it has containers, and the others list it as a peer there. After a partition both sides list each other again within 180 seconds.',
    check: [
      {
        command: "docker network inspect NETWORK --format '{{json .Peers}}'",
        shows: 'on both nodes: each other',
      },
      {command: 'nc -zv ADDRESS 7946', shows: 'whether TCP 7946 is open; UDP 7946 is needed too'},
    ],
    fix: [
      {
        words:
          'Allow TCP and UDP 7946 in both directions between the nodes. If it is allowed, restart the engine of the node that is missing.',
      },
    ],
    references: [`${specification}, 2.3 and 11.2`, 'moby daemon/libnetwork/networkdb'],
  },
  {
    code: 'gossip-address-differs',
    title: 'a node gossips with another one at an address that this one does not advertise',
    severity: 'warning',
    needs: 'several hosts',
    meaning:
      'The managers and gossip reach the node by different addresses. Rules and routes that allow one of them only cut the other off.',
    behaviour:
      'The address for gossip is the advertise address, which a node chooses when it joins and keeps in its state.',
    check: [
      {
        command: "docker network inspect NETWORK --format '{{json .Peers}}'",
        shows: 'the address that gossip uses',
      },
      {command: "docker info --format '{{.Swarm.NodeAddr}}'", shows: 'on that node: what it advertises'},
    ],
    fix: [
      {
        words: 'Let the node leave the swarm and join again with --advertise-addr, once it runs nothing.',
      },
    ],
    references: [`${specification}, 1`, 'moby daemon/cluster/noderunner.go'],
  },
  {
    code: 'gossip-peer-stale',
    title: 'a node is still a peer of networks two minutes after the managers lost it',
    severity: 'warning',
    needs: 'a manager',
    meaning:
      'Gossip keeps the endpoints of that node: names resolve to addresses there, and entries lead to it. Either it runs and only does not reach the managers, or gossip here did not notice that it is gone.',
    behaviour: 'A node that fails leaves the peers of all others within 120 seconds.',
    check: [
      {command: 'docker node ls', shows: 'on a manager: Down'},
      {command: "docker network inspect NETWORK --format '{{json .Peers}}'"},
    ],
    fix: [
      {
        command: 'systemctl restart docker',
        affects:
          'the engine and all containers of the node that lists it. Where the lost node still runs, allow TCP 2377 from it to the managers instead',
      },
    ],
    references: [`${specification}, 11.2`],
  },
  {
    code: 'gossip-name-differs',
    title: 'a node knows a container by a name that it no longer has',
    severity: 'warning',
    needs: 'several hosts',
    meaning:
      'The container was renamed. On nodes that did not hear of it, its new name does not resolve, and its old one still does.',
    behaviour:
      'The engine announces a renamed container with its new name, and all nodes of the network resolve it by that name within 300 seconds. When it was renamed is not kept, so doctor looks twice.',
    check: [
      {command: 'docker network inspect --verbose NETWORK', shows: 'Services: the container by gossip'},
      {command: 'docker ps', shows: 'on the node of the container: its name'},
    ],
    fix: [
      {
        command: 'docker rename NAME NAME-renamed && docker rename NAME-renamed NAME',
        affects: 'the names of that container, which is announced again',
      },
    ],
    references: [
      `${specification}, 5 and 11.2`,
      'moby daemon/rename.go',
      'moby daemon/libnetwork/agent.go (addServiceInfoToCluster)',
    ],
  },
  {
    code: 'gossip-task-differs',
    title: 'gossip lacks a task that managers list as running, or has a service that they removed',
    severity: 'warning',
    needs: 'a manager',
    meaning:
      'A task that gossip lacks gets no name and no traffic from this node, although "docker service ps" shows it running. A removed service that gossip still has, or one that has no task any more, resolves to addresses that no task has.',
    behaviour:
      'The node of a task announces it once it runs, or once it is healthy where it has a health check. All nodes with something on the network list it within 300 seconds. An announcement can get lost where gossip is overloaded or cut.',
    check: [
      {command: 'docker network inspect --verbose NETWORK', shows: 'Services: the tasks by gossip'},
      {command: 'docker service ps SERVICE', shows: 'the tasks by the managers'},
    ],
    fix: [
      {
        command: 'docker service update --force SERVICE',
        affects: 'the tasks of the service, which are replaced and announced again',
      },
    ],
    references: [
      `${specification}, 2.3, 5 and 11.2`,
      'moby daemon/libnetwork/agent.go (addServiceInfoToCluster)',
    ],
  },
] as const satisfies readonly Explanation[];
