/** A picture of hosts as plain data: what is in it, what is connected, what is wrong where. */

/** What an element stands for. */
export type ElementKind =
  /** The swarm or the hosts that were read, as a whole. */
  | 'swarm'
  | 'host'
  /** A member that was not read: only its VTEP is known. */
  | 'node'
  | 'container'
  | 'load-balancer'
  /** A namespace with interfaces of which Docker names no container. */
  | 'namespace'
  /** Both ends of a veth pair, or the one that was found. */
  | 'veth'
  | 'bridge'
  | 'vxlan'
  | 'vtep'
  | 'uplink'
  /** docker_gwbridge. */
  | 'gateway'
  /** An overlay network as a whole, on all hosts. */
  | 'network'
  /** What one overlay sends from host to host, both directions. */
  | 'tunnel'
  /** What lies between the hosts. */
  | 'underlay'
  /** Healthy elements of one kind that are not drawn one by one. */
  | 'folded';

/** One interface as far as it was told. */
export interface InterfaceFacts {
  name: string;
  ifindex: number;
  netns: string;
  mac: string | null;
  mtu: number | null;
  /** null where the source told neither. */
  state: 'up' | 'down' | 'no-carrier' | null;
  addresses: string[];
}

export interface GraphElement {
  /** Letters, digits and hyphens; the same evidence gives the same. */
  id: string;
  kind: ElementKind;
  /** The lane it is drawn in; null between lanes. */
  lane: string | null;
  host: string | null;
  /** As its source has it; foreign text. */
  name: string;
  /** Name of the network that it belongs to. */
  network: string | null;
  /** A veth has its two ends here, the container's first; a device its one. */
  interfaces: InterfaceFacts[];
  /** Address of an endpoint, a VTEP. */
  address: string | null;
  /** Of a vxlan device. */
  vni: number | null;
  /** Of a tunnel its two VTEPs, of what is folded the count of each kind; else nothing. */
  ends?: [string, string];
  endpointCount?: number;
}

/** What two elements have to do with each other. */
export type EdgeKind =
  | 'interface'
  | 'port'
  | 'member'
  | 'encapsulates'
  | 'address'
  | 'wire'
  | 'tunnel'
  | 'way-out';

export interface GraphEdge {
  from: string;
  to: string;
  kind: EdgeKind;
}

/** A host with what is drawn in it. */
export interface GraphLane {
  id: string;
  host: string;
  /** `open`: its elements are drawn. `folded`: one element stands for all of it. */
  state: 'open' | 'folded';
  /** How many endpoints of overlays and how many overlays it has, drawn or not. */
  endpointCount: number;
  networkCount: number;
  vtep: string | null;
  engine: string | null;
}

/** A finding at the element that it is about. */
export interface GraphMark {
  element: string;
  /** Its number in `findings`, from 0. */
  findingIndex: number;
  /** Its number among those that are folded under that finding; null for the finding itself. */
  foldedIndex: number | null;
  severity: 'error' | 'warning' | 'info';
  /** Whether the element is the very one, or the one that stands for it as it is not drawn itself. */
  exact: boolean;
}

/** A hop of a trace at the element that it is decided by. */
export interface GraphHop {
  element: string;
  verdict: 'pass' | 'fail' | 'unknown';
  layer: string;
  text: string;
  code: string | null;
}

/** One direction of a trace. */
export interface GraphWalk {
  /** `forward`, `reply`; of a service also each task. */
  title: string;
  way: 'forward' | 'reply';
  disposition: string;
  /** Whether it ends at a hop that fails. */
  broken: boolean;
  hops: GraphHop[];
  /** The elements that it passes, each once in a row, up to where it breaks. */
  passes: string[];
}

/** A picture without what was found. */
export interface Graph {
  lanes: GraphLane[];
  elements: GraphElement[];
  edges: GraphEdge[];
}
