import type {HostModel} from '../model/host.js';
import {textFacts} from './link-names.js';
import {hasName, ownName} from './match-hosts.js';
import {hostPlace} from './namespace-items.js';
import type {ComparedHost} from './side.js';
import type {Item, ItemList} from './types.js';

/** The host itself, its containers and its IPsec. */
export function ownLists(side: ComparedHost): ItemList[] {
  const {host, label} = side;
  const place = hostPlace(label);
  const {docker} = host;
  return [
    {place, kind: 'host', read: 'whole', items: [hostItem(host)]},
    {
      place,
      kind: 'container',
      read: docker?.read.containers ? 'whole' : 'no',
      items: containerItems(side),
    },
    ...xfrmLists(side),
  ];
}

function hostItem(host: HostModel): Item {
  const {kernel, bootId, hostNetnsInode, docker, dataRoot, engineMakesRules} = host;
  const swarm = docker?.engine.swarm;
  return {
    key: 'host',
    name: 'host',
    facts: textFacts({
      name: hasName(host) ? ownName(host) : undefined,
      kernel,
      boot: bootId?.slice(0, 8),
      'network namespace': hostNetnsInode,
      engine: docker?.engine.version,
      'data root': dataRoot,
      'rules by the engine': engineMakesRules,
      'swarm node': swarm?.nodeId,
      'swarm state': swarm?.state,
      'swarm address': swarm?.nodeAddress,
      manager: swarm?.manager,
    }),
  };
}

function containerItems({host, label}: ComparedHost): Item[] {
  return (host.docker?.containers ?? []).map((container) => {
    const {name, id, status, running, networkMode, sandboxFile, endpoints, publishedPorts, task} = container;
    const networks = endpoints.map(({networkName}) => networkName).sort();
    const ports = Object.entries(publishedPorts)
      .map(([port, hosts]) => `${hosts.join(' ')}→${port}`)
      .sort();
    return {
      key: name,
      name: `container ${name}`,
      detail: [running ? 'running' : (status ?? 'not running'), ...networks].join(', '),
      facts: textFacts({
        id: id.slice(0, 12),
        status: running ? 'running' : (status ?? 'not running'),
        // Another sandbox under the same id: it was restarted.
        sandbox: sandboxFile,
        'network mode': networkMode,
        networks: networks.join(', ') || 'none',
        'published ports': ports.join(', ') || 'none',
      }),
      about: [...(task ? [`task:${task.id}`] : [])],
      explains: [
        `place:${label}/container/${name}`,
        `owner:${label}/${name}`,
        ...(task ? [`task:${task.id}`] : []),
        ...endpoints.flatMap(({networkId, ip, mac}) => [
          `endpoint:${networkId}/${name}`,
          ...(ip ? [`address:${networkId}/${ip}`, `ip:${label}/${ip}`] : []),
          ...(mac ? [`mac:${networkId}/${mac}`] : []),
        ]),
      ],
    };
  });
}

/** `ip xfrm` prints an entry as a line that begins with `src`, and what belongs to it indented below. */
function xfrmLists({host, label}: ComparedHost): ItemList[] {
  const place = hostPlace(label);
  // Without a socket of its own the kernel has no IPsec; where the counters were not read, it was not asked.
  const asked =
    host.host?.proc !== undefined &&
    !['xfrm-state', 'xfrm-policy'].some((name) => host.host?.failed?.has(name));
  const read = host.xfrm || asked ? ('whole' as const) : ('no' as const);
  return [
    {place, kind: 'xfrm-state', read, items: entries(host.xfrm?.states).map(stateItem)},
    {place, kind: 'xfrm-policy', read, items: entries(host.xfrm?.policies).map(policyItem)},
  ];
}

function entries(text: string | undefined): string[] {
  return (text ?? '').split(/^(?=src )/m).filter((entry) => entry.startsWith('src '));
}

const found = (entry: string, pattern: RegExp) => pattern.exec(entry)?.[1];

function pairOf(entry: string): string {
  const [, src = '?', dst = '?'] = /^src (\S+) dst (\S+)/.exec(entry) ?? [];
  return `${src.replace(/\/(32|128)$/, '')} → ${dst.replace(/\/(32|128)$/, '')}`;
}

/** Without lifetimes, counters and the replay window. Keys are not read at all. */
function stateItem(entry: string): Item {
  const spi = found(entry, /\bspi (0x[0-9a-f]+)/);
  const proto = found(entry, /\bproto (\S+)/);
  return {
    key: `${pairOf(entry)} ${proto} ${spi}`,
    name: `IPsec state ${pairOf(entry)}`,
    detail: `${proto ?? ''} spi ${spi ?? 'none'}`,
    facts: textFacts({
      mode: found(entry, /\bmode (\S+)/),
      reqid: found(entry, /\breqid (\d+)/),
      cipher: found(entry, /^\s+(?:aead|enc|auth-trunc|auth) (\S+)/m),
      mark: found(entry, /\bmark (\S+)/),
    }),
  };
}

function policyItem(entry: string): Item {
  const direction = found(entry, /^\s+dir (\S+)/m) ?? found(entry, /^\s+socket (\S+)/m);
  const selector =
    entry
      .split('\n', 1)[0]
      ?.replace(/^src \S+ dst \S+ ?/, '')
      .trim() ?? '';
  const mark = found(entry, /\bmark (\S+)/);
  return {
    key: [pairOf(entry), selector, direction, mark].join(' '),
    name: `IPsec policy ${pairOf(entry)} (${direction ?? 'no direction'})`,
    detail: selector,
    facts: textFacts({
      action: found(entry, /\baction (\S+)/) ?? 'allow',
      template: found(entry, /\btmpl (src \S+ dst \S+)/),
      spi: found(entry, /\bspi (0x[0-9a-f]+)/),
      mode: found(entry, /\bmode (\S+)/),
    }),
  };
}
