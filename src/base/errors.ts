/** Exit statuses shared by all commands; `trace`, `doctor` and `diff` also use `problemFound`. */
export const exitStatus = {
  ok: 0,
  problemFound: 1,
  usage: 2,
  cannotLook: 3,
  interrupted: 130,
} as const;

export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

export interface ErrorDetails {
  /** Stable kebab-case word that scripts may test. */
  code: string;
  /** What happened, on which object, and why, in one or two sentences. */
  message: string;
  /** What to type or look at next, most useful first. */
  suggestions?: string[];
  exit?: ExitStatus;
}

/** A failure that somebody can act on: drawn without a stack, the same in text and in JSON. */
export class OvdiagError extends Error {
  readonly code: string;
  readonly suggestions: string[];
  readonly exit: ExitStatus;

  constructor(
    {code, message, suggestions = [], exit = exitStatus.cannotLook}: ErrorDetails,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'OvdiagError';
    this.code = code;
    this.suggestions = suggestions;
    this.exit = exit;
  }
}

/** The caller typed something that can't be meant: exit 2. */
export function usageError(code: string, message: string, suggestions: string[] = []): OvdiagError {
  return new OvdiagError({code, message, suggestions, exit: exitStatus.usage});
}
