import {run} from './exec.js';
import {type Lab, type LabNode, labFromState} from './lab.js';
import type {LabNames} from './names.js';
import {isAlive} from './process.js';
import {type LabState, readState} from './state.js';
import {checkTraffic} from './traffic.js';
import {containers, services} from './workload.js';

/** Short, because a node that doesn't answer quickly is not worth keeping. */
const patience = {timeout: 5000};

/** The standing lab, if it is whole: all engines, all nodes, everything that should run does. */
export async function healthyLab(
  names: LabNames,
  nodeCount: number,
  root: string | undefined,
): Promise<Lab | undefined> {
  const state = await readState(names);
  if (state === undefined || state.nodes.length !== nodeCount || state.root !== root) return undefined;
  try {
    if (!(await enginesLive(names, state))) return undefined;
    const lab = labFromState(names, state);
    const checks = [...lab.nodes.map((node) => containersRun(lab, node)), swarmIsWhole(lab)];
    if (!(await Promise.all(checks)).every(Boolean)) return undefined;
    await checkTraffic(lab); // A fault that a test has put in and left there shows here.
    return lab;
  } catch {
    return undefined; // Whatever it was, a lab that can't be asked is not healthy.
  }
}

async function enginesLive(names: LabNames, state: LabState): Promise<boolean> {
  const ids = state.nodes.flatMap(({dockerd, forwarding}) => [dockerd, forwarding]);
  if (!(await Promise.all(ids.map(isAlive))).every(Boolean)) return false;
  await run(['ip', '-n', names.netns('router'), 'link', 'show', 'dev', 'lo'], patience);
  return true;
}

async function containersRun(lab: Lab, node: LabNode): Promise<boolean> {
  const {stdout} = await node.docker(['ps', '-a', '--format', '{{.Names}} {{.State}}'], patience);
  const states = new Map(stdout.split('\n').map((line) => line.split(' ') as [string, string]));
  return containers(lab.nodes)
    .filter((one) => one.node === node.name)
    .every(({name, runs}) => states.get(name) === (runs ? 'running' : 'exited'));
}

export async function swarmIsWhole(lab: Lab): Promise<boolean> {
  const manager = lab.nodes[0];
  if (manager === undefined) return false;
  const [nodes, replicas] = await Promise.all([
    manager.docker(['node', 'ls', '--format', '{{.Status}}'], patience),
    manager.docker(['service', 'ls', '--format', '{{.Name}} {{.Replicas}}'], patience),
  ]);
  const ready = nodes.stdout.split('\n').filter((status) => status === 'Ready').length;
  // "app 2/2 (max 1 per node)"
  const running = new Map(replicas.stdout.split('\n').map((line) => line.split(' ') as [string, string]));
  const wanted = services(lab.nodes).every(
    (one) => running.get(one.name) === `${one.replicas}/${one.replicas}`,
  );
  return ready === lab.nodes.length && wanted;
}
