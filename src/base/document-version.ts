/**
 * `schemaVersion` of the documents of `--json`. It rises when a key is renamed, goes or changes its meaning; docs/json.md
 * says what changed. Snapshot files have a version of their own.
 */
export const documentVersion = 2 as const;

export type DocumentVersion = typeof documentVersion;
