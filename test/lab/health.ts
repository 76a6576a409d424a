import {run} from './exec.js';
import {type Lab, type LabNode, labFromState} from './lab.js';
import type {LabNames} from './names.js';
import {isAlive} from './process.js';
import {type LabState, readState} from './state.js';
import {checkTraffic} from './traffic.js';
import {containers, services} from './workload.js';

/** Milliseconds, many times what a quiet machine takes: a node that doesn't answer by then is not worth keeping. */
const patience = {timeout: 120_000};

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
  const all = await node.ask<{Names: string[]; State: string}[]>('/containers/json?all=1');
  const states = new Map(all.map(({Names, State}) => [Names[0]?.slice(1), State]));
  return containers(lab.nodes)
    .filter((one) => one.node === node.name)
    .every(({name, runs}) => states.get(name) === (runs ? 'running' : 'exited'));
}

export async function swarmIsWhole(lab: Lab): Promise<boolean> {
  const manager = lab.nodes[0];
  if (manager === undefined) return false;
  const [nodes, running] = await Promise.all([
    manager.ask<{Status: {State: string}}[]>('/nodes'),
    manager.ask<{Spec: {Name: string}; ServiceStatus: {RunningTasks: number}}[]>('/services?status=true'),
  ]);
  const ready = nodes.filter(({Status}) => Status.State === 'ready').length;
  const wanted = services(lab.nodes).every(({name, replicas}) =>
    running.some(({Spec, ServiceStatus}) => Spec.Name === name && ServiceStatus.RunningTasks === replicas),
  );
  return ready === lab.nodes.length && wanted;
}
