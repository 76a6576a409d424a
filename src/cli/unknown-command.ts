import {nearNames} from '../base/near.js';
import type {ShownError} from './errors.js';

/**
 * What to say of words that name no command. oclif joins all of them, because a topic could be meant, so words after
 * a command that takes none arrive here as well.
 */
export function unknownCommand(typed: string, commands: readonly string[], bin: string): ShownError {
  const words = typed.split(' ');
  const [first = ''] = words;
  const help = `See: ${bin} --help`;
  if (first.startsWith('-')) {
    return {
      code: 'missing-command',
      message: `"${first}" stands where a command is expected: flags come after it.`,
      suggestions: [help],
    };
  }
  if (words.length > 1 && commands.includes(first)) {
    return {
      code: 'unexpected-argument',
      message: `Unexpected argument: ${words.slice(1).join(' ')}`,
      suggestions: [`Usage: ${bin} ${first} [FLAGS]    (see: ${bin} ${first} --help)`],
    };
  }
  // Of several words, the first is the command that was meant.
  const near = nearNames(first, commands);
  return {
    code: 'unknown-command',
    message: `There is no command "${first}".`,
    suggestions: near.length > 0 ? near.map((name) => `Did you mean: ${bin} ${name}`) : [help],
  };
}
