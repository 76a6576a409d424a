/**
 * Prints what a start costs: CPU time (user and system, all processes) as medians of 30 interleaved rounds, as waiting tells more of
 * the machine than of the program.
 *
 *   node --import tsx scripts/start-up.ts [--rounds N] [--node FILE]… [--executable FILE --bare FILE] [--against CHECKOUT]
 *
 * For each Node.js (this one where none is named): bare, `--version`, `fdb` of a snapshot, and pressing Tab for a container among 200;
 * with --against also those of another built checkout. BARE is an executable of scripts/executable/bare.ts.
 */
import {fork, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync} from 'node:fs';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const snapshot = path.join(root, 'fixtures/recorded/node1.json.gz');

/** Answers as an engine with 200 containers does, until its parent ends it: measured calls block this process. */
function serveEngine(socket: string): void {
  const containers = Array.from({length: 200}, (_, index) => ({
    Id: index.toString(16).padStart(64, 'a'),
    Names: [`/shop_web.${index}.m62oyv4op3a5a8491nh75mulu`],
    State: 'running',
    Labels: {'com.docker.swarm.service.name': 'shop_web'},
  }));
  createServer((request, response) =>
    response.end(JSON.stringify(request.url?.startsWith('/containers') ? containers : [])),
  ).listen(socket, () => process.send?.('ready'));
}

interface Case {
  name: string;
  /** Command line. */
  call: string[];
  /** What its output must contain, or it has measured something else. */
  prints: RegExp;
}

/** The three calls of one form of the program. */
function calls(form: string, program: string[]): Case[] {
  return [
    {name: `${form} --version`, call: [...program, '--version'], prints: /^ovdiag/},
    {name: `${form} fdb`, call: [...program, 'fdb', 'uber-net', '--snapshot', snapshot], prints: /^uber-net/},
    {name: `${form} Tab`, call: [...program, '__complete', 'inspect', 'shop'], prints: /^shop_web\.199\./m},
  ];
}

async function measure(): Promise<void> {
  const {values} = parseArgs({
    options: {
      node: {type: 'string', multiple: true, default: [process.execPath]},
      executable: {type: 'string'},
      bare: {type: 'string'},
      against: {type: 'string'},
      rounds: {type: 'string', default: '30'},
    },
  });
  const {executable, bare, against} = values;
  const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-start-up-'));
  const socket = path.join(folder, 'docker.sock');
  const engine = fork(fileURLToPath(import.meta.url), ['engine', socket]);
  try {
    await once(engine, 'message');
    const compare = (cases: Case[]) => compareCases(cases, Number(values.rounds), socket);
    for (const node of values.node) {
      console.log(spawnSync(node, ['--version'], {encoding: 'utf8'}).stdout.trim());
      compare([
        {name: 'bare', call: [node, '-e', '0'], prints: /^$/},
        ...calls('npm form', [node, path.join(root, 'bin/run.js')]),
        ...(against === undefined
          ? []
          : calls('other', [node, path.join(path.resolve(against), 'bin/run.js')])),
      ]);
    }
    if (executable !== undefined && bare !== undefined) {
      console.log('executable');
      compare([
        {name: 'bare', call: [path.resolve(bare)], prints: /^$/},
        ...calls('executable', [path.resolve(executable)]),
      ]);
    }
  } finally {
    engine.kill();
    rmSync(folder, {recursive: true});
  }
}

/** Milliseconds of CPU, as bash counts them. A busy machine may let the engine's time limit for Tab pass: such a call does not count. */
function cpuOf({name, call, prints}: Case, socket: string): number {
  // With extra certificates, Node 20 pays for them on every start, whatever it runs.
  const {NODE_EXTRA_CA_CERTS: _, ...inherited} = process.env;
  const env = {...inherited, NO_COLOR: '1', DOCKER_HOST: `unix://${socket}`};
  const timed = `TIMEFORMAT='%3U %3S'; { time "$@" 2>&3; } 3>/dev/null`;
  let said = '';
  for (let attempt = 0; attempt < 5; attempt++) {
    const {stdout, stderr} = spawnSync('bash', ['-c', timed, 'bash', ...call], {env, encoding: 'utf8'});
    const [user = Number.NaN, system = Number.NaN] = stderr.trim().split(' ').map(Number);
    if (prints.test(stdout) && !Number.isNaN(user + system)) return (user + system) * 1000;
    said = stdout + stderr;
  }
  throw new Error(`${name}: ${said}`);
}

function compareCases(cases: readonly Case[], rounds: number, socket: string): void {
  const times = cases.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [index, one] of cases.entries()) times[index]?.push(cpuOf(one, socket));
  const medians = times.map(median);
  for (const [index, {name}] of cases.entries()) {
    const own = medians[index] ?? Number.NaN;
    console.log(
      `  ${name.padEnd(22)} ${own.toFixed(1).padStart(6)} ms, ${(own / (medians[0] ?? Number.NaN)).toFixed(2)} times bare`,
    );
  }
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const [, , role, socket = ''] = process.argv;
if (role === 'engine') serveEngine(socket);
else await measure();
