import type {Part} from '../collect/wanted.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {rulesKnown} from '../model/rules/known.js';
import type {KnownHost} from '../topology/known-host.js';

/**
 * Parts of a host that a reading lacks, as a whole or of some namespace: what was missed once, as on a busy host, may be read at the
 * next look.
 */
export function unreadParts({model, sandboxes}: KnownHost): Part[] {
  const lacks = (...kinds: string[]) =>
    sandboxes.some(
      // A file that a stopped container has left leads to no namespace.
      ({kind, namespace: {state, tables}}) =>
        kinds.includes(kind) && state === 'live' && (!tables || failedIn(tables).length > 0),
    );
  const lacksRules = [model.host, ...sandboxes.map(({namespace: {tables}}) => tables)].some((tables) =>
    failedIn(tables).some((name) => /^(nft|ip6?tables)/.test(name)),
  );
  return [
    ...(lacks('container') ? (['containers'] as const) : []),
    ...(lacks('load-balancer', 'ingress') ? (['balancers'] as const) : []),
    ...(lacksRules || rulesKnown(model.host) === undefined ? (['rules'] as const) : []),
  ];
}

/** Sections that failed; files of /proc do wherever a kernel lacks one. */
function failedIn(tables: NetnsTables | undefined): string[] {
  return [...(tables?.failed ?? [])].filter((name) => name !== 'proc');
}
