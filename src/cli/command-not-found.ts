import type {Hook} from '@oclif/core';
import {exitStatus} from '../base/errors.js';
import {asciiJson} from '../base/escape.js';
import {errorDocument, errorText} from './errors.js';
import {unknownCommand} from './unknown-command.js';

/** An unknown command: near names without a prompt, status 2, JSON under --json. */
const hook: Hook<'command_not_found'> = ({config, id, argv = []}) => {
  const typed = id.replaceAll(':', ' ');
  const shown = unknownCommand(typed, config.commandIDs, config.bin);
  if (argv.includes('--json') || typed.split(' ').includes('--json')) {
    process.stdout.write(`${asciiJson(errorDocument(shown), 2)}\n`);
  } else process.stderr.write(errorText(shown));
  process.exitCode = exitStatus.usage;
  return Promise.resolve();
};

export default hook;
