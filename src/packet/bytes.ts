/** Big-endian reads that give 0 past the end of the buffer; callers check lengths where that matters. */

export const get8 = (data: Buffer, at: number): number => data[at] ?? 0;

export const get16 = (data: Buffer, at: number): number => ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);

export const get24 = (data: Buffer, at: number): number =>
  ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);

export const get32 = (data: Buffer, at: number): number =>
  (((data[at] ?? 0) << 24) |
    ((data[at + 1] ?? 0) << 16) |
    ((data[at + 2] ?? 0) << 8) |
    (data[at + 3] ?? 0)) >>>
  0;
