import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {gunzipSync} from 'node:zlib';
import {buildImage, type ImageSizes, imageFile} from '../../scripts/release/image.js';

const project = {version: '1.2.3', epoch: 1_700_000_000};
const missing = ['curl', 'tcpdump', 'ping', 'nft', 'ethtool', 'iptables-nft-save'].filter(
  (program) =>
    !['/bin', '/usr/bin', '/sbin', '/usr/sbin'].some((folder) => existsSync(`${folder}/${program}`)),
);

interface Descriptor {
  digest: string;
  size: number;
}

const skip = missing.length === 0 ? false : `missing: ${missing.join(', ')}`;

describe('the image', {skip}, () => {
  let folder = '';
  let layout = '';
  let sizes: ImageSizes;
  const source = {executable: '/bin/true', nodeLicence: 'licence of Node.js\n', tree: undefined, level: 1};
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-image-test-'));
    sizes = buildImage(project, source, folder);
    layout = path.join(folder, 'layout');
    execFileSync('mkdir', [layout]);
    execFileSync('tar', ['-C', layout, '-xf', path.join(folder, imageFile)]);
  });
  after(() => rmSync(folder, {recursive: true, force: true}));

  const json = <T>(file: string) => JSON.parse(readFileSync(path.join(layout, file), 'utf8')) as T;
  const blob = (digest: string) => `blobs/sha256/${digest.replace('sha256:', '')}`;
  const sum = (content: Buffer) => createHash('sha256').update(content).digest('hex');
  const manifest = () => {
    const {manifests} = json<{manifests: Descriptor[]}>('index.json');
    return json<{config: Descriptor; layers: Descriptor[]}>(blob(manifests[0]?.digest ?? ''));
  };
  const layer = () => readFileSync(path.join(layout, blob(manifest().layers[0]?.digest ?? '')));

  it('is an OCI layout whose blobs have the digests that name them', () => {
    assert.deepEqual(json('oci-layout'), {imageLayoutVersion: '1.0.0'});
    const blobs = readdirSync(path.join(layout, 'blobs/sha256'));
    assert.equal(blobs.length, 3);
    for (const name of blobs) assert.equal(sum(readFileSync(path.join(layout, 'blobs/sha256', name))), name);
    const {config, layers} = manifest();
    for (const {digest, size} of [config, ...layers])
      assert.equal(readFileSync(path.join(layout, blob(digest))).length, size);
  });

  it('is what docker load takes as well', () => {
    const [entry] = json<{Config: string; RepoTags: string[]; Layers: string[]}[]>('manifest.json');
    assert.deepEqual(entry?.RepoTags, ['ovdiag:1.2.3', 'ovdiag:latest']);
    assert.equal(entry?.Config, blob(manifest().config.digest));
    assert.deepEqual(
      entry?.Layers,
      manifest().layers.map(({digest}) => blob(digest)),
    );
  });

  it('has labels, runs ovdiag as root, and names its layer unpacked', () => {
    const {config, rootfs, architecture} = json<{
      architecture: string;
      config: {User: string; Entrypoint: string[]; Labels: Record<string, string>};
      rootfs: {diff_ids: string[]};
    }>(blob(manifest().config.digest));
    assert.equal(architecture, 'amd64');
    assert.equal(config.User, '0:0');
    assert.deepEqual(config.Entrypoint, ['/bin/ovdiag']);
    assert.equal(config.Labels['org.opencontainers.image.version'], '1.2.3');
    assert.deepEqual(rootfs.diff_ids, [`sha256:${sum(gunzipSync(layer()))}`]);
  });

  it('contains the programs, with what Debian says of their copyright, and little else', () => {
    const files = execFileSync('tar', ['-t'], {input: gunzipSync(layer()), encoding: 'utf8'}).split('\n');
    for (const file of [
      'bin/ovdiag',
      'bin/nsenter',
      'bin/curl',
      'bin/tcpdump',
      'licences/iproute2',
      'licences/nodejs.txt',
    ])
      assert.ok(files.includes(`./${file}`), file);
    assert.ok(sizes.layer <= 1.2 * (sizes.executable + sizes.tools), JSON.stringify(sizes));
  });

  it('is the same for the same files and date', () => {
    const again = path.join(folder, 'again');
    buildImage(project, source, again);
    assert.ok(readFileSync(path.join(again, imageFile)).equals(readFileSync(path.join(folder, imageFile))));
  });
});
