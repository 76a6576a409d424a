/** Workers inside the executable: one of ours is started from its text. Loaded with the commands, as a start alone has no workers. */
import {readFileSync} from 'node:fs';
import threads from 'node:worker_threads';
import {assetName} from './embedded-files.js';

const {Worker} = threads;

class EmbeddedWorker extends Worker {
  constructor(file: string | URL, options?: threads.WorkerOptions) {
    if (assetName(file) === undefined) super(file, options);
    else super(readFileSync(file, 'utf8'), {...options, eval: true});
  }
}
Object.assign(threads, {Worker: EmbeddedWorker});
