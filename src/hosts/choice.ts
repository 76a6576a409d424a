import type {OvdiagError} from '../base/errors.js';
import type {NodeFilter} from './node-filter.js';

/** Swarm itself as the way to its nodes. */
export interface ServiceChoice {
  /** Name of the collector's image, which every node has or can pull. */
  image: string;
  /** Told what is about to be created; throws where that is not wanted. */
  agree(announcement: string[], signal: AbortSignal): Promise<void>;
  /** Told of what else happened on the way. */
  say(line: string): void;
  /** Told where the service could not be removed. */
  left(error: OvdiagError): void;
}

export interface SwarmChoice {
  filters: NodeFilter[];
  /** Who to log in as; ssh's own configuration decides where this is not given. */
  sshUser?: string;
  /** Set where Swarm itself is to reach the nodes. */
  via?: ServiceChoice;
}
