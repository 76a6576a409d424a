import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {labUnavailable} from './available.js';
import {chooseEngine} from './engines.js';
import {attach} from './lab.js';
import {defaultLabName} from './names.js';
import {down, up} from './swarm.js';

const usage = `A real two-node Docker swarm on this machine.

  npm run lab:up [NAME]                 build it, or see that it stands
  npm run lab -- node1 docker ps        run a command on node1, node2 or the router
  npm run lab:down [NAME]               remove it without a trace

The lab is called "default" unless NAME or the environment's OVDIAG_LAB says otherwise.
Its engines are the machine's own, or OVDIAG_LAB_ENGINE's (20.10, 26.1, 28.5: trees of Debian that are made once and kept),
or those of the root file system that OVDIAG_LAB_ROOT names.`;

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

async function bringUp(name: string): Promise<void> {
  const start = Date.now();
  const lab = await up(name, {progress: (step) => console.error(`  ${seconds(start)}  ${step}`)});
  const nodes = lab.nodes.map((node) => `${node.name} ${node.address}`).join(', ');
  const choice = name === 'default' ? '' : `OVDIAG_LAB=${name} `;
  console.log(`Lab ${name} is up after ${seconds(start)}: ${nodes}.
Next, for example:
  ${choice}npm run lab -- node1 docker ps
  ${choice}npm run lab -- node2 sh
  ${choice}npm run lab -- router ip -br addr
  npm run lab:down${name === 'default' ? '' : ` ${name}`}`);
}

/** The command gets this terminal, and its exit code becomes ours. */
async function runOn(where: string, argv: readonly string[]): Promise<void> {
  const lab = await attach(defaultLabName());
  const prefix = where === 'router' ? lab.router.prefix : lab.node(where).prefix;
  const [file = '', ...args] = [...prefix, ...argv];
  const child = spawn(file, args, {stdio: 'inherit'});
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
}

async function main([verb, ...rest]: readonly string[]): Promise<void> {
  if (verb === undefined || verb === 'help' || verb === '--help') {
    console.log(usage);
    return;
  }
  const reason = labUnavailable();
  if (reason !== undefined) throw new Error(`the lab can't run here: ${reason}`);
  await chooseEngine((step) => console.error(`  ${step}`));
  const name = rest[0] ?? defaultLabName();
  if (verb === 'up') return await bringUp(name);
  if (verb === 'down') {
    const start = Date.now();
    await down(name);
    console.log(`Lab ${name} is gone after ${seconds(start)}.`);
    return;
  }
  if (rest.length === 0) throw new Error(`what should run on ${verb}?\n\n${usage}`);
  await runOn(verb, rest);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
