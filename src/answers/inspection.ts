import type {Neighbour, Route} from '../model/facts.js';
import type {PairProof} from '../topology/veths.js';
import type {ShownLink} from './link-rows.js';

/** How a container uses the network, by Docker's network mode. */
export type ContainerMode = 'own' | 'host' | 'none' | 'shared';

export interface InspectedInterface extends ShownLink {
  addresses: string[];
  /** The network it belongs to, and what told: its MAC, its address, or the bridge at its other end. */
  attachment: {
    network: string;
    networkId: string;
    driver: string;
    internal: boolean;
    encrypted: boolean;
  } | null;
  matchedBy: 'mac' | 'address' | 'bridge' | null;
  /** The other end of a veth. */
  peer: {
    netns: string;
    owner: string;
    name: string;
    ifindex: number;
    bridge: string | null;
    portState: string | null;
    vni: number | null;
    /** Whether the other end and its bridge's vxlan device are up; null where there is none. */
    up: boolean | null;
    tunnelUp: boolean | null;
    proof: PairProof;
  } | null;
  peerReason: string | null;
  /** Parent of a macvlan or ipvlan: a link of the host. */
  parent: {name: string; ifindex: number} | null;
  mode: string | null;
}

export interface InspectedNeighbour extends Neighbour {
  /** The endpoint that has this address, where one is known. */
  endpointName: string | null;
}

export interface Inspection {
  host: string;
  container: {
    name: string;
    id: string;
    status: string | null;
    running: boolean;
    task: string | null;
    service: string | null;
    networkMode: string;
  };
  mode: ContainerMode;
  /** The container whose namespace it is, for `container:NAME`. */
  sharedWith: string[];
  namespace: {netns: string; inode: number | null; state: string} | null;
  interfaces: InspectedInterface[];
  routes: Route[];
  defaultGateway: {address: string | null; device: string | null; network: string | null} | null;
  /** Its leg on docker_gwbridge, by which an overlay container reaches the world outside. */
  gatewayLeg: {interface: string; address: string | null; hostLink: string | null} | null;
  neighbours: InspectedNeighbour[];
  ports: {requested: Record<string, string[]>; mapped: Record<string, string[]>; note: string | null};
  /** Rules of the host that keep it from the outside. */
  dropRules: {chain: string; rule: string; packets: number | null}[];
  /** Plain sentences: what it reaches by which way, and what it can't reach and why. */
  reach: string[];
}
