/**
 * Answers calls of the command line of one built checkout in this process, one after the other: a start of Node.js for
 * each would be most of the time. Started by scripts/corpus.ts, which sends the words of a call and takes its answer.
 */
import path from 'node:path';
import process from 'node:process';
import {pathToFileURL} from 'node:url';

export interface CorpusAnswer {
  stdout: string;
  stderr: string;
  status: number;
}

type Write = typeof process.stdout.write;

/** A write that keeps what is written, in every form that streams take. */
function keeping(chunks: Buffer[]): Write {
  return ((chunk: string | Uint8Array, ...more: unknown[]) => {
    chunks.push(Buffer.from(chunk as string));
    const done = more.find((one) => typeof one === 'function') as (() => void) | undefined;
    if (done) process.nextTick(done);
    return true;
  }) as Write;
}

class Exit extends Error {}

const [root = ''] = process.argv.slice(2);
const {main} = (await import(pathToFileURL(path.join(root, 'dist/main.js')).href)) as {
  main: () => Promise<void>;
};
process.stdout.setMaxListeners(0);
process.stderr.setMaxListeners(0);
process.exit = ((status?: number) => {
  process.exitCode = status ?? process.exitCode ?? 0;
  throw new Exit('exit');
}) as typeof process.exit;

async function answer(args: string[]): Promise<CorpusAnswer> {
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  const {write: writeOut} = process.stdout;
  const {write: writeErr} = process.stderr;
  process.stdout.write = keeping(out);
  process.stderr.write = keeping(err);
  process.exitCode = 0;
  process.argv = [process.argv[0] ?? '', path.join(root, 'bin/run.js'), ...args];
  try {
    await main();
  } catch (error) {
    if (!(error instanceof Exit)) err.push(Buffer.from(String((error as Error).stack)));
  } finally {
    process.stdout.write = writeOut;
    process.stderr.write = writeErr;
  }
  const status = Number(process.exitCode ?? 0);
  process.exitCode = 0;
  const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString('latin1');
  return {stdout: text(out), stderr: text(err), status};
}

process.on('message', (args: string[]) => {
  void answer(args).then((given) => process.send?.(given));
});
process.send?.('ready');
