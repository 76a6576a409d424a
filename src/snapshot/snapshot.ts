import {
  anything,
  array,
  nullable,
  number,
  object,
  oneOf,
  optional,
  type Shaped,
  string,
} from '../base/shape.js';

/** The version of the snapshot file's shape. New optional keys don't raise it; a changed meaning does. */
export const snapshotSchemaVersion = 1;

/** One thing that the collector read on a host, kept as it was read. */
const Section = object({
  /** What it is: `addr`, `fdb`, `neigh`, `about`, … */
  name: string,
  /** File name in the namespace directory, or `@host` for dockerd's own network namespace; absent where it is no namespace's. */
  netns: optional(string),
  /** The command as it ran there. */
  command: string,
  /** When its answer began to arrive: ISO 8601, UTC, by the clock of whoever collected. */
  at: string,
  /** Exit status of the command; null where it did not end in time. */
  status: nullable(number),
  output: string,
  /** What it said on standard error. */
  error: optional(string),
  /** Set where output passed the size limit and was cut. */
  truncated: optional(oneOf(true)),
});

/** One answer of the Docker Engine API, cut down to listed fields (no environment, no command lines). */
const DockerAnswer = object({
  /** Path and query without the version prefix: `/networks/ID?verbose=true`. */
  path: string,
  at: string,
  /** HTTP status; null where no answer came in time. */
  status: nullable(number),
  body: anything,
  error: optional(string),
});

/** What a swarm's manager said of the node, where the host was found through one. */
export const HostNode = object({
  id: string,
  name: string,
  /** Absent where the manager knows none. */
  address: optional(string),
  role: string,
  availability: string,
  /** `ready`, `down`, `disconnected` or `unknown`. */
  state: string,
});

const HostEvidence = object({
  /** Where it was read: `local`, `ssh://…`, `exec:…`. */
  source: string,
  node: optional(HostNode),
  startedAt: string,
  finishedAt: string,
  /** Set where names and addresses were replaced. */
  redacted: optional(oneOf(true)),
  sections: array(Section),
  docker: object({
    /** The API version that was agreed on; absent where Docker gave none. */
    apiVersion: optional(string),
    /**
     * The manager whose answers these are, cut down to what concerns this node; its own engine was not asked. Absent
     * where it was.
     */
    lentBy: optional(string),
    /** Why there is nothing, or less than asked, from Docker. */
    failure: optional(string),
    answers: array(DockerAnswer),
  }),
  /** What stopped the collector itself: a refused connection, a missing shell. */
  failure: optional(object({code: string, message: string, suggestions: array(string)})),
});

export const SnapshotShape = object({
  schemaVersion: oneOf(snapshotSchemaVersion),
  tool: object({name: oneOf('ovdiag'), version: string}),
  createdAt: string,
  hosts: array(HostEvidence),
});

export type HostNode = Shaped<typeof HostNode>;
export type Section = Shaped<typeof Section>;
export type DockerAnswer = Shaped<typeof DockerAnswer>;
export type HostEvidence = Shaped<typeof HostEvidence>;
export type Snapshot = Shaped<typeof SnapshotShape>;
