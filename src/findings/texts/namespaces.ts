import type {Explanation} from '../explanation.js';

/** Faults of the namespace files, and of the networks behind them. */
export const namespaceTexts = [
  {
    code: 'namespace-dead',
    title: 'a namespace file has no namespace behind it',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The file exists but is a plain file. It is an error if a running container or a network with endpoints needs it: the processes keep running in their namespace, but the engine can no longer enter it to connect, disconnect or clean up. If it is unused, it is debris (info). Engines up to 27 leave such files for up to a minute after a normal stop, so for them only the error is reported.',
    behaviour:
      'The engine keeps a namespace alive by mounting it on a file. If that mount is gone, the namespace exists as long as a process is in it. An overlay sandbox has no process, so it is gone with its devices. Entering it fails with "Invalid argument".',
    check: [
      {command: "stat -f -c '%T %n' /var/run/docker/netns/*", shows: 'nsfs if it is live'},
      {command: 'ovdiag namespaces'},
    ],
    fix: [
      {command: 'docker restart CONTAINER', affects: 'that container: it gets a new namespace'},
      {command: 'rm /var/run/docker/netns/FILE', affects: 'an unused empty file'},
    ],
    references: ['moby daemon/libnetwork/osl/namespace_linux.go', 'ip-netns(8)'],
  },
  {
    code: 'namespace-orphan',
    title: 'a namespace file exists that Docker does not use',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'The engine ended without cleaning up, and its mounted namespaces stayed. A leftover sandbox of an overlay network keeps its vxlan device, and with it the VNI: the next network that gets this VNI can not be created here.',
    behaviour:
      'A mounted namespace exists without processes. The engine looks for leftovers only when the same network is joined again.',
    check: [{command: 'ovdiag namespaces'}, {command: 'docker network ls --no-trunc'}],
    fix: [
      {
        command: 'umount /var/run/docker/netns/FILE && rm /var/run/docker/netns/FILE',
        affects: 'that namespace and every device in it',
      },
    ],
    references: [
      'moby/libnetwork#1765',
      'moby daemon/libnetwork/drivers/overlay/ov_network.go (cleanupStaleSandboxes)',
    ],
  },
  {
    code: 'network-id-mismatch',
    title: 'hosts of one swarm have different ids for one network',
    severity: 'error',
    needs: 'several hosts',
    meaning:
      'A swarm has one network of a name. A host that has it under another id keeps an earlier network, which was removed and recreated elsewhere while it was still in use on this host. Its containers there are isolated.',
    behaviour: 'Gossip, VNI and keys depend on the id. The two networks share only their name.',
    check: [{command: 'docker network ls --no-trunc --filter driver=overlay', shows: 'on each host'}],
    fix: [
      {
        command: 'docker network disconnect -f NETWORK CONTAINER',
        affects: 'containers that still use the earlier network on that host; then the engine can remove it',
      },
    ],
    references: ['moby/moby#35099', 'moby/swarmkit#2398', 'moby/moby#34493'],
  },
  {
    code: 'network-two-epochs',
    title: 'a network has two sandboxes on one host',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'The number before the dash in N-NETWORKID counts how often the engine has created the sandbox. Two of them mean that the earlier one could not be removed. It may hold devices, addresses and the VNI that the later one needs.',
    behaviour:
      'The engine uses one of them. A vxlan device in the other keeps its VNI, so the vxlan device of the later one can not be created ("file exists").',
    check: [{command: 'ls /var/run/docker/netns'}, {command: 'ovdiag links NETWORK'}],
    fix: [
      {
        command: 'umount /var/run/docker/netns/FILE && rm /var/run/docker/netns/FILE',
        affects: 'the sandbox that no container uses',
      },
    ],
    references: ['moby daemon/libnetwork/drivers/overlay/ov_network.go (initSandbox)', 'moby/libnetwork#751'],
    explains: ['vxlan-missing', 'fdb-row-missing', 'neighbour-missing', 'gossip-kernel-differs'],
  },
  {
    code: 'namespace-file-missing',
    title: "a running container's namespace file is gone",
    severity: 'warning',
    needs: 'one host',
    meaning:
      'The container still has its namespace and sends and receives as before. The engine can not connect it to networks or disconnect it, and this tool can not look into it, so faults inside were not checked. The file was unmounted and deleted, by hand or by a cleaning script.',
    behaviour:
      'A network namespace lives as long as a process is in it; the file is a second reference, by which the engine enters it.',
    check: [{command: 'ls /var/run/docker/netns'}, {command: 'ls -l /proc/PID/ns/net'}],
    fix: [
      {
        command:
          'touch /var/run/docker/netns/SANDBOX; mount --bind /proc/PID/ns/net /var/run/docker/netns/SANDBOX',
        affects: 'the file of that namespace; the container goes on running',
      },
    ],
    references: ['moby daemon/libnetwork/osl/namespace_linux.go (mountNetworkNamespace)', 'namespaces(7)'],
  },
] as const satisfies readonly Explanation[];
