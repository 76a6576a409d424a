import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'node:test';
import {root} from '../../scripts/release/project.js';
import {bundledPackages, sbom} from '../../scripts/release/sbom.js';

interface Component {
  'bom-ref': string;
  name: string;
  version: string;
  purl?: string;
  licenses?: {expression: string}[];
  components?: Component[];
}

interface Document {
  bomFormat: string;
  serialNumber: string;
  metadata: {timestamp: string; component: Component};
  components: Component[];
  dependencies: {ref: string; dependsOn: string[]}[];
}

const licences = readFileSync(path.join(root, 'dist/licences.txt'), 'utf8');
const bundled = bundledPackages(licences);
const node = {version: '24.1.2', versions: {node: '24.1.2', modules: '137', openssl: '3.5.1', zlib: '1.3.1'}};
const make = (epoch: number) => sbom({version: '1.2.3', epoch}, bundled, node);
const document = JSON.parse(make(86_400)) as Document;

describe('the SBOM', () => {
  it('has each bundled package with version, licence and address', () => {
    const heads = licences.match(/^={80}$/gm) ?? [];
    assert.equal(bundled.length, heads.length);
    const oclif = document.components.find(({name}) => name === '@oclif/core');
    assert.match(oclif?.purl ?? '', /^pkg:npm\/%40oclif\/core@\d/);
    assert.deepEqual(oclif?.licenses, [{expression: 'MIT'}]);
    assert.throws(() => bundledPackages('nothing'), /no package/);
  });

  it('has the embedded Node.js with its libraries', () => {
    const runtime = document.components.find(({name}) => name === 'nodejs');
    assert.equal(runtime?.version, '24.1.2');
    assert.deepEqual(
      runtime.components?.map(({name, version}) => `${name} ${version}`),
      ['openssl 3.5.1', 'zlib 1.3.1'],
    );
  });

  it('refers to each component by a name of its own, and depends on all of them', () => {
    const refs = document.components.map((one) => one['bom-ref']);
    assert.equal(new Set(refs).size, refs.length);
    const {component} = document.metadata;
    assert.deepEqual(document.dependencies, [{ref: component['bom-ref'], dependsOn: [...refs].sort()}]);
    assert.equal(component['bom-ref'], 'pkg:npm/ovdiag@1.2.3');
  });

  it('is the same for the same release', () => {
    assert.equal(make(86_400), make(86_400));
    assert.equal(document.metadata.timestamp, '1970-01-02T00:00:00.000Z');
    const uuid = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    assert.match(document.serialNumber, uuid);
    assert.notEqual(JSON.parse(make(0)).serialNumber, document.serialNumber);
  });
});
