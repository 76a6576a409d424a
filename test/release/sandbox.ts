import {execa} from 'execa';

/**
 * A shell in a copy of this machine's root: what is written goes to memory and is gone with the shell. The folder of artefacts is
 * its working directory, where the lines of the README expect it.
 */
const boot = `
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root
for system in /dev /proc /sys; do mount --rbind $system /mnt/root$system; done
mount -t tmpfs tmpfs /mnt/root/tmp
mkdir /mnt/root/tmp/artefacts
mount --bind -o ro "$1" /mnt/root/tmp/artefacts
cd /mnt/root
pivot_root . mnt
umount -l /mnt
cd /tmp/artefacts
exec bash -euc "$2" </dev/null
`;

/** As root: runs a script there, without network, and returns what it prints. Throws where it fails. */
export async function inSandbox(artefacts: string, script: string): Promise<string> {
  const {stdout} = await execa('unshare', ['-m', '-n', 'sh', '-c', boot, 'boot', artefacts, script], {
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/root',
      LC_ALL: 'C.UTF-8',
      NO_COLOR: '1',
    },
    extendEnv: false,
    timeout: 600_000,
  });
  return stdout;
}
