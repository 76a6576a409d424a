import path from 'node:path';
import {nodePrefix} from './engine.js';
import {LabError} from './error.js';
import {run} from './exec.js';
import {type Lab, labFromState} from './lab.js';
import {isAlive, signal} from './process.js';
import {spawnDetached} from './spawn.js';
import {readState, writeState} from './state.js';
import {until} from './wait.js';
import {containers} from './workload.js';

/** A way into a node that does not depend on its engine: by the process that gives new namespaces their setting. */
export async function lastingPrefix(lab: Lab, node: string): Promise<string[]> {
  const found = (await readState(lab.names))?.nodes.find(({name}) => name === node);
  if (found === undefined) throw new LabError(`no ${node} in lab ${lab.name}`);
  return nodePrefix(found.forwarding);
}

/**
 * Ends a node's engine as a service manager would, and starts it again in the same namespaces. Its containers end with
 * it, as there is no live restore in a swarm, and are started again after. Gives the lab with the new engine.
 *
 * A manager of 20.10 at times calls a node down that has just registered, and gives it nothing to do from then on, though
 * it hears its heartbeats; another restart ends that.
 */
export async function restartEngine(lab: Lab, node: string): Promise<Lab> {
  try {
    return await restartOnce(lab, node);
  } catch (error) {
    const [manager] = lab.nodes;
    const asked = await manager?.docker(['node', 'inspect', '--format', '{{.Status.State}}', node]);
    if (asked?.stdout.trim() !== 'down') throw error;
    return restartOnce(lab, node);
  }
}

async function restartOnce(lab: Lab, node: string): Promise<Lab> {
  const state = await readState(lab.names);
  const spec = state?.nodes.find(({name}) => name === node);
  if (state === undefined || spec === undefined) throw new LabError(`no ${node} in lab ${lab.name}`);
  await signal(spec.dockerd, 'SIGTERM');
  await until({what: `the end of the engine of ${node}`}, async () =>
    (await isAlive(spec.dockerd)) ? undefined : true,
  );
  const prefix = nodePrefix(spec.forwarding);
  const log = path.join(lab.names.nodeDirectory(node), 'dockerd.log');
  const dockerd = await spawnDetached([...prefix, 'dockerd'], log);
  await until({what: `the engine of ${node}`}, async () => {
    const {exitCode} = await run([...prefix, 'docker', 'version'], {reject: false});
    return exitCode === 0 ? true : undefined;
  });
  const nodes = state.nodes.map((one) => (one.name === node ? {...one, dockerd} : one));
  await writeState(lab.names, {...state, nodes});
  const renewed = labFromState(lab.names, {...state, nodes});
  const names = containers(renewed.nodes).filter((one) => one.node === node && one.runs);
  await until({what: `the containers of ${node}`}, async () => {
    await renewed.node(node).docker(['start', ...names.map(({name}) => name)]);
    return true;
  });
  return renewed;
}
