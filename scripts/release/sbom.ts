/** What a release contains, as CycloneDX 1.5 (ECMA-424): the program, the npm packages in its bundle, and Node.js with its libraries. */
import {createHash} from 'node:crypto';
import type {Project} from './project.js';

export interface Bundled {
  name: string;
  version: string;
  /** SPDX expression, as package.json has it. */
  licence: string;
}

/** The packages that dist/licences.txt lists (scripts/licences.ts). Throws where it lists none. */
export function bundledPackages(licences: string): Bundled[] {
  const heads = licences.matchAll(/^={80}\n(\S+) (\S+) \((.+)\)$/gm);
  const found = [...heads].map(([, name = '', version = '', licence = '']) => ({name, version, licence}));
  if (found.length === 0) throw new Error('licences.txt lists no package');
  return found;
}

interface Component {
  type: 'library' | 'application';
  'bom-ref': string;
  name: string;
  version: string;
  licenses?: {expression: string}[];
  purl?: string;
  description?: string;
  components?: Component[];
}

export interface EmbeddedNode {
  version: string;
  /** process.versions of it. */
  versions: Readonly<Record<string, string>>;
}

/** The document, as it is written: the same release gives the same bytes. */
export function sbom({version, epoch}: Project, bundled: readonly Bundled[], node: EmbeddedNode): string {
  const program = npmComponent({name: 'ovdiag', version, licence: 'MIT'}, 'application');
  const packages = bundled.map((one) => npmComponent(one, 'library'));
  const runtime = nodeComponent(node);
  const content = {
    metadata: {timestamp: new Date(epoch * 1000).toISOString(), component: program},
    components: [...packages, runtime],
    dependencies: [
      {
        ref: program['bom-ref'],
        dependsOn: [...packages.map((one) => one['bom-ref']), runtime['bom-ref']].sort(),
      },
    ],
  };
  const head = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(content))}`,
    version: 1,
  };
  return `${JSON.stringify({...head, ...content}, undefined, 2)}\n`;
}

function npmComponent({name, version, licence}: Bundled, type: Component['type']): Component {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return {type, 'bom-ref': purl, name, version, licenses: [{expression: licence}], purl};
}

/** Node's libraries are in it: a scanner has to find OpenSSL and zlib by name. */
function nodeComponent({version, versions}: EmbeddedNode): Component {
  const ref = `pkg:generic/nodejs@${version}`;
  const libraries = Object.entries(versions).filter(([name]) => !['node', 'modules', 'napi'].includes(name));
  return {
    type: 'application',
    'bom-ref': ref,
    name: 'nodejs',
    version,
    licenses: [{expression: 'MIT'}],
    purl: ref,
    description: 'In the executables, the Debian packages and the image, not in the npm package',
    components: libraries.sort().map(([name, of]) => ({
      type: 'library',
      'bom-ref': `${ref}#${name}`,
      name,
      version: of,
    })),
  };
}

/** A version 5 shape (RFC 9562) of a digest. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
