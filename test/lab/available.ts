import {closeSync, openSync, readSync, statSync} from 'node:fs';
import path from 'node:path';

/** Debian's package for each program the lab starts on the machine itself. */
const programs: Readonly<Record<string, string>> = {
  dockerd: 'docker.io',
  containerd: 'containerd',
  docker: 'docker.io',
  bash: 'bash',
  busybox: 'busybox-static',
  iptables: 'iptables',
  ip: 'iproute2',
  bridge: 'iproute2',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  flock: 'util-linux',
  sysctl: 'procps',
  tar: 'tar',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  sshd: 'openssh-server',
};

/** The file a program's name stands for, as the shell would find it. */
function locate(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':').filter(Boolean);
  return folders
    .map((folder) => path.join(folder, program))
    .find((file) => statSync(file, {throwIfNoEntry: false})?.isFile());
}

/** A program that needs libraries can't run in the image, which holds nothing else. */
function isStatic(file: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const head = Buffer.alloc(4096);
    readSync(handle, head);
    // The loader's path stands right behind the program headers.
    return !head.includes('/lib64/ld-') && !head.includes('/lib/ld-');
  } finally {
    closeSync(handle);
  }
}

/** Why the lab can't run here, in words for a test summary; undefined where it can. */
export function labUnavailable(): string | undefined {
  if (process.platform !== 'linux') return `network namespaces need Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'it needs root';
  const missing = Object.entries(programs).filter(([program]) => locate(program) === undefined);
  if (missing.length > 0) {
    const names = missing.map(([program]) => program).join(', ');
    const packages = [...new Set(missing.map(([, name]) => name))].join(' ');
    return `missing ${names} (Debian: apt-get install ${packages})`;
  }
  const busybox = locate('busybox');
  if (busybox !== undefined && !isStatic(busybox))
    return 'busybox is not the static one (Debian: busybox-static)';
  return undefined;
}
