import {execa} from 'execa';
import {LabError} from './error.js';
import {patience} from './wait.js';

export interface RunOptions {
  /** Text for the program's standard input; without it the input is empty. */
  readonly input?: string;
  /** Milliseconds until the program is ended and the call fails. */
  readonly timeout?: number;
  /** With false a non-zero exit is a result, not an error. */
  readonly reject?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A caller's own docker settings would lead the client away from the node's engine. */
const notTheCallers = {
  DOCKER_HOST: undefined,
  DOCKER_CONTEXT: undefined,
  DOCKER_CONFIG: undefined,
  DOCKER_API_VERSION: undefined,
};

/** Runs one program to its end. Nothing in the lab is ever waited for without a limit. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [file, ...args] = argv;
  if (file === undefined) throw new LabError('nothing to run');
  const {timeout = patience, reject = true, input = '', env = {}} = options;
  const result = await execa(file, args, {
    timeout,
    input,
    reject: false,
    env: {...notTheCallers, ...env},
    maxBuffer: 64 * 1024 * 1024,
  });
  const {stdout, stderr, exitCode} = result;
  if (result.timedOut) throw new LabError(`no end after ${timeout / 1000} s: ${argv.join(' ')}\n${stderr}`);
  if (exitCode === undefined) throw new LabError(result.shortMessage ?? `cannot run ${file}`);
  if (reject && exitCode !== 0)
    throw new LabError(`exit ${exitCode}: ${argv.join(' ')}\n${stderr || stdout}`);
  return {stdout, stderr, exitCode};
}
