import {mkdir} from 'node:fs/promises';
import {cleanUp} from './cleanup.js';
import {logTail, startEngine} from './engine.js';
import {LabError} from './error.js';
import {healthyLab, swarmIsWhole} from './health.js';
import {buildImage, image} from './image.js';
import {type Lab, type LabNode, makeLab, makeNode} from './lab.js';
import {withLock} from './lock.js';
import {defaultLabName, defaultLabRoot, type LabNames, labNames} from './names.js';
import {noteOwner} from './owner.js';
import {layout, writeState} from './state.js';
import {buildTopology, nodeSpecs} from './topology.js';
import {checkTraffic} from './traffic.js';
import {until} from './wait.js';
import {
  type ContainerSpec,
  containers,
  localNetworks,
  runArgs,
  serviceArgs,
  services,
  swarmNetworks,
} from './workload.js';

export interface UpOptions {
  /** How many of the nodes in `nodeSpecs` to build. */
  readonly nodeCount?: number;
  /** The tree to run the nodes' engines from; `defaultLabRoot` where not given. */
  readonly root?: string;
  /** Told about each step, for people who watch. */
  readonly progress?: (step: string) => void;
}

/** A lab that stands and works: the one there is if it is whole, else a new one in its place. */
export function up(name = defaultLabName(), options: UpOptions = {}): Promise<Lab> {
  const {nodeCount = 2, root = defaultLabRoot(), progress = () => {}} = options;
  const names = labNames(name);
  return withLock(names, async () => {
    const standing = await healthyLab(names, nodeCount, root);
    if (standing !== undefined) {
      progress('it stands already');
      return standing;
    }
    progress('removing what an earlier run may have left');
    await cleanUp(names);
    await noteOwner(names);
    return await build(names, nodeCount, root, progress);
  });
}

/** Leaves nothing of the lab, in whatever condition it is. */
export function down(name = defaultLabName()): Promise<void> {
  const names = labNames(name);
  return withLock(names, () => cleanUp(names));
}

async function build(
  names: LabNames,
  nodeCount: number,
  root: string | undefined,
  progress: (step: string) => void,
): Promise<Lab> {
  const specs = nodeSpecs.slice(0, nodeCount);
  await mkdir(names.directory, {recursive: true, mode: 0o700});

  progress(`router and ${specs.map(({name}) => name).join(', ')}: namespaces, links, engines`);
  await buildTopology(names, specs);
  const [tar, ...engines] = await Promise.all([
    buildImage(names),
    ...specs.map(async (spec) => ({...spec, ...(await startEngine(names, spec, specs, root))})),
  ]);
  const lab = makeLab(
    names,
    engines.map(({name, address, gateway, dockerd}) => makeNode({name, address, gateway}, dockerd)),
  );
  const explain = async () => (await Promise.all(specs.map(({name}) => logTail(names, name)))).join('\n');
  try {
    progress('image, swarm');
    await Promise.all([formSwarm(lab), ...lab.nodes.map((node) => node.docker(['import', tar, image]))]);
    progress('networks, services, containers');
    await startWorkload(lab);
    progress('waiting until the services run and the overlays carry traffic');
    await until({what: 'the services'}, async () => ((await swarmIsWhole(lab)) ? true : undefined));
    // Gossip reaches the other nodes a moment after the containers run; a lab that is up has that behind it.
    await until({what: 'traffic in the overlays'}, async () => {
      await checkTraffic(lab);
      return true;
    });
  } catch (error) {
    throw new LabError(`${error instanceof Error ? error.message : String(error)}\n${await explain()}`);
  }
  await writeState(names, {layout, nodes: engines, ...(root === undefined ? {} : {root})});
  return lab;
}

/** Whether this is the guest of test/lab/full. */
const inGuest = process.env['OVDIAG_GUEST'] === '1';

function managerOf(lab: Lab): LabNode {
  const [manager] = lab.nodes;
  if (manager === undefined) throw new LabError('a lab needs at least one node');
  return manager;
}

async function formSwarm(lab: Lab): Promise<void> {
  const manager = managerOf(lab);
  await manager.docker(['swarm', 'init', '--advertise-addr', manager.address]);
  const token = (await manager.docker(['swarm', 'join-token', '-q', 'worker'])).stdout;
  await Promise.all(
    lab.nodes
      .filter((node) => node !== manager)
      .map((node) =>
        node.docker([
          'swarm',
          'join',
          '--advertise-addr',
          node.address,
          '--token',
          token,
          `${manager.address}:2377`,
        ]),
      ),
  );
  await until({what: 'every node to be ready'}, async () => {
    const {stdout} = await manager.docker(['node', 'ls', '--format', '{{.Status}}']);
    return stdout.split('\n').filter((status) => status === 'Ready').length === lab.nodes.length
      ? true
      : undefined;
  });
}

async function startWorkload(lab: Lab): Promise<void> {
  const manager = managerOf(lab);
  for (const {name, args} of swarmNetworks) await manager.docker(['network', 'create', ...args, name]);
  for (const service of services(lab.nodes)) await manager.docker(serviceArgs(service));
  for (const {name, args} of localNetworks) await manager.docker(['network', 'create', ...args, name]);
  // In a guest everything takes several times as long, but for the engine's own limits.
  if (inGuest)
    await until({what: 'the services'}, async () => ((await swarmIsWhole(lab)) ? true : undefined));
  const all = containers(lab.nodes);
  await Promise.all(
    lab.nodes.map((node) =>
      startContainers(
        node,
        all.filter((one) => one.node === node.name),
      ),
    ),
  );
}

/**
 * Now and then a swarm loses one of several attachments that are asked for at once, and one on a slow machine needs longer:
 * the engine gives up after 20 s, with which it may remove a network that the next container has just asked for. Asking
 * again helps.
 */
async function startContainer(node: LabNode, container: ContainerSpec): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await node.docker(runArgs(container));
      return;
    } catch (error) {
      const isLost =
        error instanceof LabError && /attach(ing)? to network|network \w+ not found/.test(error.message);
      if (!isLost || attempt === mostAttempts) throw error;
      await node.docker(['rm', '-f', container.name]);
    }
  }
}

/** How often an attachment is asked for, 20 s each; a guest on a busy machine has needed more than six. */
const mostAttempts = inGuest ? 30 : 6;

/** A few at a time: one by one is slow, and all at once is more than two cores and one engine digest in time. */
async function startContainers(node: LabNode, list: readonly ContainerSpec[]): Promise<void> {
  const waiting = [...list];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await startContainer(node, next);
    }
  };
  await Promise.all(Array.from({length: inGuest ? 1 : 3}, worker));
}
