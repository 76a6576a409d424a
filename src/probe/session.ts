/** One shell on one host that captures and sends as it is told. */
import {randomBytes} from 'node:crypto';
import {probeScript} from '../collect/script.js';
import {closeSession, collectStderr, endSession, startShell} from '../collect/shell-session.js';
import type {Transport} from '../collect/transport.js';
import {explainFailure} from '../collect/transport-failure.js';

/** What a host has to probe with. */
export interface Tools {
  /** Programs by name: `ping`, `tcpdump`, `nsenter`, `connect`. */
  found: Set<string>;
  pingVersion: string;
  root: boolean;
  canEnter: boolean;
}

export interface ProbeShell {
  tools: Tools;
  /** Starts a command; each line that it prints comes to `line`. Ends with its exit status, or undefined where the shell ended. */
  run(words: readonly (string | number)[], line: (text: string) => void): Promise<number | undefined>;
  /** Ends all that it has started, and resolves when it is gone. */
  close(): Promise<void>;
}

export interface ShellOptions {
  netnsDir: string;
  signal: AbortSignal;
  /** Seconds after which the far side ends by itself. */
  longestSeconds: number;
}

/** A host that has not said what tools it has after this long will not. */
const startMs = 20_000;
/** No honest tool prints longer lines here, and a line of a hostile one is cut. */
const longestLine = 4096;

/** Who takes the lines of each command, by its number; 0 is the shell itself. */
type Handlers = Map<string, (text: string) => void>;

/** Starts the shell and waits until it has said what it can do. Rejects with what `fail` makes of the reason. */
export async function openShell(
  transport: Transport,
  {netnsDir, signal, longestSeconds}: ShellOptions,
): Promise<ProbeShell | {failure: string}> {
  const nonce = randomBytes(16).toString('hex');
  const session = startShell(transport, signal);
  const stderr = collectStderr(session);
  const handlers: Handlers = new Map();
  const ends = new Set<() => void>();
  let commands = 0;
  let ended = false;

  session.stdout.on('data', lineReader(nonce, handlers));
  void session.ended.then(() => {
    ended = true;
    for (const end of ends) end();
  });

  const announced = announcedTools(handlers, ends);
  session.stdin.write(probeScript({nonce, netnsDir, longestSeconds}));
  const tools = await announced;
  if (!tools) {
    const stalled = !ended;
    endSession(session);
    const {code, exitCode} = await session.ended;
    signal.throwIfAborted();
    const {message} = explainFailure(transport, {
      code,
      exitCode,
      stderr: stderr(),
      stalled: stalled ? 'the tools of the probe' : undefined,
      begun: false,
    });
    return {failure: message};
  }
  return {
    tools,
    run(words, line) {
      const id = String(++commands);
      const [verb = '', ...rest] = words.map(String);
      return new Promise((resolve) => {
        const end = (status: number | undefined) => {
          ends.delete(lost);
          handlers.delete(id);
          resolve(status);
        };
        const lost = () => end(undefined);
        if (ended) return resolve(undefined);
        ends.add(lost);
        handlers.set(id, (text) => {
          const status = /^exit (\d{1,3})$/.exec(text)?.[1];
          line(text);
          if (status !== undefined) end(Number(status));
        });
        session.stdin.write(`${[verb, id, ...rest].map(oneWord).join(' ')}\n`);
      });
    },
    async close() {
      closeSession(session);
      await session.ended;
    },
  };
}

/** Takes what the far side prints, and hands each line to its command. */
function lineReader(nonce: string, handlers: Handlers): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    // latin1: a byte stays a character, wherever a chunk ends.
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = (lines.pop() ?? '').slice(0, longestLine);
    for (const line of lines) {
      if (!line.startsWith(`${nonce} `)) continue;
      const [, id = '', text = ''] = /^(\d{1,4})[ :](.*)$/.exec(line.slice(nonce.length + 1)) ?? [];
      handlers.get(id)?.(text.slice(0, longestLine));
    }
  };
}

/** What the far side says that it has; undefined where it ended or said nothing in time. */
function announcedTools(handlers: Handlers, ends: Set<() => void>): Promise<Tools | undefined> {
  const tools: Tools = {found: new Set(), pingVersion: '', root: false, canEnter: false};
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), startMs);
    const done = (value: Tools | undefined) => {
      clearTimeout(timer);
      resolve(value);
    };
    ends.add(() => done(undefined));
    handlers.set('0', (text) => {
      const [word = '', name = '', ...more] = text.split(' ');
      if (word === 'tool') tools.found.add(name);
      else if (word === 'ping-version') tools.pingVersion = [name, ...more].join(' ');
      else if (word === 'uid') tools.root = name === '0';
      else if (word === 'enter') tools.canEnter = true;
      else if (word === 'ready') done(tools);
    });
  });
}

/** The far side splits at spaces and reads lines; nothing else has a meaning there, and no shell evaluates a word. */
function oneWord(word: string): string {
  if (word === '' || /[^\x21-\x7e ]/.test(word)) throw new TypeError('this can not be a word of a command');
  return word;
}
