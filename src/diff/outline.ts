import type {GossipTask, Network} from '../model/docker-types.js';
import type {FdbRow} from '../model/facts.js';
import type {HostModel, Namespace} from '../model/host.js';

/** Makes outlines of hosts that share what is the same in them. */
export type Outliner = (model: HostModel) => HostModel;

/**
 * What is held of each host while the hosts of a snapshot are many: what tells it, and what it tells of the swarm. Its
 * tables are read anew when it is its turn to be compared; of its FDBs only the VTEPs are left, as they may tell
 * another host its own. Gossip, which says nearly the same on every host, is held once.
 */
export function outliner(): Outliner {
  const tasks = new Map<string, GossipTask>();
  const rows = new Map<string, FdbRow>();
  const shared = (task: GossipTask): GossipTask => {
    const key = JSON.stringify([task.name, task.ip, task.endpointId, task.hostIp]);
    const known = tasks.get(key) ?? task;
    tasks.set(key, known);
    return known;
  };
  const network = ({services, ...rest}: Network): Network => ({
    ...rest,
    ...(services ? {services: services.map((one) => ({...one, tasks: one.tasks.map(shared)}))} : {}),
  });
  const pointers = (fdb: FdbRow[]): FdbRow[] => {
    const vteps = new Set(
      fdb.flatMap(({plane, vtep: dst}) => (plane === 'self' && dst !== undefined ? [dst] : [])),
    );
    return [...vteps].map((dst) => {
      const known = rows.get(dst) ?? {
        mac: '',
        device: '',
        plane: 'self' as const,
        state: 'permanent' as const,
        vtep: dst,
      };
      rows.set(dst, known);
      return known;
    });
  };
  const namespace = ({tables, ...rest}: Namespace): Namespace => ({
    ...rest,
    ...(tables?.fdb ? {tables: {fdb: pointers(tables.fdb), readAt: {}, problems: []}} : {}),
  });
  return ({host, docker, namespaces, ...rest}) => ({
    ...rest,
    namespaces: namespaces.map(namespace),
    ...(host?.links
      ? {host: {links: host.links.filter(({addresses}) => addresses?.length), readAt: {}, problems: []}}
      : {}),
    ...(docker ? {docker: {...docker, networks: docker.networks.map(network)}} : {}),
  });
}
