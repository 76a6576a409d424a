/** What a file of the namespace directory is, before anything inside it was read. */
export type NamespaceState =
  | 'live'
  /** A plain file of the last minute: normal on engines up to 27, which unmount at once and unlink within 60 s. */
  | 'torn-down'
  /** A plain file that nothing will clean up. */
  | 'dead'
  /** Plain as we see it, a live namespace as dockerd sees it: dockerd has another mount namespace. */
  | 'other-mount'
  /** It was listed and had vanished when it was to be read. */
  | 'gone'
  /** Not a name that Docker makes. */
  | 'foreign'
  | 'unreadable';

export interface NamespaceFile {
  file: string;
  state: NamespaceState;
  /** Inode of the network namespace; of live ones only. */
  inode?: number;
  /** Seconds since the epoch when the file was made. */
  madeAt?: number;
}

/** Seconds within which engines up to 27 unlink the file of a namespace that is gone (moby osl/namespace_linux.go). */
const tearDownSeconds = 65;

/**
 * Reads the listing of the namespace directory: `%D %i %a %s %Y %n` of stat, its first row that of
 * /proc/self/ns/net. A file is a namespace where its device is the same as that one's (nsfs).
 *
 * @param here the same directory as the caller's own mount table shows it, where that differs from dockerd's
 * @param now the host's clock, seconds since the epoch
 */
export function parseNamespaceFiles(
  listing: string,
  here: string | undefined,
  now: number | undefined,
): NamespaceFile[] {
  const rows = statRows(listing);
  const own = rows.find(({path}) => path === '/proc/self/ns/net');
  const seenHere = new Map(statRows(here ?? '').map((row) => [basename(row.path), row]));
  return rows
    .filter(({path}) => !path.startsWith('/proc/') || path.includes('/netns/'))
    .map(({path, device, inode, madeAt}): NamespaceFile => {
      const file = basename(path);
      if (!isDockerName(file)) return {file, state: 'foreign'};
      if (own !== undefined && device === own.device) {
        const ours = seenHere.get(file);
        const hidden = here !== undefined && ours?.device !== own.device;
        return {file, state: hidden ? 'other-mount' : 'live', inode, madeAt};
      }
      const fresh = now !== undefined && now - madeAt < tearDownSeconds;
      return {file, state: fresh ? 'torn-down' : 'dead', madeAt};
    })
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

interface StatRow {
  device: string;
  inode: number;
  madeAt: number;
  path: string;
}

function statRows(listing: string): StatRow[] {
  return listing.split('\n').flatMap((line) => {
    const match = /^([0-9a-f]{1,16}) (\d{1,20}) [0-7]{1,5} \d{1,20} (-?\d{1,15}) (.+)$/.exec(line);
    if (!match) return [];
    const [, device = '', inode, madeAt, path = ''] = match;
    return [{device, inode: Number(inode), madeAt: Number(madeAt), path}];
  });
}

/** `N-` + network id, `lb_` + network id, `ingress_sbox`, `default`, or 12 hexadecimal digits (moby osl GenerateKey, 12 characters at most). */
export function isDockerName(file: string): boolean {
  return /^(\d{1,6}-[0-9a-z]{1,25}|lb_[0-9a-z]{1,25}|ingress_sbox|default|[0-9a-f]{12})$/.test(file);
}

function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
