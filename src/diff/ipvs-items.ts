import type {HostModel} from '../model/host.js';
import type {ComparedHost} from './side.js';
import type {ComparedNamespace, Item, ItemList} from './types.js';

/** The backends of load balancers. Marks are a node's own numbers, so services go by their names where gossip tells. */
export function ipvsList({host}: ComparedHost, {place, sandbox, tables}: ComparedNamespace): ItemList {
  const {services, problems} = tables?.ipvs ?? {services: [], problems: []};
  const names = serviceNames(host);
  return {
    place,
    kind: 'ipvs',
    // A kernel without IPVS has no such file; where no file was read, it was not asked for.
    read: tables?.proc === undefined ? 'no' : problems.length > 0 ? 'part' : 'whole',
    items: services.flatMap(({mark, text, destinations}): Item[] => {
      const service = mark === undefined ? text : (names.get(mark) ?? `mark ${mark}`);
      return [
        {key: service, name: `IPVS service ${service}`, facts: {}},
        ...destinations.map(({address, port, forward, weight}) => {
          const target = port === 0 ? address : `${address}:${port}`;
          return {
            key: `${service} ${target}`,
            name: `IPVS backend ${target} of ${service}`,
            detail: `${forward}, weight ${weight}`,
            facts: {forwarding: forward, weight: String(weight)},
            about: sandbox?.network ? [`address:${sandbox.network.id}/${address}`] : [],
          };
        }),
      ];
    }),
  };
}

/** Services by the mark of their load balancer on this node, which is given once for each service and network. */
function serviceNames({docker}: HostModel): Map<number, string> {
  return new Map(
    (docker?.networks ?? []).flatMap(({services}) =>
      (services ?? []).flatMap(({name, localLbIndex}) =>
        localLbIndex && name ? [[localLbIndex, name] as const] : [],
      ),
    ),
  );
}
