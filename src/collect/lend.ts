import type {DockerAnswer, HostEvidence, HostNode} from '../snapshot/snapshot.js';

type Docker = HostEvidence['docker'];
type Json = Record<string, unknown>;

/**
 * A manager's answers cut down to what concerns one node, for evidence that came without its engine: the overlay
 * networks, the node's own tasks with their services, and of gossip the node's own endpoints, which have the names of
 * plain containers. So a node's snapshot can be read alone.
 */
export function lentAnswers(manager: {name: string; docker: Docker}, node: HostNode): Docker {
  const {answers, apiVersion} = manager.docker;
  const lent = {lentBy: manager.name, ...(apiVersion === undefined ? {} : {apiVersion})};
  const cut = (answer: DockerAnswer, keep: (entry: Json) => boolean): DockerAnswer => ({
    ...answer,
    body: list(answer.body).filter(keep),
  });
  const good = answers.filter(({status}) => status === 200);
  const tasks = good.filter(({path}) => /^\/tasks(\?|$)/.test(path)).map((answer) => cut(answer, ofNode));
  function ofNode(entry: Json): boolean {
    return entry['NodeID'] === node.id;
  }
  const own = tasks.flatMap(({body}) => list(body));
  const services = new Set(own.map((task) => task['ServiceID']));
  const addresses = addressesByNetwork(own);
  return {
    ...lent,
    answers: good.flatMap((answer): DockerAnswer[] => {
      const {path} = answer;
      if (path === '/nodes') return [answer];
      if (path === '/services') return [cut(answer, ({ID}) => services.has(ID))];
      if (path === '/networks')
        return [cut(answer, ({Scope, Driver}) => Scope === 'swarm' && Driver === 'overlay')];
      const inspected = /^\/networks\/([0-9a-z]+)\?verbose=true$/.exec(path)?.[1];
      const ours = inspected === undefined ? undefined : addresses.get(inspected);
      if (ours) return [{...answer, body: gossipOf(answer.body, ours)}];
      const index = tasks.findIndex((task) => task.path === path);
      return index < 0 ? [] : [tasks[index] as DockerAnswer];
    }),
  };
}

/** Network id → the addresses that tasks have there. */
function addressesByNetwork(tasks: Json[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const attachment of tasks.flatMap((task) => list(task['NetworksAttachments']))) {
    const id = object(attachment['Network'])['ID'];
    if (typeof id !== 'string') continue;
    const known = found.get(id) ?? new Set();
    found.set(id, known);
    const {Addresses} = attachment;
    for (const address of Array.isArray(Addresses) ? Addresses : []) known.add(bare(address));
  }
  return found;
}

function gossipOf(body: unknown, addresses: Set<string>): Json {
  const {Id, Name, Driver, Scope, Services} = object(body);
  return {
    Id,
    Name,
    Driver,
    Scope,
    Services: Object.fromEntries(
      Object.entries(object(Services)).flatMap(([name, service]) => {
        const Tasks = list(object(service)['Tasks']).filter((task) =>
          addresses.has(bare(task['EndpointIP'])),
        );
        return Tasks.length > 0 ? [[name, {Tasks}]] : [];
      }),
    ),
  };
}

/** Without the prefix length. */
function bare(address: unknown): string {
  return String(address).replace(/\/\d+$/, '');
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(object) : [];
}
