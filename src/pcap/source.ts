/** Where bytes come from. `read` fills into[at…] with what there is, and gives 0 at the end. */
export interface ByteSource {
  /** Bytes in all where that is known beforehand. */
  size: number | undefined;
  read(into: Buffer, at: number): Promise<number>;
  /** Reads bytes from a place in the file once more; absent where a source can be read only once, as a pipe. */
  again?(into: Buffer, position: number): Promise<number>;
  /** Ends a read that waits, and all later ones: for a pipe that may never end. */
  cancel(): void;
  close(): Promise<void>;
}
