import type {Explanation} from '../explanation.js';

/** Faults of the ports and interfaces between an endpoint and its bridge. */
export const endpointTexts: readonly Explanation[] = [
  {
    code: 'veth-not-in-bridge',
    title: 'a port of an overlay sandbox is in no bridge',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The veth that leads to one endpoint is there, but it is not plugged into the bridge of its network. That endpoint reaches nobody on the network and nobody reaches it; all others go on as before.',
    behaviour:
      'Frames that the container sends end at the loose veth. Frames for it find no port in the bridge: the bridge floods them to all other ports, and nobody takes them.',
    prove: [
      {
        command: 'nsenter --net=/var/run/docker/netns/N-NETWORKID ip -d link show type veth',
        touches: 'nothing',
      },
    ],
    mend: [
      {
        command: 'nsenter --net=/var/run/docker/netns/N-NETWORKID ip link set VETH master BRIDGE',
        touches: 'the membership of that one port',
      },
      {
        command: 'docker network disconnect NETWORK CONTAINER && docker network connect NETWORK CONTAINER',
        touches: "the container's interface on that network: its connections there break",
      },
    ],
    references: ['moby daemon/libnetwork/drivers/overlay/joinleave.go (Join)', 'ip-link(8), master'],
  },
];
