import {randomBytes} from 'node:crypto';
import {execa} from 'execa';
import {OvdiagError} from '../base/errors.js';
import {escapeText, quoteText} from '../base/escape.js';
import {shellQuote} from '../base/shell.js';
import type {ClientSettings} from './script.js';
import {collectorScript, jobScript, serviceScript} from './script.js';
import type {Transport} from './transport.js';
import type {Wanted} from './wanted.js';

/** Marks a service as one of ours; its value says until when it may be in use (see service.sh). */
const label = 'ovdiag.ends';
/** Creating one takes a second; a manager without a leader never answers. */
const createDeadlineMs = 30_000;
const removeDeadlineMs = 15_000;

export interface JobRequest {
  image: string;
  wanted: Wanted;
  /** On the nodes. */
  netnsDir: string;
  /** Such as `node.id!=…`. */
  constraints: string[];
  /** How long each node's container may collect. */
  limitSeconds: number;
  /** After this nobody uses the service any more, and another run may remove it. */
  lifetimeSeconds: number;
}

/** A job as it will be created; the same for announcing it and for doing it. */
export interface PlannedJob {
  name: string;
  nonce: string;
  lifetimeSeconds: number;
  /** Words for `docker service create`, without the text to be run, which is the last. */
  words: string[];
  text: string;
}

export interface RunningJob {
  id: string;
  /** Services of runs that are dead, which were removed now. */
  removed: string[];
  /** Services that another run may be using. */
  others: string[];
  /** Removes the service; rejects with what to type where that failed. */
  remove(): Promise<void>;
}

/**
 * One container on each node, with what the collector needs and no more: the host's network, the right to
 * enter namespaces (SYS_ADMIN) and to list rules and policies (NET_ADMIN), and the engine's directory of namespaces, read
 * only; not the engine's socket. `node.id` is told to the container, because its answers come mixed with the others'.
 *
 * Of mode `global` with no restarts, not `global-job`: removing a service of that mode leaves its tasks and containers
 * on the nodes for ever, even running ones, and a container that fails is started again and again whatever the restart
 * condition says (moby/moby#42789 and #44312; seen with 20.10.24).
 */
export function planJob(request: JobRequest): PlannedJob {
  const nonce = randomBytes(16).toString('hex');
  const name = `ovdiag-collector-${nonce.slice(0, 8)}`;
  const {image, netnsDir, constraints, limitSeconds, lifetimeSeconds} = request;
  const words = [
    '--detach',
    '--quiet',
    '--no-resolve-image',
    ['--name', name],
    ['--mode', 'global'],
    ['--restart-condition', 'none'],
    ['--network', 'host'],
    ['--cap-add', 'CAP_SYS_ADMIN'],
    ['--cap-add', 'CAP_NET_ADMIN'],
    ['--mount', `type=bind,src=${netnsDir},dst=${netnsDir},readonly`],
    '--read-only',
    ['--user', '0:0'],
    '--no-healthcheck',
    ['--stop-grace-period', '2s'],
    ['--log-driver', 'json-file'],
    ['--env', 'OVDIAG_NODE={{.Node.ID}}'],
    ...constraints.map((constraint) => ['--constraint', constraint]),
    ['--entrypoint', 'sh'],
    image,
    '-c',
  ].flat();
  return {
    name,
    nonce,
    lifetimeSeconds,
    words,
    text: jobScript(collectorScript(request.wanted, {nonce, netnsDir, lifeline: false, job: true}), {
      nonce,
      limitSeconds,
    }),
  };
}

/** The command as a person would type it, with the collector's text left out. */
export function jobCommand({words}: PlannedJob): string {
  const typed = words.map((word) => (/^[\w./:=@,!-]+$/.test(word) ? word : shellQuote(word)));
  return `docker service create --label ${label}=TIME ${typed.join(' ')} COLLECTOR`;
}

/**
 * Creates the service by the docker client of a manager, in a shell whose standard input stays open: its end removes the
 * service, so that nothing is left there even where we are killed.
 */
export async function startJob(
  shell: Transport,
  client: ClientSettings,
  plan: PlannedJob,
  signal: AbortSignal,
): Promise<RunningJob> {
  signal.throwIfAborted();
  const [program = 'sh', ...args] = shell.argv;
  // Not startShell: an abort must leave it the time to remove the service.
  const session = execa(program, args, {
    detached: true,
    reject: false,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    maxBuffer: 64 * 1024,
  });
  session.stdin.on('error', () => undefined);
  const said: Said = {created: '', removed: [], others: [], last: ''};
  let stderr = '';
  session.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-4000);
  });
  const answered = new Promise<void>((resolve) => {
    let rest = '';
    session.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = (lines.pop() ?? '').slice(-4000);
      if (lines.map((line) => note(said, line, plan.nonce)).includes('answered')) resolve();
    });
    session.finally(resolve).catch(() => undefined);
  });
  const end = async () => {
    session.stdin.end();
    const ended = await within(removeDeadlineMs, session);
    if (!ended) session.kill('SIGKILL');
    if (said.created !== '' && said.last !== 'removed') throw notRemoved(plan.name, stderr);
  };
  session.stdin.write(
    serviceScript({
      nonce: plan.nonce,
      label,
      lifetimeSeconds: plan.lifetimeSeconds,
      words: [...plan.words, plan.text],
      ...client,
    }),
  );
  const interrupted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), {once: true});
  });
  const inTime = await within(createDeadlineMs, Promise.race([answered, interrupted]));
  if (signal.aborted) {
    await end();
    signal.throwIfAborted();
  }
  if (said.created === '') {
    await end();
    throw refused(said.last, stderr, inTime);
  }
  return {id: said.created, removed: said.removed, others: said.others, remove: end};
}

/** What the shell on the manager has said (see service.sh). */
interface Said {
  /** Id of the service; empty until it is there. */
  created: string;
  removed: string[];
  others: string[];
  /** The word of its last line. */
  last: string;
}

/** Takes one line of the shell down, which is `NONCE WORD VALUE`; says whether it tells how the creation went. */
function note(said: Said, line: string, nonce: string): 'answered' | 'more' {
  const [mark, word = '', ...more] = line.split(' ');
  if (mark !== nonce) return 'more';
  const value = more.join(' ');
  said.last = word;
  if (word === 'leftover') said.removed.push(value);
  else if (word === 'other') said.others.push(value);
  else {
    if (word === 'created') said.created = value;
    return 'answered';
  }
  return 'more';
}

/** Whether a promise is settled in time; the timer keeps nobody waiting. */
async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const inTime = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}

function refused(word: string, stderr: string, inTime: boolean): OvdiagError {
  const said = quoteText(lastLines(stderr), 600);
  if (word === 'no-client') {
    return new OvdiagError({
      code: 'program-missing',
      message: 'There is no docker client on the manager, and only it can create the service.',
      suggestions: ['Install it there, or read the nodes over ssh: leave out --via service.'],
    });
  }
  const old = /unknown flag|requires API version/i.test(stderr);
  const why = inTime ? (said === '' ? 'it said nothing' : said) : 'it did not answer in time';
  return new OvdiagError({
    code: old ? 'engine-too-old' : 'service-refused',
    message: `The manager created no service: ${why}.`,
    suggestions: old
      ? ['Capabilities of services need Docker 20.10 or newer, client and engine.']
      : ['Read the nodes over ssh instead: leave out --via service.'],
  });
}

function notRemoved(name: string, stderr: string): OvdiagError {
  const said = quoteText(lastLines(stderr), 300);
  return new OvdiagError({
    code: 'service-left',
    message: `The service ${name} may still be there${said === '' ? '' : `: ${said}`}. Its containers end by themselves.`,
    suggestions: [`Remove it on a manager: docker service rm ${name}`],
  });
}

function lastLines(text: string): string {
  return escapeText(text.trim().split('\n').slice(-3).join('; '));
}
