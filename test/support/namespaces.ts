import {execFile, execFileSync} from 'node:child_process';
import {mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {promisify} from 'node:util';

/** Folders of namespace files as an engine has them, made for one test; a dead run's are removed by the next one. */
const root = '/run/ovdiag-test-netns';

export interface NamespaceFolder {
  readonly folder: string;
  readonly file: (name: string) => string;
  /** A new network namespace behind a file, set up by lines for `ip -batch` and `bridge -batch`. */
  add(name: string, ip?: readonly string[], bridge?: readonly string[]): Promise<void>;
  remove(): void;
}

/** Needs root. The folder's name holds our pid and its start time, by which a later run sees that we are gone. */
export function namespaceFolder(label: string): NamespaceFolder {
  removeDead();
  const folder = path.join(root, `${process.pid}-${startTime(process.pid) ?? 0}-${label}`);
  mkdirSync(folder, {recursive: true});
  const file = (name: string) => path.join(folder, name);
  return {
    folder,
    file,
    async add(name, ip = [], bridge = []) {
      writeFileSync(file(name), '');
      const script = 'printf "%s\\n" "$1" | ip -batch - && printf "%s\\n" "$2" | bridge -batch -';
      await promisify(execFile)(
        'unshare',
        [`--net=${file(name)}`, 'sh', '-c', script, 'setup', ip.join('\n'), bridge.join('\n')],
        {timeout: 600_000},
      );
    },
    remove: () => removeFolder(folder),
  };
}

/** What Docker makes for an overlay network, smaller: a bridge, a vxlan device, two endpoints, ten remote ones. */
export function overlayLike(number: number): {ip: string[]; bridge: string[]} {
  const remote = Array.from({length: 10}, (_, index) => index + 10);
  const mac = (host: number) =>
    `02:42:0a:${(number >> 8).toString(16)}:${(number & 255).toString(16)}:${host.toString(16)}`;
  const network = `10.${number >> 8}.${number & 255}`;
  return {
    ip: [
      'link set lo up',
      'link add br0 type bridge',
      `addr add ${network}.1/24 dev br0`,
      `link add vxlan0 type vxlan id ${4096 + number} dstport 4789 proxy l2miss l3miss`,
      'link add veth0 type veth peer name peer0',
      'link add veth1 type veth peer name peer1',
      ...['vxlan0', 'veth0', 'veth1'].map((name) => `link set ${name} mtu 1450 master br0 up`),
      'link set br0 up',
      ...remote.map((host) => `neigh add ${network}.${host} lladdr ${mac(host)} dev vxlan0 nud permanent`),
    ],
    bridge: remote.map((host) => `fdb add ${mac(host)} dev vxlan0 dst 192.168.1.${host} self permanent`),
  };
}

function removeDead(): void {
  let names: string[];
  try {
    names = readdirSync(root);
  } catch {
    return;
  }
  for (const name of names) {
    const [pid = '', start = ''] = name.split('-');
    if (startTime(Number(pid)) !== start) removeFolder(path.join(root, name));
  }
}

function removeFolder(folder: string): void {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, code: string) =>
        String.fromCharCode(Number.parseInt(code, 8)),
      ),
    )
    .filter((point) => point.startsWith(`${folder}/`));
  for (const point of mounts.reverse()) execFileSync('umount', ['-l', '--', point]);
  rmSync(folder, {recursive: true, force: true});
}

/** Field 22 of /proc/PID/stat: a pid alone may be another process by then. */
function startTime(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return;
  }
}

/** Why namespaces can't be made here, for a test's `skip`. */
export function namespacesUnavailable(): string | false {
  if (process.platform !== 'linux') return `network namespaces need Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'making network namespaces needs root';
  return false;
}
