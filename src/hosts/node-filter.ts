import {usageError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import type {ListedNode} from '../collect/ask-swarm.js';

export interface NodeFilter {
  key: 'name' | 'label' | 'role' | 'availability';
  value: string;
}

const allowed: Record<string, string[] | undefined> = {
  name: undefined,
  label: undefined,
  role: ['manager', 'worker'],
  availability: ['active', 'pause', 'drain'],
};

/** Understands one `--filter KEY=VALUE`. Throws a usage error for anything else. */
export function parseNodeFilter(text: string): NodeFilter {
  const [, key = '', value = ''] = /^([a-z]+)=(.+)$/.exec(text) ?? [];
  const values = allowed[key];
  if (value !== '' && Object.hasOwn(allowed, key) && (values === undefined || values.includes(value)))
    return {key: key as NodeFilter['key'], value};
  throw usageError('invalid-filter', `--filter "${quoteText(text)}" chooses no nodes.`, [
    'name=PREFIX, label=KEY, label=KEY=VALUE, role=manager|worker or availability=active|pause|drain',
  ]);
}

/**
 * Whether a node is chosen, as `docker node ls --filter` chooses: a name by its beginning; of several values for a name,
 * role or availability one must fit, of several labels all; and each kind of filter must let it pass.
 */
export function passes(node: ListedNode, filters: readonly NodeFilter[]): boolean {
  const values = (key: NodeFilter['key']) =>
    filters.filter((filter) => filter.key === key).map(({value}) => value);
  const anyOf = (wanted: string[], fits: (value: string) => boolean) =>
    wanted.length === 0 || wanted.some(fits);
  return (
    anyOf(values('name'), (value) => node.name.startsWith(value)) &&
    anyOf(values('role'), (value) => node.role === value) &&
    anyOf(values('availability'), (value) => node.availability === value) &&
    values('label').every((value) => hasLabel(node.labels, value))
  );
}

function hasLabel(labels: Record<string, string>, wanted: string): boolean {
  const at = wanted.indexOf('=');
  if (at < 0) return Object.hasOwn(labels, wanted);
  const key = wanted.slice(0, at);
  return Object.hasOwn(labels, key) && labels[key] === wanted.slice(at + 1);
}
