import {nodePrefix} from './engine.js';
import {askEngine} from './engine-api.js';
import {LabError} from './error.js';
import {type RunOptions, type RunResult, run} from './exec.js';
import {type LabNames, labNames} from './names.js';
import type {ProcessId} from './process.js';
import {type LabState, readState} from './state.js';
import {type NodeSpec, routerPrefix} from './topology.js';

type Runner = (argv: readonly string[], options?: RunOptions) => Promise<RunResult>;

export interface LabNode extends NodeSpec {
  readonly dockerd: ProcessId;
  /** Put in front of a command, it runs on the node: its mounts, network and host name, directory `/`. */
  readonly prefix: readonly string[];
  readonly run: Runner;
  /** `docker ARGS` on the node. */
  readonly docker: Runner;
  /** What its engine answers to a GET of this path. */
  ask<T>(path: string): Promise<T>;
  /** Runs a program of the image inside a container of this node. */
  exec(container: string, argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Runs a program of the machine in one of the engine's network namespaces, named by its file. */
  inNetns(file: string, argv: readonly string[], options?: RunOptions): Promise<RunResult>;
}

export interface Lab {
  readonly name: string;
  readonly names: LabNames;
  /** The first one is the manager. */
  readonly nodes: readonly LabNode[];
  node(name: string): LabNode;
  /** The hop between the nodes; whatever is done here happens to the underlay. */
  readonly router: {readonly prefix: readonly string[]; readonly run: Runner};
}

export function makeNode(spec: NodeSpec, dockerd: ProcessId): LabNode {
  const prefix = nodePrefix(dockerd);
  const onNode: Runner = (argv, options) => run([...prefix, ...argv], options);
  const docker: Runner = (args, options) => onNode(['docker', ...args], options);
  return {
    ...spec,
    dockerd,
    prefix,
    run: onNode,
    docker,
    ask: (path) => askEngine(dockerd, path),
    exec: (container, argv, options) => docker(['exec', container, ...argv], options),
    inNetns: (file, argv, options) =>
      onNode(['nsenter', `--net=/var/run/docker/netns/${file}`, '--', ...argv], options),
  };
}

export function makeLab(names: LabNames, nodes: readonly LabNode[]): Lab {
  const prefix = routerPrefix(names);
  return {
    name: names.lab,
    names,
    nodes,
    node(name) {
      const found = nodes.find((node) => node.name === name);
      if (found === undefined)
        throw new LabError(`lab ${names.lab} has no ${name}, only ${nodes.map((n) => n.name).join(', ')}`);
      return found;
    },
    router: {prefix, run: (argv, options) => run([...prefix, ...argv], options)},
  };
}

export function labFromState(names: LabNames, state: LabState): Lab {
  const nodes = state.nodes.map(({name, address, gateway, dockerd}) =>
    makeNode({name, address, gateway}, dockerd),
  );
  return makeLab(names, nodes);
}

/** The handle of a lab that another process has built. It doesn't look whether the lab is well: `up` does. */
export async function attach(name: string): Promise<Lab> {
  const names = labNames(name);
  const state = await readState(names);
  if (state === undefined) throw new LabError(`no lab called ${name} stands here`);
  return labFromState(names, state);
}
