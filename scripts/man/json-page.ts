import type {Edition} from './pages.js';
import {bold, escaped, head, item, page, paragraphs, section} from './roff.js';

/** As much of JSON Schema as schemas/ uses. */
export interface Schema {
  $id?: string;
  title?: string;
  description?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  $ref?: string;
  $defs?: Record<string, Schema>;
  properties?: Record<string, Schema>;
  items?: Schema;
  oneOf?: Schema[];
  required?: string[];
}

const rules = `With --json every command prints exactly one JSON document on standard output, also for errors. Only ovdiag decode and ovdiag capture print one object per packet, a line each. The exit status is the same as without --json.

schemaVersion changes only if a key is renamed or removed or changes its meaning. New keys, codes and kinds may be added at any time: ignore what you don't know. null means known to be absent; a missing key means that the source does not say. problems lists what could not be read: an empty list with a problem does not mean that there is none.

Below, the keys of each document, with [] for the elements of a list. A question mark stands behind what may be missing. The same as JSON Schema is in the folder schemas of the installation.`;

/** `ovdiag-json(5)`: all keys of all documents, from their schemas. */
export function jsonPage(schemas: readonly Schema[], edition: Edition): string {
  return page([
    head('ovdiag-json', 5, edition),
    ...section('NAME', ['ovdiag\\-json \\- the documents that ovdiag prints with \\-\\-json']),
    ...section('DESCRIPTION', paragraphs(rules)),
    ...schemas.flatMap(documentSection),
    ...section('SEE ALSO', [`${bold('ovdiag')}(1)`]),
  ]);
}

function documentSection(schema: Schema): string[] {
  const name = schema.$id?.replace('urn:ovdiag:schema:', '') ?? '';
  const definitions = Object.entries(schema.$defs ?? {}).flatMap(([defined, one]) => [
    `.SS ${escaped(`${defined} (in ${name})`)}`,
    ...paragraphs(one.description ?? ''),
    ...keysOf(one, ''),
  ]);
  return [
    ...section(escaped(name.toUpperCase()), [
      ...paragraphs(`${schema.title ?? name}.`),
      ...(schema.description ? ['.PP', ...paragraphs(schema.description)] : []),
    ]),
    ...keysOf(schema, ''),
    ...definitions,
  ];
}

/** A key a line, with those of the objects inside it behind it. */
function keysOf(schema: Schema, before: string): string[] {
  const alternatives = (schema.oneOf ?? []).flatMap((one) => keysOf(one, before));
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const place = before === '' ? key : `${before}.${key}`;
    const mark = schema.required?.includes(key) ? '' : '?';
    return [...item(`${bold(place)}${mark}`, meaning(value)), ...keysBelow(value, place)];
  });
  return [...own, ...alternatives];
}

function keysBelow(value: Schema, place: string): string[] {
  return value.items ? keysBelow(value.items, `${place}[]`) : keysOf(value, place);
}

function meaning(schema: Schema): string {
  const type = typeOf(schema);
  return escaped(schema.description ? `${type}: ${schema.description.replace(/\.?$/, '.')}` : type);
}

function typeOf({type, items, $ref, const: constant, enum: values, oneOf}: Schema): string {
  if ($ref !== undefined) return $ref.replace(/^.*\//, '');
  if (constant !== undefined) return JSON.stringify(constant);
  if (values) return values.map((value) => JSON.stringify(value)).join(' or ');
  if (items) return `list of ${typeOf(items)}`;
  if (oneOf) return oneOf.map(typeOf).join(' or ');
  return type === undefined ? 'anything' : [type].flat().join(' or ');
}
