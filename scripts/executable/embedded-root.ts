/** Where the files of the executable seem to be. Nothing is there on disk, and nothing of it is ever asked of the disk. */
export const embeddedRoot = '/ovdiag.embedded';
