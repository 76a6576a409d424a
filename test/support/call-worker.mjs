// @ts-check
/**
 * Answers calls of the command line of one built checkout in this process, one after the other: a start of Node.js for
 * each would be most of the time. Started by calls.ts. Plain JavaScript, so that its own start loads no TypeScript.
 */
import path from 'node:path';
import process from 'node:process';
import {pathToFileURL} from 'node:url';

class Exit extends Error {}

/**
 * A write that keeps what is written, in every form that streams take.
 * @param {Buffer[]} chunks
 */
function keeping(chunks) {
  return (/** @type {string | Uint8Array} */ chunk, /** @type {unknown[]} */ ...more) => {
    chunks.push(Buffer.from(/** @type {string} */ (chunk)));
    const done = more.find((one) => typeof one === 'function');
    if (typeof done === 'function') process.nextTick(/** @type {() => void} */ (done));
    return true;
  };
}

const [root = ''] = process.argv.slice(2);
const {main} = await import(pathToFileURL(path.join(root, 'dist/main.js')).href);
process.stdout.setMaxListeners(0);
process.stderr.setMaxListeners(0);
process.exit = /** @type {typeof process.exit} */ (
  (status) => {
    process.exitCode = status ?? process.exitCode ?? 0;
    throw new Exit('exit');
  }
);

/** @param {string[]} args */
async function answer(args) {
  /** @type {[Buffer[], Buffer[]]} */
  const [out, err] = [[], []];
  const {write: writeOut} = process.stdout;
  const {write: writeErr} = process.stderr;
  process.stdout.write = keeping(out);
  process.stderr.write = keeping(err);
  process.exitCode = 0;
  process.argv = [process.argv[0] ?? '', path.join(root, 'bin/run.js'), ...args];
  try {
    await main();
  } catch (error) {
    if (!(error instanceof Exit)) err.push(Buffer.from(String(/** @type {Error} */ (error).stack)));
  } finally {
    process.stdout.write = writeOut;
    process.stderr.write = writeErr;
  }
  const status = Number(process.exitCode ?? 0);
  process.exitCode = 0;
  return {stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString(), status};
}

process.on('message', (args) => {
  void answer(/** @type {string[]} */ (args)).then((given) => process.send?.(given));
});
process.send?.('ready');
