/** Numbers that the kernel and the engine of one host give away as they build the sandboxes: inodes, indexes, processes, addresses. */
import type {Endpoint, Network, Node, Swarm} from './plan.js';

/** An endpoint with both ends of its veth, and its leg on docker_gwbridge where it has one. */
export interface Plug {
  endpoint: Endpoint;
  /** File of the namespace that it is in, and the namespace's inode. */
  file: string;
  inode: number;
  /** A process that lives there; a load balancer has none. */
  pid?: number;
  veth: {inner: number; outer: number; name: string; outerMac: string; nsid: number};
  gateway?: {
    inner: number;
    outer: number;
    name: string;
    mac: string;
    outerMac: string;
    address: string;
    nsid: number;
  };
  /** Ports on which the engine's resolver listens inside. */
  resolver: {tcp: number; udp: number};
}

export interface Overlay {
  network: Network;
  file: string;
  inode: number;
  vxlanIndex: number;
  /** The bridge has it as well: it takes that of its first port. */
  vxlanMac: string;
  plugs: Plug[];
  /** Firewall marks of its services on this node. */
  marks: Map<string, number>;
}

export interface Layout {
  node: Node;
  swarm: Swarm;
  hostInode: number;
  dockerdPid: number;
  uplinkMac: string;
  overlays: Overlay[];
}

const firstInode = 4_026_532_400;
/** docker_gwbridge's own subnet is the same on every node. */
export const gwbridgeSubnet = '172.18.0.0/16';

export function layoutOf(swarm: Swarm, node: Node): Layout {
  const {chance} = swarm;
  let inode = firstInode + chance.number(`inode ${node.name}`, 0, 1000);
  let index = 4;
  let pid = 2000 + chance.number(`pid ${node.name}`, 0, 1000);
  let leg = 1;
  let nsid = 0;
  let mark = 255;
  const nextInode = () => {
    inode += 70;
    return inode;
  };
  const hostInode = 4_026_531_840;
  const overlays = node.networks.map((network): Overlay => {
    const label = `${node.name} ${network.name}`;
    const vxlanIndex = ++index;
    const overlayInode = nextInode();
    const own = network.endpoints.filter((one) => one.node === node);
    const plugs = own.map((endpoint, at): Plug => {
      const name = `${label} ${endpoint.name}`;
      index += 2;
      const veth = {
        inner: index - 1,
        outer: index,
        name: `veth${at}`,
        outerMac: chance.mac(`port ${name}`),
        nsid: at + 1,
      };
      const balancer = endpoint.kind === 'balancer';
      const plug: Plug = {
        endpoint,
        file: balancer ? balancerFile(network) : chance.hex(`sandbox ${name}`, 12),
        inode: nextInode(),
        veth,
        resolver: {
          tcp: chance.number(`tcp ${name}`, 33_000, 60_000),
          udp: chance.number(`udp ${name}`, 33_000, 60_000),
        },
      };
      if (!balancer) plug.pid = ++pid;
      if (!balancer || network.ingress) {
        index += 2;
        leg++;
        nsid++;
        plug.gateway = {
          inner: index - 1,
          outer: index,
          name: `veth${chance.hex(`leg ${name}`, 7)}`,
          mac: chance.mac(`leg ${name}`),
          outerMac: chance.mac(`outer leg ${name}`),
          address: `172.18.${leg >> 8}.${leg & 255}`,
          nsid,
        };
      }
      return plug;
    });
    return {
      network,
      file: `1-${network.id.slice(0, 10)}`,
      inode: overlayInode,
      vxlanIndex,
      vxlanMac: chance.mac(`vxlan ${label}`),
      plugs,
      marks: new Map(network.services.map(({id}) => [id, ++mark])),
    };
  });
  return {
    node,
    swarm,
    hostInode,
    dockerdPid: 1000 + chance.number(`dockerd ${node.name}`, 0, 900),
    uplinkMac: chance.mac(`uplink ${node.name}`),
    overlays,
  };
}

function balancerFile({ingress, id}: Network): string {
  return ingress ? 'ingress_sbox' : `lb_${id.slice(0, 9)}`;
}
