import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';

/** One system call as strace wrote it. */
export interface SystemCall {
  /** The thread that made it. */
  tid: number;
  name: string;
  /** Arguments as written, without the outer parentheses. */
  args: string;
  /** What stands behind `= `; empty where the thread never came back. */
  result: string;
}

/**
 * One listing a thread, `FILE.TID`: calls never mix, also where several straces write to one place, because ovdiag
 * starts more than one shell and each may get a strace of its own.
 * Strings are long enough for every argument that is checked; the reader's text, an argument too, is checked by its beginning.
 */
export const straceOptions = (file: string): string[] => [
  '-ff',
  '-qq',
  '-s',
  '400',
  '-e',
  'signal=none',
  '-e',
  `trace=${[
    'execve,execveat,clone,clone3,fork,vfork,kill,tgkill,tkill,pidfd_send_signal',
    'open,openat,openat2,creat,truncate,ftruncate,fallocate,mkdir,mkdirat,rmdir,mknod,mknodat,unlink,unlinkat',
    'rename,renameat,renameat2,link,linkat,symlink,symlinkat,chmod,fchmod,fchmodat,chown,fchown,fchownat,lchown',
    'utime,utimes,utimensat,futimesat,setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr',
    'mount,umount2,move_mount,fsopen,fsmount,open_tree,mount_setattr,pivot_root,chroot,unshare,setns',
    'init_module,finit_module,delete_module,sethostname,setdomainname,settimeofday,clock_settime,reboot,swapon',
    'bpf,perf_event_open,quotactl,ptrace,process_vm_writev,add_key,keyctl,iopl,ioperm',
    'socket,connect,bind,listen,setsockopt,sendto,sendmsg,sendmmsg,write,writev,pwrite64,ioctl,dup,dup2,dup3,fcntl,close',
  ].join(',')}`,
  '-o',
  file,
];

/** Reads all listings that `straceOptions(file)` has led to. */
export async function readStrace(file: string): Promise<SystemCall[]> {
  const [folder, base] = [path.dirname(file), `${path.basename(file)}.`];
  const names = (await readdir(folder)).filter((name) => name.startsWith(base)).sort();
  const listings = await Promise.all(
    names.map(async (name) =>
      parseStrace(await readFile(path.join(folder, name), 'latin1'), Number(name.slice(base.length))),
    ),
  );
  return listings.flat();
}

/** Takes one thread's listing apart. Lines that are no call (an exit, a signal) are passed over. */
export function parseStrace(text: string, tid: number): SystemCall[] {
  return text.split('\n').flatMap((line) => {
    const [, name = '', tail = ''] = /^(\w+)\((.*)$/.exec(line) ?? [];
    return name === '' ? [] : [{tid, name, ...split(tail)}];
  });
}

function split(tail: string): {args: string; result: string} {
  const end = tail.lastIndexOf(') ');
  const equals = end < 0 ? -1 : tail.indexOf('= ', end);
  if (end < 0 || equals < 0) return {args: tail, result: ''};
  return {args: tail.slice(0, end), result: tail.slice(equals + 2)};
}

/** The first string among the arguments, unquoted: a path or a payload. */
export function firstString(args: string): string | undefined {
  const match = /"((?:[^"\\]|\\.)*)"/.exec(args);
  return match ? unescapeText(match[1] ?? '') : undefined;
}

/** The argument vector of an execve; strings that strace has cut end in `…`. */
export function argumentVector(args: string): string[] {
  const list = /\[(.*)\], /s.exec(args)?.[1] ?? '';
  return [...list.matchAll(/"((?:[^"\\]|\\.)*)"(\.\.\.)?/g)].map(
    ([, text = '', cut]) => unescapeText(text) + (cut ? '…' : ''),
  );
}

const escapes: Record<string, string> = {n: '\n', t: '\t', r: '\r', v: '\v', f: '\f', '"': '"', '\\': '\\'};

function unescapeText(text: string): string {
  return text.replace(/\\([0-7]{1,3}|x[0-9a-f]{2}|.)/g, (_, code: string) => {
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
    if (/^x/.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return escapes[code] ?? code;
  });
}
