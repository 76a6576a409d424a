import {spawnSync} from 'node:child_process';

/** The shells in which the collector's texts must run, as they are called. */
export const shells: readonly string[][] = [
  ['dash'],
  ['bash'],
  ['bash', '--posix'],
  ['busybox', 'sh'],
  ['ksh'],
  ['mksh'],
  ['zsh', '--emulate', 'sh'],
];

/** Why a test can't run a program here; false where it can. */
export function missing(program: string): string | false {
  return spawnSync(program, ['--help']).error ? `${program} is not installed` : false;
}
