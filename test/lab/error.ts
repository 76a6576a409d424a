/** A failure of the lab itself, as opposed to a failed assertion: its text tells what was tried and what was seen. */
export class LabError extends Error {
  override readonly name: string = 'LabError';
}

/** Waiting longer can't help. */
export class HopelessError extends LabError {
  override readonly name = 'HopelessError';
}
