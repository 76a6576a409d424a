import type {Container, Network} from '../model/docker-types.js';
import type {HostModel, Namespace} from '../model/host.js';
import type {NamespaceState} from '../model/namespace-files.js';

export type NamespaceKind = 'overlay' | 'container' | 'load-balancer' | 'ingress' | 'host' | 'unknown';

/** A namespace file with what it belongs to. */
export interface Sandbox {
  namespace: Namespace;
  kind: NamespaceKind;
  /** The overlay behind `N-…`, `lb_…` and `ingress_sbox`; absent where Docker does not name it. */
  network?: Network;
  /** The containers that live in it; the first is the one whose sandbox it is. */
  containers: Container[];
  /** Ids of containers found by their control groups, where Docker names none. */
  containerIds: string[];
  /** VNIs of its vxlan devices, or of the network behind it, ascending. */
  vnis: number[];
  subnets: string[];
}

/** Says what each namespace file of a host is. Pure join of the directory, the devices inside and Docker's lists. */
export function sandboxes(host: HostModel): Sandbox[] {
  return host.namespaces.map((namespace) => sandboxOf(host, namespace));
}

function sandboxOf(host: HostModel, namespace: Namespace): Sandbox {
  const {file} = namespace;
  const devices = (namespace.tables?.links ?? []).flatMap(({vxlan}) => (vxlan ? [vxlan.vni] : []));
  const sandbox = (kind: NamespaceKind, extra: Partial<Sandbox> = {}): Sandbox => {
    const {network} = extra;
    return {
      namespace,
      kind,
      containers: [],
      containerIds: [],
      vnis: sortNumbers(devices.length > 0 ? devices : (network?.vnis ?? [])),
      subnets: network?.subnets.map(({subnet}) => subnet) ?? [],
      ...extra,
    };
  };
  if (namespace.state === 'foreign') return sandbox('unknown');
  const networks = host.docker?.networks ?? [];
  if (file === 'default') return sandbox('host', hostContainers(host));
  if (file === 'ingress_sbox') {
    const network = networks.find(({ingress}) => ingress);
    return sandbox('ingress', network ? {network} : {});
  }
  if (file.startsWith('lb_')) {
    const network = networkOf(networks, file.slice(3), []);
    return sandbox('load-balancer', network ? {network} : {});
  }
  const epoch = /^\d+-/.exec(file);
  if (epoch) {
    const network = networkOf(networks, file.slice(epoch[0].length), devices);
    return sandbox('overlay', network ? {network} : {});
  }
  return sandbox('container', containerOf(host, namespace));
}

/** The network whose id begins with `prefix`; several of them are told apart by the VNIs inside the namespace. */
function networkOf(networks: Network[], prefix: string, vnis: number[]): Network | undefined {
  const matching = networks.filter(({id, driver}) => driver === 'overlay' && id.startsWith(prefix));
  if (matching.length <= 1) return matching[0];
  const confirmed = matching.filter(
    (network) => vnis.length > 0 && vnis.every((vni) => network.vnis.includes(vni)),
  );
  return confirmed.length === 1 ? confirmed[0] : undefined;
}

/**
 * The container of a 12-digit sandbox file: by its SandboxKey, checked against the namespace that its process is
 * in; else by the control group of a process inside. `container:X` has no key of its own and follows X.
 */
function containerOf(host: HostModel, namespace: Namespace): Partial<Sandbox> {
  const containers = host.docker?.containers ?? [];
  const owner = containers.find(({sandboxFile}) => sandboxFile === namespace.file);
  if (owner && !contradicted(host, owner, namespace)) {
    const guests = containers.filter(
      ({running, networkMode}) => running && networkMode === `container:${owner.id}`,
    );
    return {containers: [owner, ...guests]};
  }
  const ids = namespace.pids.flatMap((pid) => host.cgroupContainers.get(pid) ?? []);
  return {containerIds: [...new Set(ids)]};
}

function hostContainers(host: HostModel): Partial<Sandbox> {
  return {
    containers: (host.docker?.containers ?? []).filter(
      ({running, networkMode}) => running && networkMode === 'host',
    ),
  };
}

/** True where the container's process is known to be in another namespace than the file's: Docker's answer is another machine's. */
export function contradicted(host: HostModel, container: Container, namespace: Namespace): boolean {
  const inode = container.pid === undefined ? undefined : host.netnsOfPid.get(container.pid);
  return inode !== undefined && namespace.inode !== undefined && inode !== namespace.inode;
}

function sortNumbers(numbers: number[]): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

/** Files that stand for no namespace (any more). */
const absent: ReadonlySet<NamespaceState> = new Set(['torn-down', 'dead', 'gone', 'foreign']);

/** The overlay sandboxes of a network, found by the network's full id; several are several epochs. */
export function overlaySandboxes(identified: Sandbox[], networkId: string): Sandbox[] {
  return identified.filter(
    ({kind, network, namespace}) =>
      kind === 'overlay' &&
      !absent.has(namespace.state) &&
      (network ? network.id === networkId : networkId.startsWith(namespace.file.replace(/^\d+-/, ''))),
  );
}

/** By the ids of the containers that live in them; the first sandbox that a container is found in. */
export function sandboxByContainer(identified: Sandbox[]): Map<string, Sandbox> {
  const found = new Map<string, Sandbox>();
  for (const sandbox of identified) {
    for (const {id} of sandbox.containers) if (!found.has(id)) found.set(id, sandbox);
  }
  return found;
}

/** Whose a namespace is, in a few words. */
export function ownerOf({kind, network, containers, containerIds, namespace}: Sandbox): string {
  const name = network?.name ?? namespace.file;
  switch (kind) {
    case 'overlay':
      return `overlay ${name}`;
    case 'load-balancer':
      return `load balancer of ${name}`;
    case 'ingress':
      return 'ingress load balancer';
    case 'container':
      return containers[0]?.name ?? containerIds[0]?.slice(0, 12) ?? namespace.file;
    default:
      return namespace.file;
  }
}

/** Whether the engine is one that unmounts at once and unlinks within a minute: up to 27, or not known. */
export function removesLate({docker}: HostModel): boolean {
  const major = Number.parseInt(docker?.engine.version ?? '', 10);
  return !(major >= 28);
}
