import type {FindingCode} from '../catalogue.js';

/**
 * What moby's specification promises of a row: B is behaviour that users see, C is internal and may change on purpose; C* is C
 * while the nftables backend is experimental, and B after.
 */
export type Tier = 'B' | 'C' | 'B,C' | 'C*';

/** One expectation of the specification that an observer can check. */
export interface ContractRow {
  /** Section and running number, as in `4.1`; D is container-dns.md, N are bridge-networking.md and network-common.md. */
  id: string;
  tier: Tier;
  /** What holds on a healthy swarm. */
  text: string;
  judged: Judged;
}

export type Judged =
  /** By the checks of these codes; `partly` says what they do not look at. */
  | {by: 'doctor'; codes: readonly FindingCode[]; partly?: string}
  /** Only by packets: tables do not show it. */
  | {by: 'probe'}
  /** It can't be seen, or it can't be broken. */
  | {by: 'none'; why: string};

/** Rows of a section of the specification. */
export interface ContractSection {
  title: string;
  rows: readonly ContractRow[];
}

/** The commit of moby whose specification these rows are of. */
export const contractCommit = 'ad948b0a';
/** The newest engine that the rows were compared with. */
export const contractEngine = '29.8';

type Codes = readonly FindingCode[];

/** Judged by doctor; a last word that is no code says what is not looked at. */
export const doctor = (id: string, tier: Tier, text: string, codes: Codes, partly?: string): ContractRow => ({
  id,
  tier,
  text,
  judged: {by: 'doctor', codes, ...(partly === undefined ? {} : {partly})},
});
export const probe = (id: string, tier: Tier, text: string): ContractRow => ({
  id,
  tier,
  text,
  judged: {by: 'probe'},
});
export const none = (id: string, tier: Tier, text: string, why: string): ContractRow => ({
  id,
  tier,
  text,
  judged: {by: 'none', why},
});
