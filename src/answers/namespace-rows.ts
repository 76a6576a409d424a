import type {HostModel} from '../model/host.js';
import type {NamespaceState} from '../model/namespace-files.js';
import {knownHost} from '../topology/known-host.js';
import {type NamespaceKind, removesLate, type Sandbox} from '../topology/sandboxes.js';

/** One file of the namespace directory, as `namespaces` shows it. */
export interface NamespaceRow {
  host: string;
  netns: string;
  kind: NamespaceKind;
  /** The network behind it; for a container the only one it is on, else null (see `networks`). */
  network: string | null;
  networks: string[];
  vni: number | null;
  vnis: number[];
  subnets: string[];
  container: string | null;
  /** All that live in it: the owner of the sandbox first, then those that joined it. */
  containers: string[];
  task: string | null;
  service: string | null;
  inode: number | null;
  state: NamespaceState;
  /** How many rows each table has; null where it was not read. */
  linkCount: number | null;
  routeCount: number | null;
  neighbourCount: number | null;
  fdbCount: number | null;
  /** One sentence where something about it needs saying. */
  note: string | null;
}

const order: NamespaceKind[] = ['overlay', 'ingress', 'load-balancer', 'container', 'host', 'unknown'];

export function namespaceRows(hosts: HostModel[]): NamespaceRow[] {
  return hosts.flatMap((host) =>
    knownHost(host)
      .sandboxes.map((sandbox) => rowOf(host, sandbox))
      .sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || (a.netns < b.netns ? -1 : 1)),
  );
}

function rowOf(host: HostModel, sandbox: Sandbox): NamespaceRow {
  const {namespace, kind, network, containers, containerIds, vnis, subnets} = sandbox;
  const [owner] = containers;
  const names = network ? [network.name] : (owner?.endpoints.map(({networkName}) => networkName) ?? []);
  const {tables} = namespace;
  return {
    host: host.name,
    netns: namespace.file,
    kind,
    network: names.length === 1 ? (names[0] ?? null) : null,
    networks: names,
    vni: vnis[0] ?? null,
    vnis,
    subnets,
    container: owner?.name ?? containerIds[0]?.slice(0, 12) ?? null,
    containers:
      containers.length > 0 ? containers.map(({name}) => name) : containerIds.map((id) => id.slice(0, 12)),
    task: owner?.task?.name ?? null,
    service: owner?.service?.name ?? null,
    inode: namespace.inode ?? null,
    state: namespace.state,
    linkCount: tables?.links?.length ?? null,
    routeCount: tables?.routes?.length ?? null,
    neighbourCount: tables?.neighbours?.length ?? null,
    fdbCount: tables?.fdb?.length ?? null,
    note: noteOf(host, sandbox),
  };
}

function noteOf(host: HostModel, sandbox: Sandbox): string | null {
  const {namespace, kind, network, containers, containerIds} = sandbox;
  switch (namespace.state) {
    case 'torn-down':
      return 'namespace is gone; engines up to 27 remove the file within a minute';
    case 'dead':
      // The file is as old as the namespace was, so its age does not tell when that ended.
      return removesLate(host)
        ? 'no namespace is mounted on this file; engines up to 27 leave it so for up to a minute'
        : 'no namespace is mounted on this file';
    case 'other-mount':
      return "live for dockerd, a plain file in this shell's mount namespace";
    case 'gone':
      return 'vanished while it was read';
    case 'foreign':
      return 'not a name that Docker creates';
    case 'unreadable':
      return 'could not be entered';
    default:
  }
  if (!host.docker?.read.networks || !host.docker.read.containers) return null;
  if (kind === 'overlay' && !network)
    return 'no network of this engine has this id: leftover of an earlier one?';
  if (kind === 'load-balancer' && !network)
    return 'no network of this engine has this id: leftover of an earlier one?';
  if (kind === 'container' && containers.length === 0 && containerIds.length === 0) {
    return namespace.pids.length === 0
      ? 'no running container has this sandbox, and no process lives in it'
      : 'no running container has this sandbox';
  }
  return null;
}
