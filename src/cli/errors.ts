import {Errors} from '@oclif/core';
import {type ExitStatus, exitStatus, OvdiagError} from '../errors.js';
import {escapeText} from '../render/escape.js';

export interface ShownError {
  code: string;
  message: string;
  suggestions: string[];
}

export interface ErrorDocument {
  schemaVersion: 1;
  error: ShownError;
}

/** Codes for what oclif's parser refuses, by the class of its error. */
const parserCodes: Record<string, string> = {
  NonExistentFlagsError: 'unknown-flag',
  RequiredArgsError: 'missing-argument',
  UnexpectedArgsError: 'unexpected-argument',
  FailedFlagValidationError: 'invalid-flag',
  FailedFlagParsingError: 'invalid-flag',
  FlagInvalidOptionError: 'invalid-flag',
  ArgInvalidOptionError: 'invalid-argument',
  InvalidArgsSpecError: 'invalid-argument',
};

/** The exit status that an error stands for; the same with and without --json. */
export function exitStatusOf(error: Error): number {
  if (error instanceof OvdiagError) return error.exit;
  if (error instanceof Errors.CLIError) return error.oclif.exit ?? exitStatus.usage;
  return exitStatus.cannotLook;
}

/** What happened and what to do next, whatever threw. */
export function describeError(error: Error, usage: string): ShownError {
  if (error instanceof OvdiagError) {
    return {code: error.code, message: error.message, suggestions: error.suggestions};
  }
  if (error instanceof Errors.CLIError) {
    const code = parserCodes[error.constructor.name] ?? 'usage';
    // oclif appends "See more help with --help" to parser errors; the usage line says more.
    const message = error.message.replace(/\n?See more help with --help$/, '').trimEnd();
    return {code, message, suggestions: [usage, ...(error.suggestions ?? [])]};
  }
  return {
    code: 'internal',
    message: `This is a bug in ovdiag: ${error.message}`,
    suggestions: ['Run the same command with --debug and report what it prints.'],
  };
}

/** The text form: the message first, then what to type, so that the useful line is the last one. */
export function errorText({message, suggestions}: ShownError): string {
  const lines = [`ovdiag: ${escapeMultiline(message)}`];
  for (const suggestion of suggestions) lines.push(`  ${escapeMultiline(suggestion)}`);
  return `${lines.join('\n')}\n`;
}

export function errorDocument(shown: ShownError): ErrorDocument {
  return {schemaVersion: 1, error: shown};
}

export type {ExitStatus};

function escapeMultiline(text: string): string {
  return text.split('\n').map(escapeText).join('\n  ');
}
