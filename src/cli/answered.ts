import type {ExitStatus} from '../base/errors.js';
import type {HostDocument} from '../hosts/document.js';
import type {Shown} from './base-command.js';

export interface ShowOptions {
  /** What the command ends with; by default 3 where something that was needed could not be read. */
  status?: ExitStatus;
  /** Standard output is taken: print the problems alone. */
  silent?: boolean;
}

/** An answer with all that is needed to show it. */
export interface Answered<T> extends ShowOptions {
  document: HostDocument;
  shown: Shown<T>;
  /** Whether all is as it should be, which is what --watch waits for; by default where the status is 0. */
  holds?: boolean;
}
