/**
 * Makes the artefacts of a release in build/, with their checksums: `node --import tsx scripts/release.ts [--quick]`, after
 * `npm ci && npm run build`. --quick is for tests: x64 only, hardly compressed, the image with this machine's programs.
 * Without it the image takes the programs of a tree of Debian 12, for which it needs root and debootstrap.
 */
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {debianTree} from '../test/lab/engines.js';
import {type Arch, buildDeb} from './release/deb.js';
import {buildImage, type ImageSizes, imageFile} from './release/image.js';
import {type Project, readProject, releaseNotes, root} from './release/project.js';
import {bundledPackages, type EmbeddedNode, sbom} from './release/sbom.js';

const {values} = parseArgs({options: {quick: {type: 'boolean'}}});
const quick = values.quick === true;
const folder = path.join(root, 'build');
process.chdir(root);

interface Embedded extends EmbeddedNode {
  licence: string;
}

const project = await readProject();
const notes = releaseNotes(readFileSync('CHANGELOG.md', 'utf8'), project.version);
if (!existsSync('dist/licences.txt')) throw new Error('dist/ is missing: npm run build');
// Nothing of an earlier release is summed up with this one.
rmSync(folder, {recursive: true, force: true});
mkdirSync(folder, {recursive: true});
write('release-notes.md', notes);
packNpm();
packManual(project);
const arches: Arch[] = quick ? ['x64'] : ['x64', 'arm64'];
for (const arch of arches) await executableAndDeb(project, arch);
await image(project);
const bundled = bundledPackages(readFileSync('dist/licences.txt', 'utf8'));
write(`ovdiag-${project.version}.cdx.json`, sbom(project, bundled, embedded('x64')));
sums();

function write(file: string, text: string): void {
  writeFileSync(path.join(folder, file), text);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function packNpm(): void {
  // dist/ is there; prepack would build it again.
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
  say(execFileSync('npm', args, {encoding: 'utf8'}).trim());
}

/** In the folders of a man directory, as /usr/local/share/man is. */
function packManual({version, epoch}: Project): void {
  const work = mkdtempSync(path.join(tmpdir(), 'ovdiag-man-'));
  try {
    for (const page of readdirSync('dist/man')) {
      const section = path.join(work, `man${page.slice(-1)}`);
      mkdirSync(section, {recursive: true});
      copyFileSync(path.join('dist/man', page), path.join(section, page));
    }
    const file = path.join(folder, `ovdiag-${version}-man.tar.gz`);
    const same = ['--sort=name', `--mtime=@${epoch}`, '--owner=0', '--group=0', '--numeric-owner'];
    const sections = readdirSync(work).sort();
    execFileSync('tar', [...same, '-C', work, '--use-compress-program=gzip -9n', '-cf', file, ...sections]);
  } finally {
    rmSync(work, {recursive: true, force: true});
  }
}

async function executableAndDeb(of: Project, arch: Arch): Promise<void> {
  const executable = path.join(folder, `ovdiag-linux-${arch}`);
  execFileSync(process.execPath, ['--import', 'tsx', 'scripts/executable.ts', arch, executable], {
    stdio: 'inherit',
  });
  const {version, licence} = embedded(arch);
  const maintainer = `${process.env['DEBFULLNAME'] || 'The ovdiag authors'} <${process.env['DEBEMAIL'] || 'ovdiag@packages.invalid'}>`;
  const source = {executable, arch, nodeLicence: licence, nodeVersion: version, maintainer};
  const deb = await buildDeb(of, source, folder, quick ? 'none' : 'xz');
  say(deb);
  if (quick) return;
  execFileSync('lintian', ['--allow-root', '--fail-on', 'error', deb], {
    stdio: ['ignore', 'inherit', 'ignore'],
  });
}

/** What scripts/executable.ts says of the Node.js in it. */
function embedded(arch: Arch): Embedded {
  return JSON.parse(readFileSync(path.join(folder, `ovdiag-linux-${arch}.node.json`), 'utf8')) as Embedded;
}

async function image(of: Project): Promise<void> {
  const tree = quick ? undefined : await debianTree('bookworm', {name: 'bookworm', more: []}, say);
  const source = {
    executable: path.join(folder, 'ovdiag-linux-x64'),
    nodeLicence: embedded('x64').licence,
    tree,
    level: quick ? 1 : 9,
  };
  const sizes = buildImage(of, source, folder);
  say(`${path.join(folder, imageFile)}: ${shares(sizes)}`);
}

function shares({layer, executable, tools}: ImageSizes): string {
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  const ratio = (layer / (executable + tools)).toFixed(3);
  return `unpacked ${mb(layer)}, ${ratio} of the executable (${mb(executable)}) and its tools (${mb(tools)})`;
}

/** Of everything that is published, in the form of sha256sum. */
function sums(): void {
  for (const arch of arches) rmSync(path.join(folder, `ovdiag-linux-${arch}.node.json`));
  const lines = readdirSync(folder)
    .sort()
    .map(
      (file) =>
        `${createHash('sha256')
          .update(readFileSync(path.join(folder, file)))
          .digest('hex')}  ${file}\n`,
    );
  write('SHA256SUMS', lines.join(''));
  say(lines.join(''));
}
