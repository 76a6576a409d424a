import * as v from 'valibot';

/** The version of the snapshot file's shape. New optional keys don't raise it; a changed meaning does. */
export const snapshotSchemaVersion = 1;

/** One thing that the collector read on a host, kept as it was read. */
const Section = v.object({
  /** What it is: `addr`, `fdb`, `neigh`, `about`, … */
  name: v.string(),
  /** File name in the namespace directory, or `@host` for dockerd's own network namespace; absent where it is no namespace's. */
  netns: v.optional(v.string()),
  /** The command as it ran there. */
  command: v.string(),
  /** When its answer began to arrive: ISO 8601, UTC, by the clock of whoever collected. */
  at: v.string(),
  /** Exit status of the command; null where it did not end in time. */
  status: v.nullable(v.number()),
  output: v.string(),
  /** What it said on standard error. */
  error: v.optional(v.string()),
  /** Set where output passed the size limit and was cut. */
  truncated: v.optional(v.literal(true)),
});

/** One answer of the Docker Engine API, cut down to listed fields (no environment, no command lines). */
const DockerAnswer = v.object({
  /** Path and query without the version prefix: `/networks/ID?verbose=true`. */
  path: v.string(),
  at: v.string(),
  /** HTTP status; null where no answer came in time. */
  status: v.nullable(v.number()),
  body: v.optional(v.unknown()),
  error: v.optional(v.string()),
});

/** What a swarm's manager said of the node, where the host was found through one. */
export const HostNode = v.object({
  id: v.string(),
  name: v.string(),
  /** Absent where the manager knows none. */
  address: v.optional(v.string()),
  role: v.string(),
  availability: v.string(),
  /** `ready`, `down`, `disconnected` or `unknown`. */
  state: v.string(),
});

const HostEvidence = v.object({
  /** Where it was read: `local`, `ssh://…`, `exec:…`. */
  source: v.string(),
  node: v.optional(HostNode),
  startedAt: v.string(),
  finishedAt: v.string(),
  sections: v.array(Section),
  docker: v.object({
    /** The API version that was agreed on; absent where Docker gave none. */
    apiVersion: v.optional(v.string()),
    /** Why there is nothing, or less than asked, from Docker. */
    failure: v.optional(v.string()),
    answers: v.array(DockerAnswer),
  }),
  /** What stopped the collector itself: a refused connection, a missing shell. */
  failure: v.optional(v.object({code: v.string(), message: v.string(), suggestions: v.array(v.string())})),
});

export const SnapshotSchema = v.object({
  schemaVersion: v.literal(snapshotSchemaVersion),
  tool: v.object({name: v.literal('ovdiag'), version: v.string()}),
  createdAt: v.string(),
  hosts: v.array(HostEvidence),
});

export type HostNode = v.InferOutput<typeof HostNode>;
export type Section = v.InferOutput<typeof Section>;
export type DockerAnswer = v.InferOutput<typeof DockerAnswer>;
export type HostEvidence = v.InferOutput<typeof HostEvidence>;
export type Snapshot = v.InferOutput<typeof SnapshotSchema>;
