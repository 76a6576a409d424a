/**
 * What engines say where a node cannot start a task because of its network (moby daemon/libnetwork, daemon/cluster/executor).
 * What the kernel lacks has checks of its own (`../engine/task-errors.ts`).
 */
export interface TaskText {
  pattern: RegExp;
  /** Why it is so, after the names of service and node. */
  cause: string;
  /** Who does what about it. */
  who: string;
  what: string;
}

/** A node that takes a local network of the name for that of the task. */
export const notFound = /could not find network|network .* not found/i;

export const taskTexts: readonly TaskText[] = [
  {
    pattern: /cannot join secure network: encryption keys not present/i,
    cause: 'the node has no keys for encrypted networks yet',
    who: 'the administrator of that node',
    what: 'check that it reaches the managers (docker node ls there); it gets the keys when it joins or at the next key rotation',
  },
  {
    pattern: notFound,
    cause: 'the node did not find the network: a local network of the same name on that node hides it',
    who: 'the administrator of that node',
    what: 'list its networks with docker network ls, and remove or rename the local one of that name',
  },
  {
    pattern: /invalid pool request/i,
    cause: 'another network on the node has the same subnet',
    who: 'the administrator of that node',
    what: 'compare the subnets of its networks (docker network ls, docker network inspect), and remove the one that is no longer used',
  },
  {
    pattern: /configuration network ".*" does not exist/i,
    cause: 'the config-only network of that name is missing on the node',
    who: 'the administrator of that node',
    what: 'create it there with docker network create --config-only',
  },
  {
    pattern:
      /user-specified configurations are not supported if the network depends on a configuration network/i,
    cause: 'an overlay network cannot be made from a config-only network',
    who: 'the owner of the network',
    what: 'create the network again without --config-from',
  },
  {
    pattern: /connected to host network|sharing network namespace with another container or host/i,
    cause: 'the service is on the host network and on another one, or publishes ports in ingress mode on it',
    who: 'the owner of the service',
    what: 'keep one of the two: docker service update --network-rm, or --publish-rm',
  },
  {
    pattern: /error renaming interface/i,
    cause: 'the interface name that was asked for is refused by the kernel',
    who: 'the owner of the service',
    what: 'choose another interface name (com.docker.network.endpoint.ifname: at most 15 characters, no slash or space)',
  },
  {
    // moby overlay ov_network.go: strconv.Atoi of the option, and a test for less than nothing.
    pattern: /invalid MTU value|failed to parse .*(mtu|strconv\.(Atoi|ParseInt))/i,
    cause: 'the mtu option of the network is not a usable number',
    who: 'the owner of the network',
    what: 'create the network again with a usable com.docker.network.driver.mtu',
  },
  {
    pattern: /creating vxlan interface: file exists/i,
    cause: 'another vxlan device on the node holds the VNI of the network',
    who: 'the administrator of that node',
    what: 'run doctor on it: it shows the device that is left over and removes it',
  },
  {
    pattern: /(network|subnet) sandbox join failed/i,
    cause: 'the node could not build the network: the rest of the error says why',
    who: 'the administrator of that node',
    what: 'run doctor on it, and read the log of its engine: journalctl -u docker',
  },
];
