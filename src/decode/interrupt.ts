/** The first Ctrl-C ends the reading, so that what was summed is still shown; the second ends the process. */
export interface Interrupt {
  isStopped(): boolean;
  /** Called once when it comes. */
  onStop(listener: () => void): void;
  release(): void;
}

export function onInterrupt(): Interrupt {
  let stopped = false;
  const listeners: (() => void)[] = [];
  const stop = (): void => {
    stopped = true;
    release();
    for (const listener of listeners) listener();
  };
  const release = (): void => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    isStopped: () => stopped,
    onStop: (listener) => {
      listeners.push(listener);
    },
    release,
  };
}
