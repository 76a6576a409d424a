/** The Debian package: the executable with what Debian's users expect beside it, and nothing that runs at installation. */
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {constants, gzipSync} from 'node:zlib';
import {type Project, root} from './project.js';

/** Debian's name of each processor. */
export const debArch = {x64: 'amd64', arm64: 'arm64'} as const;
export type Arch = keyof typeof debArch;

export interface DebSource {
  executable: string;
  arch: Arch;
  /** Node's licence, as its package has it. */
  nodeLicence: string;
  /** The embedded Node's version. */
  nodeVersion: string;
  /** `Name <address>`: who answers for the package. */
  maintainer: string;
}

export function debFile({version}: Project, arch: Arch): string {
  return `ovdiag_${version}_${debArch[arch]}.deb`;
}

/** Builds the package into `folder` and returns its path. The same sources and date give the same bytes. */
export async function buildDeb(
  project: Project,
  source: DebSource,
  folder: string,
  compression: 'xz' | 'none',
): Promise<string> {
  const output = path.join(folder, debFile(project, source.arch));
  const tree = await mkdtemp(path.join(tmpdir(), 'ovdiag-deb-'));
  try {
    await chmod(tree, 0o755);
    await fill(tree, project, source);
    await describe(tree, project, source);
    await mkdir(folder, {recursive: true});
    execFileSync('dpkg-deb', ['--root-owner-group', `-Z${compression}`, '--build', tree, output], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {...process.env, SOURCE_DATE_EPOCH: String(project.epoch)},
    });
  } finally {
    await rm(tree, {recursive: true, force: true});
  }
  return output;
}

async function fill(tree: string, project: Project, source: DebSource): Promise<void> {
  const put = (file: string, content: string | Buffer, mode = 0o644) => putFile(tree, file, content, mode);
  await mkdir(path.join(tree, 'usr/bin'), {recursive: true});
  await copyFile(source.executable, path.join(tree, 'usr/bin/ovdiag'));
  await chmod(path.join(tree, 'usr/bin/ovdiag'), 0o755);
  // For every user, as root alone can replace it: what `ovdiag plugin install` does elsewhere.
  const plugins = path.join(tree, 'usr/libexec/docker/cli-plugins');
  await mkdir(plugins, {recursive: true});
  await symlink('../../../bin/ovdiag', path.join(plugins, 'docker-ovdiag'));
  for (const page of await readdir(path.join(root, 'dist/man')))
    await put(`usr/share/man/man${page.slice(-1)}/${page}.gz`, zipped(await own(`dist/man/${page}`)));
  await put('usr/share/bash-completion/completions/ovdiag', await own('dist/complete/ovdiag.bash'));
  await put('usr/share/zsh/vendor-completions/_ovdiag', await own('dist/complete/ovdiag.zsh'));
  await put('usr/share/fish/vendor_completions.d/ovdiag.fish', await own('dist/complete/ovdiag.fish'));
  for (const schema of await readdir(path.join(root, 'schemas')))
    await put(`usr/share/ovdiag/schemas/${schema}`, await own(`schemas/${schema}`));
  await fillDocs(put, project, source);
}

type Put = (file: string, content: string | Buffer) => Promise<void>;

async function fillDocs(put: Put, project: Project, source: DebSource): Promise<void> {
  const doc = 'usr/share/doc/ovdiag';
  const pages = await readdir(path.join(root, 'docs'), {recursive: true});
  const papers = [
    'README.md',
    'SECURITY.md',
    ...pages.filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`),
  ];
  for (const file of papers) await put(`${doc}/${file}`, await own(file));
  await put(`${doc}/copyright`, copyright(await own('LICENSE'), source.nodeVersion));
  await put(`${doc}/bundled-licences.txt.gz`, zipped(await own('dist/licences.txt')));
  await put(`${doc}/nodejs-licences.txt.gz`, zipped(source.nodeLicence));
  await put(`${doc}/CHANGELOG.md.gz`, zipped(await own('CHANGELOG.md')));
  await put(`${doc}/changelog.gz`, zipped(debianChangelog(project, source.maintainer)));
  await put('usr/share/lintian/overrides/ovdiag', overrides(source.nodeVersion));
}

function own(file: string): Promise<string> {
  return readFile(path.join(root, file), 'utf8');
}

function zipped(content: string): Buffer {
  return gzipSync(content, {level: constants.Z_BEST_COMPRESSION});
}

async function putFile(tree: string, file: string, content: string | Buffer, mode: number): Promise<void> {
  const target = path.join(tree, file);
  await mkdir(path.dirname(target), {recursive: true});
  await writeFile(target, content);
  await chmod(target, mode);
}

function copyright(licence: string, nodeVersion: string): string {
  return `ovdiag

${licence.trim()}

/usr/bin/ovdiag also contains, under their own licences:

- Node.js ${nodeVersion}, unchanged but stripped, as the npm registry has it, with the
  libraries that it is built with: nodejs-licences.txt.gz
- the npm packages that the program uses: bundled-licences.txt.gz

Both files are in this directory.
`;
}

function debianChangelog({version, epoch}: Project, maintainer: string): string {
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  return `ovdiag (${version}) unstable; urgency=medium\n\n  * See CHANGELOG.md.gz.\n\n -- ${maintainer}  ${date}\n`;
}

function overrides(nodeVersion: string): string {
  return [
    `# /usr/bin/ovdiag is Node.js ${nodeVersion} with the program inside it (a single executable application). Node.js`,
    '# is built with its own copies of these libraries; docs/install.md says when it is raised.',
    'ovdiag: embedded-library *usr/bin/ovdiag*',
    '# Node.js is not built as a position independent executable.',
    'ovdiag: hardening-no-pie *usr/bin/ovdiag*',
    '',
  ].join('\n');
}

/** DEBIAN/: what dpkg reads. There are no maintainer scripts. */
async function describe(tree: string, project: Project, source: DebSource): Promise<void> {
  const files = (await readdir(tree, {recursive: true})).sort();
  const sums: string[] = [];
  let kilobytes = 0;
  for (const file of files) {
    const found = await lstat(path.join(tree, file));
    kilobytes += found.isFile() ? Math.ceil(found.size / 1024) : 1;
    if (!found.isFile()) continue;
    const sum = createHash('md5').update(await readFile(path.join(tree, file)));
    sums.push(`${sum.digest('hex')}  ${file}\n`);
  }
  await putFile(tree, 'DEBIAN/md5sums', sums.join(''), 0o644);
  await putFile(tree, 'DEBIAN/control', control(project, source, kilobytes), 0o644);
}

function control({version}: Project, {arch, maintainer}: DebSource, kilobytes: number): string {
  return `Package: ovdiag
Version: ${version}
Architecture: ${debArch[arch]}
Maintainer: ${maintainer}
Installed-Size: ${kilobytes}
Depends: libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 7)
Recommends: iproute2
Suggests: docker.io | docker-ce-cli | docker-cli, ethtool, iptables, iputils-ping, nftables, openssh-client, tcpdump
Section: net
Priority: optional
Description: network troubleshooting for Docker overlay networks
 ovdiag finds out why containers on a Docker overlay network can't reach each
 other. It reads the kernel tables and the Docker Engine of one or more hosts,
 locally, over ssh or from snapshot files, and shows which entries are missing
 or wrong, with the commands that fix them. It is read-only.
 .
 It is also a plugin of the docker client: docker ovdiag.
`;
}
