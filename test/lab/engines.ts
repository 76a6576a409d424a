/** Other engines for the lab: trees of Debian releases, made once with debootstrap and kept outside the checkout. */
import {existsSync} from 'node:fs';
import {mkdtemp, rename, rm} from 'node:fs/promises';
import path from 'node:path';
import {LabError} from './error.js';
import {run} from './exec.js';
import {cacheDirectory} from './full/cache.js';
import {debianMirrors} from './full/source.js';
import {defaultLabRoot} from './names.js';

/** The release of Debian whose docker.io an engine is; the one of testing moves on. */
export const releases: Readonly<Record<string, string>> = {
  '20.10': 'bookworm',
  '26.1': 'trixie',
  '28.5': 'testing',
};

/** What the nodes and the tests run from a tree; from Debian 13 on the client is a package of its own. */
const packages = [
  ...['docker.io', 'iproute2', 'iptables', 'nftables', 'procps', 'ipvsadm', 'ethtool', 'tcpdump'],
  ...['openssh-server', 'curl', 'iputils-ping', 'sudo', 'strace'],
];

/** A slow mirror needs most of it. */
const treePatience = 1_800_000;

/** Packages by the tree's own apt, with the machine's name servers, which are not left behind. */
const addPackages = `
set -eu
tree=$1
shift
mount -t proc proc "$tree/proc"
cp "$tree/etc/resolv.conf" "$tree/etc/resolv.conf.kept" 2>/dev/null || :
rm -f "$tree/etc/resolv.conf"
cp /etc/resolv.conf "$tree/etc/resolv.conf"
export DEBIAN_FRONTEND=noninteractive
# A mirror may stand still; debootstrap took from it as well.
chroot "$tree" apt-get -q -o Acquire::Check-Valid-Until=false update
chroot "$tree" apt-get -q -y --no-install-recommends install "$@"
rm "$tree/etc/resolv.conf"
mv "$tree/etc/resolv.conf.kept" "$tree/etc/resolv.conf" 2>/dev/null || :
`;

/**
 * The root file system of an engine, made where it is not kept yet: some minutes, and 400 MB.
 *
 * @throws LabError where the engine is none of those, or Debian's archive can't be reached
 */
function engineTree(engine: string, progress: (step: string) => void): Promise<string> {
  const release = releases[engine];
  if (release === undefined)
    throw new LabError(`no engine ${engine}: there are ${Object.keys(releases).join(', ')}`);
  return debianTree(release, {name: release, more: []}, progress);
}

/**
 * A tree of a Debian release with an engine and its client, made by debootstrap where it is not kept yet.
 *
 * @param name of the tree, where it is kept
 * @param more packages beside the engine and what a lab's node needs
 * @throws LabError where Debian's archive can't be reached
 */
export async function debianTree(
  release: string,
  {name, more}: {name: string; more: readonly string[]},
  progress: (step: string) => void,
): Promise<string> {
  const parent = await cacheDirectory('trees');
  const tree = path.join(parent, name);
  if (existsSync(tree)) return tree;
  const format = '$(REPO_URI) $(CODENAME) $(ORIGIN)';
  const [mirror] = debianMirrors((await run(['apt-get', 'indextargets', '--format', format])).stdout);
  if (mirror === undefined) throw new LabError("apt's settings name no mirror of Debian's archive");
  progress(`making a tree of Debian ${release}: some minutes, kept in ${parent}`);
  const draft = await mkdtemp(path.join(parent, 'new-'));
  const client = release === 'bookworm' ? [] : ['docker-cli'];
  const include = [...packages, ...client].join(',');
  try {
    const debootstrap = ['debootstrap', '--variant=minbase', `--include=${include}`, release, draft, mirror];
    await run(debootstrap, {timeout: treePatience});
    // debootstrap knows neither versioned dependencies nor provided packages.
    if (more.length > 0)
      await run(['unshare', '-m', 'sh', '-c', addPackages, 'add', draft, ...more], {timeout: treePatience});
    // What was fetched for it is a third of it.
    await rm(path.join(draft, 'var/cache/apt/archives'), {recursive: true, force: true});
    await run(['chmod', '755', draft]);
    await rename(draft, tree);
  } catch (error) {
    await rm(draft, {recursive: true, force: true});
    throw error;
  }
  return tree;
}

/** Has this process and those that it starts use the engine that OVDIAG_LAB_ENGINE names, unless a tree is named itself. */
export async function chooseEngine(progress: (step: string) => void): Promise<void> {
  const engine = process.env['OVDIAG_LAB_ENGINE'];
  if (!engine || defaultLabRoot() !== undefined) return;
  process.env['OVDIAG_LAB_ROOT'] = await engineTree(engine, progress);
}
