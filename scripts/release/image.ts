/**
 * The image: the executable and the programs that it starts, nothing else. It is one layer, put together without an engine, as an OCI
 * layout that `docker load` takes too (image-spec image-layout.md; the manifest.json of `docker save` beside it).
 */
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {gzipSync} from 'node:zlib';
import {type Project, root} from './project.js';

/** Beside those of the collector: names of the engine, captures, probes. */
const morePrograms = ['curl', 'tcpdump', 'ping'];

export const imageFile = 'ovdiag-image-linux-x64.tar';

export interface ImageSource {
  executable: string;
  /** Node's licence, as its package has it. */
  nodeLicence: string;
  /** Tree of the Debian system whose programs are taken; undefined: this machine's own. */
  tree: string | undefined;
  /** How hard the layer is compressed, 1 to 9. */
  level: number;
}

/** Sizes in bytes, unpacked: what the image weighs on a host, and how much of it the executable and its tools are. */
export interface ImageSizes {
  layer: number;
  executable: number;
  tools: number;
}

/** Builds the image into `folder`. */
export function buildImage(project: Project, source: ImageSource, folder: string): ImageSizes {
  const work = mkdtempSync(path.join(tmpdir(), 'ovdiag-image-'));
  try {
    const content = path.join(work, 'content');
    gather(source, work, content);
    const tools = sizeOf(content) - statSync(source.executable).size;
    const licences = {
      'ovdiag.txt': readFileSync(path.join(root, 'LICENSE')),
      'nodejs.txt': source.nodeLicence,
    };
    const bundled = readFileSync(path.join(root, 'dist/licences.txt'));
    for (const [file, text] of Object.entries({...licences, 'bundled.txt': bundled}))
      writeFileSync(path.join(content, 'licences', file), text);
    writeFileSync(path.join(content, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n');
    const layer = path.join(work, 'layer.tar');
    archive(content, layer, project.epoch);
    const layout = path.join(work, 'layout');
    writeLayout(layout, readFileSync(layer), project, source.level);
    mkdirSync(folder, {recursive: true});
    archive(layout, path.join(folder, imageFile), project.epoch);
    return {layer: statSync(layer).size, executable: statSync(source.executable).size, tools};
  } finally {
    rmSync(work, {recursive: true, force: true});
  }
}

/** The executable is gathered like the other programs, with the libraries that it loads. */
function gather({executable, tree}: ImageSource, work: string, content: string): void {
  const script = path.join(root, 'docker/collector/gather.sh');
  const stdio = ['pipe', 'ignore', 'inherit'] as ['pipe', 'ignore', 'inherit'];
  const place = tree === undefined ? work : mkdtempSync(path.join(tree, 'tmp/ovdiag-'));
  try {
    copyFileSync(executable, path.join(place, 'ovdiag'));
    chmodSync(path.join(place, 'ovdiag'), 0o755);
    if (tree === undefined) {
      execFileSync('sh', [script, content, ...morePrograms, path.join(place, 'ovdiag')], {stdio});
      return;
    }
    const inside = path.join('/tmp', path.basename(place));
    const words = [tree, 'sh', '-s', '--', `${inside}/content`, ...morePrograms, `${inside}/ovdiag`];
    execFileSync('chroot', words, {input: readFileSync(script), stdio});
    execFileSync('cp', ['-a', path.join(place, 'content'), content]);
  } finally {
    if (tree !== undefined) rmSync(place, {recursive: true, force: true});
  }
}

function sizeOf(folder: string): number {
  const kilobytes = execFileSync('du', ['-sk', '--apparent-size', folder], {encoding: 'utf8'});
  return Number.parseInt(kilobytes, 10) * 1024;
}

/** The same files and date give the same bytes. */
function archive(folder: string, file: string, epoch: number): void {
  const same = [
    '--sort=name',
    `--mtime=@${epoch}`,
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--format=gnu',
  ];
  execFileSync('tar', [...same, '-C', folder, '-cf', file, '.']);
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

function writeLayout(folder: string, layer: Buffer, project: Project, level: number): void {
  const blobs = 'blobs/sha256';
  mkdirSync(path.join(folder, blobs), {recursive: true});
  const add = (mediaType: string, content: Buffer): Descriptor => {
    const digest = sha256(content);
    writeFileSync(path.join(folder, blobs, digest), content);
    return {mediaType, digest: `sha256:${digest}`, size: content.length};
  };
  const addJson = (mediaType: string, value: unknown) => add(mediaType, Buffer.from(JSON.stringify(value)));
  const type = (name: string) => `application/vnd.oci.image.${name}`;
  const zipped = add(type('layer.v1.tar+gzip'), gzipSync(layer, {level}));
  const config = addJson(type('config.v1+json'), imageConfig(project, `sha256:${sha256(layer)}`));
  const manifest = addJson(type('manifest.v1+json'), {
    schemaVersion: 2,
    mediaType: type('manifest.v1+json'),
    config,
    layers: [zipped],
  });
  const names = [`ovdiag:${project.version}`, 'ovdiag:latest'];
  const annotated = names.map((name) => ({
    ...manifest,
    annotations: {
      'io.containerd.image.name': `docker.io/library/${name}`,
      'org.opencontainers.image.ref.name': project.version,
    },
  }));
  const put = (file: string, value: unknown) => writeFileSync(path.join(folder, file), JSON.stringify(value));
  put('oci-layout', {imageLayoutVersion: '1.0.0'});
  put('index.json', {schemaVersion: 2, mediaType: type('index.v1+json'), manifests: annotated});
  const blob = ({digest}: Descriptor) => `${blobs}/${digest.slice('sha256:'.length)}`;
  put('manifest.json', [{Config: blob(config), RepoTags: names, Layers: [blob(zipped)]}]);
}

function imageConfig({version, epoch}: Project, diffId: string): unknown {
  const created = new Date(epoch * 1000).toISOString();
  const label = 'org.opencontainers.image';
  return {
    created,
    architecture: 'amd64',
    os: 'linux',
    config: {
      // Only root can enter network namespaces: the rights that --cap-add gives are root's in the container.
      User: '0:0',
      Env: ['PATH=/bin', 'HOME=/'],
      Entrypoint: ['/bin/ovdiag'],
      Labels: {
        [`${label}.title`]: 'ovdiag',
        [`${label}.description`]: 'Network inspection and troubleshooting for Docker overlay networks',
        [`${label}.version`]: version,
        [`${label}.created`]: created,
        [`${label}.licenses`]: 'MIT',
      },
    },
    rootfs: {type: 'layers', diff_ids: [diffId]},
    history: [{created, created_by: 'scripts/release/image.ts'}],
  };
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
