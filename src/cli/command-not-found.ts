import type {Hook} from '@oclif/core';
import {exitStatus} from '../errors.js';
import {nearNames} from '../near.js';
import {errorDocument, errorText} from './errors.js';

/** An unknown command: near names without a prompt, status 2, JSON under --json. */
const hook: Hook<'command_not_found'> = ({config, id, argv = []}) => {
  const typed = id.replaceAll(':', ' ');
  const near = nearNames(typed, config.commandIDs);
  const shown = {
    code: 'unknown-command',
    message: `There is no command "${typed}".`,
    suggestions:
      near.length > 0
        ? near.map((name) => `Did you mean: ${config.bin} ${name}`)
        : [`See: ${config.bin} --help`],
  };
  if (argv.includes('--json') || typed.includes('--json')) {
    process.stdout.write(`${JSON.stringify(errorDocument(shown), null, 2)}\n`);
  } else process.stderr.write(errorText(shown));
  process.exitCode = exitStatus.usage;
  return Promise.resolve();
};

export default hook;
