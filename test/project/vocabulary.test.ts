import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import ts from 'typescript';

type Schema = {[key: string]: unknown};

const folder = new URL('../../schemas/', import.meta.url);
const schemas = new Map(
  readdirSync(folder).map((file) => [
    file.replace('.json', ''),
    JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Schema,
  ]),
);

/** Names that one thing had beside the name that it has now; docs/json.md lists both. */
const formerNames: Record<string, string> = {
  ip: 'address',
  dev: 'device',
  dst: 'vtep',
  why: 'reason',
  virtualAddress: 'vip',
  seq: 'sequence',
  vlan: 'vlans',
  least: 'min',
  most: 'max',
  lladdr: 'mac',
  namespaceId: 'netns',
};

/** Where such a name is right: the field of a header, or of a snapshot file, whose format has a version of its own. */
const rightThere: Record<string, RegExp> = {
  ip: /^decode\..*checksums\.ip$/,
  dst: /^(decode|decode-summary|decode-follow)\.|^common\.route\.dst$/,
  vlan: /^fdb\.rows\.vlan$/,
};

/** Keys that are of several types, and why. */
const severalTypes: Record<string, string> = {
  at: 'a place in a finding, a time in a snapshot',
  code: 'the code of a finding or an error, the code field of ICMP (RFC 792)',
  container: 'the container that inspect is about, a name elsewhere',
  fix: 'of a finding how to fix it, in explain what may be done',
  error: 'an error document, or the text of one in a snapshot',
  failure: 'why a host was not read, in a snapshot its parts',
  flags: 'flags by name, the flags field of VXLAN (RFC 7348) or of TCP',
  group: 'a multicast group, the group policy field of VXLAN-GBP',
  id: "Docker's ids are text, those of DNS, ICMP and IP are numbers",
  inner: 'the inner packet, or a list of what inner packets there were',
  name: 'a name, or the name that trace asked for',
  node: 'the name of a node, in a snapshot all of it',
  other: 'what else a source printed',
  packets: 'a count, in a timeline one a step',
  ports: 'ports of a capture, or those that a container publishes',
  proto: 'the number of a protocol (IANA), or its name in a conversation',
  state: "one word, of a neighbour entry the kernel's list of flags",
  status: 'a word, in a snapshot an exit status',
  type: 'a word, the type field of ICMP (RFC 792)',
};

interface Key {
  name: string;
  path: string;
  types: string;
}

function target(file: string, reference: string): [string, Schema] {
  const [before = '', fragment = ''] = reference.split('#');
  const of = before === '' ? file : (before.split(':').at(-1) ?? '');
  let found: unknown = schemas.get(of);
  for (const part of fragment.split('/').filter((one) => one !== '')) found = (found as Schema)[part];
  return [of, found as Schema];
}

function typesOf(file: string, schema: Schema): string[] {
  const {
    $ref,
    type,
    enum: words,
    oneOf,
    anyOf,
  } = schema as {
    $ref?: string;
    type?: string | string[];
    enum?: unknown[];
    oneOf?: Schema[];
    anyOf?: Schema[];
  };
  if ($ref !== undefined) return typesOf(...target(file, $ref));
  if (type !== undefined) return [type].flat();
  if ('const' in schema) return [typeof schema['const']];
  if (words) return words.map((word) => (word === null ? 'null' : typeof word));
  return (oneOf ?? anyOf ?? []).flatMap((one) => typesOf(file, one));
}

function keysOf(file: string, schema: unknown, path: string): Key[] {
  if (typeof schema !== 'object' || schema === null) return [];
  if (Array.isArray(schema)) return schema.flatMap((one) => keysOf(file, one, path));
  return Object.entries(schema).flatMap(([word, value]) => {
    const named = word === 'properties' || word === '$defs';
    if (!named || typeof value !== 'object' || value === null) return keysOf(file, value, path);
    return Object.entries(value as Record<string, Schema>).flatMap(([name, inner]) => [
      ...(word === 'properties'
        ? [
            {
              name,
              path: `${path}.${name}`,
              types: [...new Set(typesOf(file, inner).map((type) => (type === 'number' ? 'integer' : type)))]
                .filter((type) => type !== 'null')
                .sort()
                .join(' or '),
            },
          ]
        : []),
      ...keysOf(file, inner, `${path}.${name}`),
    ]);
  });
}

const keys = [...schemas].flatMap(([file, schema]) => keysOf(file, schema, file));

describe('the words of the JSON documents', () => {
  it('are camelCase', () => {
    assert.ok(keys.length > 500, `${keys.length}`);
    assert.deepEqual(
      keys
        // By which a file names its schema.
        .filter(({name}) => name !== '$schema' && !/^[a-z][A-Za-z0-9]*$/.test(name))
        .map(({path}) => path),
      [],
    );
  });

  it('are one name for one thing', () => {
    const wrong = keys.filter(
      ({name, path}) =>
        formerNames[name] !== undefined && !rightThere[name]?.test(path) && !/^snapshot/.test(path),
    );
    assert.deepEqual(
      wrong.map(({path, name}) => `${path}: ${formerNames[name]}`),
      [],
    );
  });

  it('are one type for one name', () => {
    const types = new Map<string, Set<string>>();
    for (const {name, types: of} of keys) types.set(name, (types.get(name) ?? new Set()).add(of));
    const several = [...types].filter(([, of]) => of.size > 1).map(([name]) => name);
    assert.deepEqual(several.filter((name) => severalTypes[name] === undefined).sort(), []);
    // An exception that is none any more is taken out.
    assert.deepEqual(
      Object.keys(severalTypes).filter((name) => !several.includes(name)),
      [],
    );
  });

  it('have a network by name and by id in the same two keys', () => {
    const ids = keys.filter(({name, path}) => name === 'id' && /network/i.test(path));
    assert.deepEqual(
      ids.map(({path}) => path),
      [],
    );
  });
});

/** Words that no text of ours has, with what is written instead. */
const odd: readonly [RegExp, string][] = [
  [/\bwhoever\b/i, 'administrator of …'],
  [/\b(nobody|somebody)\b/i, 'name it, or passive voice'],
  [/\bwhom\b/i, 'rewrite'],
  [/\bin vain\b/i, 'without an answer'],
  [/\breckon/i, 'compute'],
  [/\bmend(s|ed|ing)?\b/i, 'fix'],
  [/\banew\b/i, 'again'],
  [/\bwithout a word\b/i, 'silently'],
  [/\b(threw|thrown|throws) (away|packets|out)\b/i, 'dropped'],
  [/\btold by\b|\btells\b/i, 'according to, from, shows'],
  [/\btakes apart\b|\bleads? nowhere\b/i, 'decodes; fails'],
  [/(?<![-\w])legs?(?![-\w])/i, 'docker_gwbridge interface'],
  [/\bthis very\b|\bheard of\b/i, 'this; known'],
];

/** Words of other programs' output. */
const foreign = 'redact/vocabulary.ts';

/** The literal parts of strings and templates of a source. */
function textsOf(source: string): string[] {
  const texts: string[] = [];
  const walk = (node: ts.Node) => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      texts.push(node.text);
    ts.forEachChild(node, walk);
  };
  walk(ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest));
  return texts;
}

describe('the words of texts', () => {
  it('are plain', () => {
    const folder = fileURLToPath(new URL('../../src/', import.meta.url));
    const files = readdirSync(folder, {recursive: true, encoding: 'utf8'}).filter(
      (file) => file.endsWith('.ts') && file !== foreign,
    );
    assert.ok(files.length > 300, `${files.length}`);
    const found = files.flatMap((file) =>
      textsOf(readFileSync(`${folder}${file}`, 'utf8')).flatMap((text) =>
        odd.flatMap(([word, better]) => (word.test(text) ? [`${file}: ${text} (${better})`] : [])),
      ),
    );
    assert.deepEqual(found, []);
  });
});
