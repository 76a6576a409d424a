import type {PacketView} from '../packet/view.js';

/** One way to show packets, fed one by one. */
export interface PacketSink {
  /**
   * Takes a packet that passed the filters; the view is only good during the call. `now` is its time in nanoseconds
   * since the base of the run's times. False asks for a flush.
   */
  packet(view: PacketView, now: number): boolean;
  /** Writes what is ready; false where the reader has gone. */
  flush(): Promise<boolean>;
  /** After the last packet: sums and the like. */
  end(): Promise<void>;
}
