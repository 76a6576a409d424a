/**
 * How threads share the parts of a file: whoever is free claims the next part. Where a part begins, and how many packets come
 * before it, is known when the one before it was framed, which is done in turn and takes a small part of the time of
 * decoding. All of it is a few numbers in memory that the threads share.
 */
export interface Turns {
  /** The next part, once results of earlier ones don't pile up any more; undefined where there is none. */
  claim(): number | undefined;
  /** Waits until all parts before this one are framed; undefined where that failed. */
  begin(index: number): PartStart | undefined;
  /** Says where the part that began ends, and with it how many packets came. */
  framed(end: PartStart): void;
  /** Says that all parts before this one were taken. */
  taken(index: number): void;
  /** No part that was not framed yet will be. */
  stop(): void;
}

/** A place in the file between two records, and how many packets come before it. */
export interface PartStart {
  position: number;
  packets: number;
}

/** Results of so many parts may wait for those before them. */
const ahead = 6;
/** A thread that frames a part for so long has ended, or its file is on a medium for which one thread is fast enough. */
const patience = 20_000;

const [claimed, framed, taken] = [0, 1, 2];
const stopped = -1;
const [position, packets] = [2, 3];

export const newTurnsMemory = (start: PartStart): SharedArrayBuffer => {
  const memory = new SharedArrayBuffer(32);
  new Float64Array(memory).set([start.position, start.packets], position);
  return memory;
};

export function newTurns(memory: SharedArrayBuffer, parts: number): Turns {
  const counts = new Int32Array(memory, 0, 3);
  const start = new Float64Array(memory);

  function set(index: number, value: number): void {
    Atomics.store(counts, index, value);
    Atomics.notify(counts, index);
  }

  return {
    claim() {
      for (;;) {
        const next = Atomics.load(counts, claimed);
        const done = Atomics.load(counts, taken);
        if (next === parts || done === stopped) return undefined;
        if (next - done >= ahead) Atomics.wait(counts, taken, done);
        else if (Atomics.compareExchange(counts, claimed, next, next + 1) === next) return next;
      }
    },
    begin(index) {
      for (;;) {
        const now = Atomics.load(counts, framed);
        if (now === index) return {position: start[position] as number, packets: start[packets] as number};
        if (now === stopped || Atomics.wait(counts, framed, now, patience) === 'timed-out') return undefined;
      }
    },
    framed(end) {
      start.set([end.position, end.packets], position);
      set(framed, Atomics.load(counts, framed) + 1);
    },
    taken(index) {
      // Not where it was stopped meanwhile.
      Atomics.compareExchange(counts, taken, index - 1, index);
      Atomics.notify(counts, taken);
    },
    stop() {
      set(framed, stopped);
      set(taken, stopped);
    },
  };
}
