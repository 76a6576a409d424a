import type {Difference, ItemKind} from './types.js';

/** One item of a kind and several, in words. */
export const kindWords: Record<ItemKind, readonly [one: string, many: string]> = {
  host: ['host', 'hosts'],
  node: ['node', 'nodes'],
  service: ['service', 'services'],
  task: ['task', 'tasks'],
  network: ['network', 'networks'],
  container: ['container', 'containers'],
  endpoint: ['endpoint', 'endpoints'],
  gossip: ['gossip entry', 'gossip entries'],
  namespace: ['namespace', 'namespaces'],
  link: ['link', 'links'],
  address: ['address', 'addresses'],
  route: ['route', 'routes'],
  'routing-rule': ['routing rule', 'routing rules'],
  'fdb-row': ['FDB entry', 'FDB entries'],
  neighbour: ['neighbour entry', 'neighbour entries'],
  ipvs: ['IPVS row', 'IPVS rows'],
  'netfilter-rule': ['packet filter rule', 'packet filter rules'],
  'netfilter-order': ['order of packet filter rules', 'orders of packet filter rules'],
  'xfrm-state': ['IPsec state', 'IPsec states'],
  'xfrm-policy': ['IPsec policy', 'IPsec policies'],
  sysctl: ['sysctl', 'sysctls'],
};

/** What it means where such a fact changed: the item is another one of the same name. */
const anew: Partial<Record<ItemKind, Record<string, string>>> = {
  host: {boot: 'rebooted'},
  network: {id: 'recreated'},
  container: {id: 'recreated', sandbox: 'restarted'},
  service: {id: 'recreated'},
  task: {id: 'replaced'},
  link: {ifindex: 'recreated'},
};

/** `FDB entry for web2 vanished (02:42:0a:00:01:09 → 192.168.1.5)`, `vxlan0: state up → down`. */
export function sentenceOf({
  change,
  kind,
  name,
  detail,
  facts,
}: Pick<Difference, 'change' | 'kind' | 'name' | 'detail' | 'facts'>): string {
  if (change === 'changed') {
    const meaning = facts.flatMap(({fact}) => anew[kind]?.[fact] ?? [])[0];
    const changes = facts.map(({fact, before, after}) => `${fact} ${before} → ${after}`);
    return `${name}: ${[...(meaning === undefined ? [] : [meaning]), ...changes].join('; ')}`;
  }
  return `${name} ${change}${detail ? ` (${detail})` : ''}`;
}

/** The name without the words that all of its kind begin with: `web2` of `FDB entry for web2`. */
export function shortName({name}: Pick<Difference, 'name'>): string {
  return name.replace(
    /^(FDB entry for|neighbour entry for|gossip of|route to|address of|namespace of|container|task|network|sysctl|rule in|IPsec state) /,
    '',
  );
}
