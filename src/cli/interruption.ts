import {exitStatus} from '../base/errors.js';

/** Ctrl-C and SIGTERM as a signal: while work is under way they abort it instead of killing us. */
export class Interruption {
  private readonly abort = new AbortController();

  /** Aborted by Ctrl-C; whoever starts something takes it, and `during` waits for the end. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Work that Ctrl-C stops; the abort ends all children on both sides. */
  async during<T>(work: Promise<T>): Promise<T> {
    const release = this.hold();
    try {
      return await work;
    } finally {
      release();
    }
  }

  /** Waits so many milliseconds; throws where it is interrupted. */
  async pause(milliseconds: number): Promise<void> {
    const {setTimeout: sleep} = await import('node:timers/promises');
    await this.during(sleep(milliseconds, undefined, {signal: this.signal}));
  }

  /** Until what it returns is called, Ctrl-C aborts instead of killing us. */
  hold(): () => void {
    const stop = () => {
      this.abort.abort(new Error('interrupted'));
      // A second Ctrl-C waits for nothing.
      process.once('SIGINT', () => process.exit(exitStatus.interrupted));
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    return () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    };
  }
}
