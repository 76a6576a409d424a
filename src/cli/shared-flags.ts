import {Flags} from '@oclif/core';

/** Flags that several commands have, so that each means one thing. */
export const quietFlag = {
  quiet: Flags.boolean({char: 'q', description: 'Print names only, one per line', helpGroup: 'GLOBAL'}),
};

/** @param description what more is shown */
export function verboseFlag(description: string) {
  return {verbose: Flags.boolean({char: 'v', description})};
}

export const watchFlag = {
  watch: Flags.string({
    description:
      'Repeat until the answer is good (exit 0) or Ctrl-C; every 5 s, or every SECONDS with --watch=SECONDS',
    helpValue: 'SECONDS',
  }),
};

export const redactFlag = {
  redact: Flags.boolean({
    description: 'Replace addresses, MACs, names and ids, consistently, to share the file',
  }),
};
