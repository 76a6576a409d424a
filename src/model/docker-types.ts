/** What Docker's API says about one engine, in this program's words. Sources: moby api/types, API 1.24 to 1.52. */

export interface Engine {
  id?: string;
  /** Host name as the engine knows it. */
  name?: string;
  version?: string;
  apiVersion?: string;
  rootless: boolean;
  /** What makes its packet filter rules, from API 1.49 on: `iptables`, `iptables+firewalld`, `nftables`, … */
  firewall?: string;
  swarm?: {
    nodeId?: string;
    /** Control-plane address; not always the VTEP. */
    nodeAddress?: string;
    state?: string;
    manager: boolean;
    /** Managers as this node knows them, with the TCP port of the control plane. */
    managers: {nodeId?: string; address: string; port: number}[];
    clusterId?: string;
    /** UDP port of the data path; 0 stands for 4789; managers only. */
    dataPathPort?: number;
  };
}

export interface Container {
  id: string;
  name: string;
  status?: string;
  running: boolean;
  /** Of a container with a health check: `starting`, `healthy` or `unhealthy`. */
  health?: string;
  pid?: number;
  /** ISO 8601, by the host's own clock; running containers only. */
  startedAt?: string;
  hostname?: string;
  /** `default`, `bridge`, `host`, `none`, `container:ID` or a network. */
  networkMode: string;
  /** File name of its sandbox in the namespace directory; running containers only (engines up to 26 keep a stale one). */
  sandboxFile?: string;
  /** Folder part of the SandboxKey, for checking where the engine keeps its namespaces. */
  sandboxDir?: string;
  endpoints: ContainerEndpoint[];
  task?: {id: string; name: string};
  service?: {id: string; name: string};
  nodeId?: string;
  exposedPorts: string[];
  /** What the user asked to publish, and what the engine mapped: `80/tcp` → host ports. */
  requestedPorts: Record<string, string[]>;
  publishedPorts: Record<string, string[]>;
}

export interface ContainerEndpoint {
  networkName: string;
  networkId: string;
  endpointId?: string;
  ip?: string;
  prefixLength?: number;
  ip6?: string;
  mac?: string;
  gateway?: string;
  /** Names under which it can be asked for on this network, as far as its own engine lists them (aliases). */
  names?: string[];
}

export interface Network {
  id: string;
  name: string;
  driver: string;
  scope: string;
  /** ISO 8601, by the clock of the engine that made it; of a Swarm network by that of the leader. */
  createdAt?: string;
  internal: boolean;
  attachable: boolean;
  ingress: boolean;
  /** An ingress network of engines before 17.06: known by a label, and served only where something is attached. */
  oldIngress: boolean;
  /** Presence of the option is what counts: `encrypted=false` encrypts as well (moby drivers/overlay/ov_network.go). */
  encrypted: boolean;
  /** Direct server return for VIPs; likewise by presence. */
  dsr: boolean;
  configOnly: boolean;
  /** `com.docker.network.driver.mtu`: for an overlay the underlay's MTU, not the containers'. */
  mtuOption?: number;
  /** `range` is the part of the subnet from which addresses are given, where that is not all of it. */
  subnets: {subnet: string; gateway?: string; range?: string}[];
  /** Addresses given and left by subnet, as managers count them (API 1.52 and later). */
  counts?: {subnet: string; used: number; free: number}[];
  /** In the order of `vxlanid_list`, which need not be the order of devices. */
  vnis: number[];
  /** Name of the Linux bridge of a bridge network; parent interface of a macvlan or ipvlan. */
  bridgeName?: string;
  parent?: string;
  masquerade?: boolean;
  /** Local endpoints; absent where only the list was read. */
  endpoints?: NetworkEndpoint[];
  /** Nodes that take part, by gossip: names are random ids, addresses are advertise addresses. */
  peers?: {name: string; ip: string}[];
  /** Gossip's services (`?verbose=true`), cluster-wide; absent where not asked or not given. */
  services?: GossipService[];
}

export interface NetworkEndpoint {
  /** Container id, `lb-NETWORK`, `ingress-sbox` or `ep-ID`. */
  key: string;
  name: string;
  endpointId?: string;
  mac?: string;
  ip?: string;
}

export interface GossipService {
  /** Empty for plain attached containers. */
  name: string;
  vip?: string;
  /** Firewall mark of its load balancer on this node; 0 is none. */
  localLbIndex?: number;
  ports: string[];
  tasks: GossipTask[];
}

export interface GossipTask {
  name: string;
  endpointId?: string;
  ip: string;
  /** VTEP of its host; absent where there is no peer record. */
  hostIp?: string;
}

export interface SwarmNode {
  id: string;
  hostname?: string;
  role?: string;
  availability?: string;
  /** `ready`, `down`, `unknown` or `disconnected`, with the manager's reason. */
  state?: string;
  message?: string;
  address?: string;
  managerAddress?: string;
  /** Of a manager, as the others see it: `reachable` or `unreachable`. */
  reachability?: string;
  engineVersion?: string;
  /** `linux` or `windows`. */
  os?: string;
  /** When anything of it changed last, by the leader's clock: ISO 8601. */
  updatedAt?: string;
}

export interface SwarmTask {
  id: string;
  serviceId?: string;
  nodeId?: string;
  slot?: number;
  desiredState?: string;
  state?: string;
  /** When it came into this state: ISO 8601, by the clock of the node that said so. */
  since?: string;
  /** Why it failed or was rejected, in the engine's words. */
  error?: string;
  containerId?: string;
  /** True for a plain container on an attachable network. */
  attachment: boolean;
  attachments: {networkId: string; addresses: string[]}[];
  /** Ports that its node published in host mode. */
  hostPorts: ServicePort[];
}

export interface ServicePort {
  protocol?: string;
  target?: number;
  published?: number;
  /** `ingress` or `host`. */
  mode?: string;
}

export interface SwarmService {
  id: string;
  name: string;
  /** `vip` or `dnsrr`. */
  mode?: string;
  vips: {networkId: string; address: string}[];
  ports: ServicePort[];
}

/** What a manager calls one of a node's containers, by where it is on an overlay network. */
export interface LentName {
  networkId: string;
  ip: string;
  /** Of the container. */
  id: string;
  name: string;
  task?: {id: string; name: string};
  service?: {id: string; name: string};
}

export interface DockerModel {
  engine: Engine;
  /** Set where these are a manager's answers about the node: its own engine was not asked, and nothing was `read` of it. */
  lent?: {by: string; names: LentName[]};
  containers: Container[];
  networks: Network[];
  nodes: SwarmNode[];
  tasks: SwarmTask[];
  services: SwarmService[];
  /** Which lists were answered; a list that was not is empty above and must not be taken for none. */
  read: {containers: boolean; networks: boolean; nodes: boolean; tasks: boolean; services: boolean};
}
