export interface CollectOptions {
  /** Where the namespace files are; the engine is asked where this is not given. */
  netnsDir?: string;
  /** When the host's time is over, in milliseconds since the epoch; what came by then is kept. */
  endBy?: number;
  /** How long to wait for the host's first word, in milliseconds, where it is not expected to say any. */
  startMs?: number;
  signal: AbortSignal;
}
