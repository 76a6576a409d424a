/** Names of one engine, or of snapshots, as far as they could be had. */
export interface Names {
  networks: string[];
  containers: string[];
  services: string[];
  tasks: string[];
}

/** What is asked of the Engine API for each list: GETs only, and no answer is waited for that is not needed. */
export const listPaths = {
  networks: '/networks?filters=%7B%22driver%22%3A%5B%22overlay%22%5D%7D',
  containers: '/containers/json',
  services: '/services',
  tasks: '/tasks?filters=%7B%22desired-state%22%3A%5B%22running%22%5D%7D',
} as const;

export type ListName = keyof typeof listPaths;

/** Names that a shell takes as one plain word: nothing that an engine or a snapshot says may become part of a command. */
const plain = /^[A-Za-z0-9_][A-Za-z0-9_.:@+-]{0,254}$/;

/** Pure part: the names in answers of the Engine API, which are foreign: anything else than plain words is left out. */
export function namesIn(answers: Readonly<Partial<Record<ListName, unknown>>>): Names {
  const services = rows(answers.services).flatMap((row) => {
    const {ID: id, Spec: spec} = row;
    const name = isObject(spec) ? spec['Name'] : undefined;
    return typeof id === 'string' && typeof name === 'string' ? [{id, name}] : [];
  });
  const serviceName = new Map(services.map(({id, name}) => [id, name]));
  return {
    networks: kept(rows(answers.networks).flatMap(overlayName)),
    containers: kept(rows(answers.containers).flatMap(containerName)),
    services: kept(services.map(({name}) => name)),
    tasks: kept(rows(answers.tasks).flatMap((task) => taskName(task, serviceName))),
  };
}

function overlayName({Name: name, Driver: driver}: Row): unknown[] {
  return driver === 'overlay' || driver === undefined ? [name] : [];
}

function containerName({Names: names, State: state}: Row): unknown[] {
  const [first] = Array.isArray(names) ? (names as unknown[]) : [];
  return typeof first === 'string' && (state === 'running' || state === undefined)
    ? [first.replace(/^\//, '')]
    : [];
}

/** SERVICE.SLOT.ID, or SERVICE.NODE.ID of a global service, as the engine calls the container. */
function taskName(task: Row, serviceName: ReadonlyMap<string, string>): unknown[] {
  const {ID: id, ServiceID: service, Slot: slot, NodeID: node} = task;
  const name = serviceName.get(String(service));
  const place = typeof slot === 'number' && slot > 0 ? slot : node;
  return name === undefined || place === undefined ? [] : [`${name}.${place}.${id}`];
}

type Row = Record<string, unknown>;

function isObject(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function rows(list: unknown): Row[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function kept(names: unknown[]): string[] {
  return names.filter((name): name is string => typeof name === 'string' && plain.test(name));
}
