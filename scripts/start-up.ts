/**
 * Prints how long `ovdiag --version` takes, as a multiple of a bare `node -e 0`, and pressing Tab for a container among 200, as a
 * multiple of `--version`: medians of 20, interleaved.
 */
import {fork, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync} from 'node:fs';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const program = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const rounds = 20;

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

async function measure(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-start-up-'));
  const socket = path.join(folder, 'docker.sock');
  const engine = fork(fileURLToPath(import.meta.url), ['engine', socket]);
  try {
    await once(engine, 'message');
    compare(socket);
  } finally {
    engine.kill();
    rmSync(folder, {recursive: true});
  }
}

function compare(socket: string): void {
  // With extra certificates, Node 20 pays for them on every start, whatever it runs.
  const {NODE_EXTRA_CA_CERTS: _, ...inherited} = process.env;
  const env = {...inherited, DOCKER_HOST: `unix://${socket}`};
  const milliseconds = (args: string[], prints = /^/) => {
    const start = process.hrtime.bigint();
    const {status, stdout} = spawnSync(process.execPath, args, {env, encoding: 'utf8'});
    const taken = Number(process.hrtime.bigint() - start) / 1e6;
    if (status !== 0 || !prints.test(stdout)) throw new Error(`node ${args.join(' ')} ended with ${status}`);
    return taken;
  };
  const times: Record<'bare' | 'version' | 'tab', number[]> = {bare: [], version: [], tab: []};
  for (let round = 0; round < rounds; round++) {
    times.bare.push(milliseconds(['-e', '0']));
    times.version.push(milliseconds([program, '--version'], /^ovdiag/));
    times.tab.push(milliseconds([program, '__complete', 'inspect', 'shop'], /^shop_web\.199\./m));
  }
  const [bare, version, tab] = [median(times.bare), median(times.version), median(times.tab)];
  console.log(
    [
      `node -e 0: ${bare.toFixed(1)} ms`,
      `ovdiag --version: ${version.toFixed(1)} ms, ratio ${(version / bare).toFixed(2)}`,
      `Tab: ${tab.toFixed(1)} ms, ratio to --version ${(tab / version).toFixed(2)} (medians of ${rounds})`,
    ].join('; '),
  );
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const [, , role, socket = ''] = process.argv;
if (role === 'engine') serveEngine(socket);
else await measure();
