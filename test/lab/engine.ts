import {mkdir, readFile, realpath, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {HopelessError} from './error.js';
import {run} from './exec.js';
import type {LabNames} from './names.js';
import {isAlive, type ProcessId} from './process.js';
import {spawnDetached} from './spawn.js';
import type {NodeSpec} from './topology.js';
import {until} from './wait.js';

/** The words in front of a command that is to run on a node, whose engine is this process. */
export function nodePrefix(engine: ProcessId): string[] {
  return ['nsenter', '-t', String(engine.pid), '-m', '-n', '-u', '--'];
}

/**
 * A node's own copies of files that it mustn't share with the machine. The accounts are made up: `operator` may
 * log in by key and has no rights, `guest` may not log in by key. No password is ever set.
 */
function nodeFiles(node: NodeSpec, all: readonly NodeSpec[]): Record<string, string> {
  return {
    hostname: `${node.name}\n`,
    hosts: ['127.0.0.1 localhost', ...all.map(({address, name}) => `${address} ${name}`), ''].join('\n'),
    // Nothing listens there, so each lookup is refused at once. With the machine's name server, which a node can't
    // reach, every service task would wait for a registry's name first.
    'resolv.conf': `nameserver ${node.gateway}\noptions timeout:1 attempts:1\n`,
    passwd: [
      'root:x:0:0:root:/root:/bin/sh',
      'sshd:x:101:65534::/run/sshd:/usr/sbin/nologin',
      'operator:x:1500:1500:may log in, has no rights:/tmp:/bin/sh',
      'guest:x:1501:1501:would need a password:/tmp:/bin/sh',
      'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
      '',
    ].join('\n'),
    shadow: [
      ...['root', 'sshd', 'operator', 'guest', 'nobody'].map((user) => `${user}:*:20000:0:99999:7:::`),
      '',
    ].join('\n'),
    group: ['root:x:0:', 'docker:x:1400:', 'operator:x:1500:', 'guest:x:1501:', 'nogroup:x:65534:', ''].join(
      '\n',
    ),
  };
}

/**
 * Runs as the first program in the node's fresh mount namespace and becomes dockerd. The engine then sees its usual
 * paths, all of them its own: /run (so /var/run too), /var/lib/docker and /etc/docker, which holds its identity.
 */
const bootScript = `
set -eu
node=$1 files=$2 tree=$3
shift 3
mount --make-rprivate /
# Copies of other labs' and engines' mounts would keep their namespaces alive as long as this node.
grep -E '^([^ ]+ ){4}/(run|var/lib/docker)/| - nsfs ' /proc/self/mountinfo |
  cut -d ' ' -f 5 | xargs -r umount -l 2>/dev/null || :
# The machine's root gives way to the tree's: whatever enters this mount namespace finds the tree's programs. What is
# written goes to the node's own layer, so two nodes can share a tree.
if [ -n "$tree" ]; then
  lab=\${files%/*} new=$files/root
  mkdir -p "$new" "$files/layer" "$files/work"
  mount -t overlay -o "lowerdir=$tree,upperdir=$files/layer,workdir=$files/work" overlay "$new"
  # Tests put their tools into /tmp.
  for shared in "$lab" /tmp; do
    mkdir -p "$new$shared"
    mount --bind "$shared" "$new$shared"
  done
  for system in /dev /proc /sys; do mount --rbind "$system" "$new$system"; done
  cd "$new"
  pivot_root . .
  umount -l .
  cd /
  mkdir -p /var/lib/docker /etc/docker
fi
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/docker/netns /run/sshd /run/lock
mount --bind "$files/docker" /var/lib/docker
mount --bind "$files/etc-docker" /etc/docker
# What lies in /run (a managed resolv.conf does) has just been covered and needs a place to be mounted on.
while [ $# -gt 0 ]; do
  mkdir -p "\${2%/*}"
  [ -e "$2" ] || : > "$2"
  mount --bind "$1" "$2"
  shift 2
done
hostname "$node"
exec dockerd
`;

/**
 * A new network namespace takes its IPv4 settings from the machine's first one, not from the one it was made in.
 * On a real host that is the engine's, where the engine has set ip_forward; here it is the machine's, which the lab
 * leaves alone. So each namespace the node's engine makes gets the setting just after its birth, and only then:
 * a test may change it afterwards. Numbers from 0xF0000000 on are namespaces, smaller ones plain files.
 *
 * It runs as long as the lab stands, so it starts programs only when the directory changes, and for six seconds more,
 * since a file is there before the namespace is mounted on it.
 */
const forwardingScript = `
files=/run/docker/netns seen=/run/forwarding.seen
mkfifo /run/forwarding.tick
exec 9<>/run/forwarding.tick
rm /run/forwarding.tick
known=' ' looks=20
while :; do
  read -rt 0.3 -u 9
  if [ ! -e "$seen" ] || [ "$files" -nt "$seen" ]; then
    touch -r "$files" "$seen"
    looks=20
  fi
  [ "$looks" -gt 0 ] || continue
  looks=$((looks - 1)) present=' '
  while read -r inode file; do
    [ "\${inode:-0}" -ge 4026531840 ] || continue
    # The number of a namespace that is gone goes to the next.
    case $known in
      *" $inode:$file "*) ;;
      *) nsenter --net="$file" sysctl -qw net.ipv4.ip_forward=1 || continue ;;
    esac
    present="$present$inode:$file "
  done <<EOF
$(stat -c '%i %n' "$files"/* 2>/dev/null)
EOF
  known=$present
done
`;

export interface Engine {
  readonly dockerd: ProcessId;
  readonly forwarding: ProcessId;
}

function logFile(names: LabNames, node: string): string {
  return path.join(names.nodeDirectory(node), 'dockerd.log');
}

/** What an engine says about a kernel without IPVS, for each namespace anew. */
const noise = /net\.ipv4\.vs\.|level=info/;

/** The end of a node's engine log, without what is always there, for error messages. */
export async function logTail(names: LabNames, node: string): Promise<string> {
  const text = await readFile(logFile(names, node), 'utf8').catch(() => '(no log)');
  const lines = text.split('\n').filter((line) => line !== '' && !noise.test(line));
  return [`the last lines of dockerd's log on ${node}:`, ...lines.slice(-12)].join('\n  ');
}

/** Starts one node's engine, and waits until it answers. */
export async function startEngine(
  names: LabNames,
  node: NodeSpec,
  all: readonly NodeSpec[],
  root?: string,
): Promise<Engine> {
  const directory = names.nodeDirectory(node.name);
  for (const folder of ['docker', 'etc-docker', 'etc'])
    await mkdir(path.join(directory, folder), {recursive: true});
  // Mount points must exist before anything can be mounted there. Where docker was never started they don't.
  for (const folder of ['/var/lib/docker', '/etc/docker']) await mkdir(folder, {recursive: true});
  // The other cgroup driver asks systemd, which isn't to be found on a node.
  await writeFile(
    path.join(directory, 'etc-docker', 'daemon.json'),
    '{"exec-opts": ["native.cgroupdriver=cgroupfs"]}\n',
  );

  const mounts: string[] = [];
  for (const [file, text] of Object.entries(nodeFiles(node, all))) {
    const source = path.join(directory, 'etc', file);
    await writeFile(source, text, {mode: file === 'shadow' ? 0o600 : 0o644});
    const target = `/etc/${file}`;
    mounts.push(source, root === undefined ? await realpath(target).catch(() => target) : target);
  }
  const netns = `--net=${names.netnsFile(node.name)}`;
  const boot = ['sh', '-c', bootScript, 'boot', node.name, directory, root ?? '', ...mounts];
  const dockerd = await spawnDetached(
    ['nsenter', netns, 'unshare', '-m', '-u', ...boot],
    logFile(names, node.name),
  );

  const explain = () => logTail(names, node.name);
  await until({what: `the engine of ${node.name}`, explain}, async () => {
    if (!(await isAlive(dockerd))) throw new HopelessError('dockerd has ended');
    const {exitCode} = await run([...nodePrefix(dockerd), 'docker', 'version'], {
      reject: false,
    });
    return exitCode === 0 ? true : undefined;
  });
  const forwarding = await spawnDetached(
    [...nodePrefix(dockerd), 'bash', '-c', forwardingScript],
    path.join(directory, 'forwarding.log'),
  );
  return {dockerd, forwarding};
}
