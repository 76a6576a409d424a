import {Errors} from '@oclif/core';
import {type DocumentVersion, documentVersion} from '../base/document-version.js';
import {exitStatus, OvdiagError} from '../base/errors.js';
import {escapeText} from '../base/escape.js';
import {nearNames} from '../base/near.js';

export interface ShownError {
  code: string;
  message: string;
  suggestions: string[];
}

export interface ErrorDocument {
  schemaVersion: DocumentVersion;
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

/**
 * What happened and what to do next, whatever threw.
 *
 * @param flags the flags that the command has, to offer one that looks like an unknown one
 */
export function describeError(error: Error, usage: string, flags: readonly string[] = []): ShownError {
  if (error instanceof OvdiagError) {
    // Ours have one line each, so a line break in one is foreign text that would begin a line of its own.
    return {
      code: error.code,
      message: escapeText(error.message),
      suggestions: error.suggestions.map(escapeText),
    };
  }
  if (error instanceof Errors.CLIError) {
    const refused = parserCodes[error.constructor.name] ?? 'usage';
    // Of a value that a flag's own parser refuses the class says nothing.
    const code = error.message.startsWith('Parsing --') ? 'invalid-flag' : refused;
    const message = error.message
      // One line of what the parser breaks in two.
      .replace(/^(Parsing --[\w-]+) \n\t/, '$1: ')
      // The usage line says more.
      .replace(/\n?See more help with --help$/, '')
      // Said of flags that take several values at once; none here does.
      .replace(/\n\nNote: --[\s\S]*$/, '')
      .trimEnd();
    return {code, message, suggestions: [...nearFlags(error, flags), usage, ...(error.suggestions ?? [])]};
  }
  return {
    code: 'internal',
    message: `This is a bug in ovdiag: ${error.message}`,
    suggestions: ['Run the same command with --debug and report what it prints.'],
  };
}

function nearFlags(error: Error, known: readonly string[]): string[] {
  const unknown = (error as {flags?: unknown}).flags;
  if (error.constructor.name !== 'NonExistentFlagsError' || !Array.isArray(unknown)) return [];
  return unknown
    .flatMap((flag) => nearNames(String(flag).replace(/^-+/, ''), known))
    .map((name) => `Did you mean: --${name}`);
}

/** The text form: the message with its code (docs/errors.md) first, then what to type, so that the useful line is the last one. */
export function errorText({code, message, suggestions}: ShownError): string {
  const lines = [`ovdiag: ${escapeMultiline(message)} [${code}]`];
  for (const suggestion of suggestions) lines.push(`  ${escapeMultiline(suggestion)}`);
  return `${lines.join('\n')}\n`;
}

export function errorDocument(shown: ShownError): ErrorDocument {
  return {schemaVersion: documentVersion, error: shown};
}

function escapeMultiline(text: string): string {
  return text.split('\n').map(escapeText).join('\n  ');
}
