import {listedFields} from '../snapshot/docker-fields.js';
import type {DockerAnswer} from '../snapshot/snapshot.js';
import {type Leaf, mapJson} from './json.js';
import {Refusal} from './lines.js';
import type {Scrub} from './scrub.js';
import {isId, type Tokens} from './tokens.js';

/** Keys whose values are names of somebody's things. */
const nameKeys = new Set(['Name', 'Names', 'Hostname', 'Aliases', 'DNSNames', 'NetworkMode']);
/** Keys whose values are ids, whatever they look like. */
const idKeys = new Set([
  'Id',
  'ID',
  'NodeID',
  'NetworkID',
  'EndpointID',
  'SandboxID',
  'ServiceID',
  'ContainerID',
]);
/** Objects whose keys are names. */
const namedBy = new Set(['Networks', 'Containers', 'Services']);

/** The paths that are asked; an answer of any other path is of a form that is not known here. */
const paths =
  /^\/(version|info|networks|containers\/json|nodes|services|tasks)(\?|$)|^\/(networks|containers)\/[^/?]+(\/json)?(\?verbose=true)?$/;

export function redactAnswer(answer: DockerAnswer, scrub: Scrub, tokens: Tokens): DockerAnswer {
  const {path, body, error} = answer;
  if (!paths.test(path)) throw new Refusal('answers of this path are not known');
  return {
    ...answer,
    path: path.replace(
      /^(\/(?:networks|containers)\/)([0-9a-z]{12,64})(?=[/?]|$)/,
      (_, before, id) => `${before as string}${tokens.id(id as string)}`,
    ),
    ...(body === undefined ? {} : {body: redactBody(body, scrub, tokens)}),
    ...(error === undefined ? {} : {error: scrub(error)}),
  };
}

const fields = listedFields();

function redactBody(body: unknown, scrub: Scrub, tokens: Tokens): unknown {
  return mapJson(body, {
    text: (value, leaf) => redactText(value, leaf, scrub, tokens),
    key: (key, path) => {
      if (namedBy.has(path.at(-1) ?? '')) return tokens.name(key);
      if (fields.has(key)) return key;
      // A subnet is one address, and other keys are words with dots between them.
      return /^[\da-f.:]+\/\d+$/.test(key) ? scrub(key) : key.split('.').map(scrub).join('.');
    },
  });
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function redactText(value: string, {key, path}: Leaf, scrub: Scrub, tokens: Tokens): string {
  if (value === '' || time.test(value)) return value;
  if (path.includes('Labels')) return tokens.name(value);
  if (idKeys.has(key))
    return isId(value) || /^[0-9a-z]+$/.test(value) ? tokens.id(value) : tokens.opaque(value);
  if (nameKeys.has(key)) return tokens.name(value);
  return scrub(value);
}
