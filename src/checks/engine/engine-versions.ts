import {line} from '../../base/command.js';
import {fixByOthers, look} from '../../findings/advice.js';
import type {DockerModel} from '../../model/docker-types.js';
import {atLeast, type EngineVersion, engineVersion, within} from '../../model/engine-version.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type HostDigest, type Report} from '../check.js';

/** A host's word on who runs which engine, and who takes part in which encrypted network. */
interface Digest {
  /** `ID NAME VERSION`; of managers all nodes that are ready, of others themselves. */
  nodes: string[];
  encrypted: {id: string; name: string; nodes: string[]}[];
}

/** Engines that put addresses into the number of a key as 4 bytes; all others put 16 (moby#51798). */
const odd: [string, string][] = [
  ['28.2.2', '28.2.2'],
  ['29.0.0', '29.2.0'],
  ['25.0.13', '25.0.14'],
];

/** Versions of engines: known not to talk with each other, or known for faults in their tables. */
export const engineVersions = defineCheck<Digest>({
  name: 'engine-versions',
  codes: ['engine-versions-mixed', 'engine-fdb-bug'],
  ignores: ['containers', 'balancers', 'rules', 'files'],
  perHost(host, report) {
    fdbFaults(host, report);
    return digestOf(host);
  },
  across(hosts, report) {
    const known = new Map(
      hosts.flatMap(({digest}) => digest.nodes).map((line) => [line.split(' ')[0], line]),
    );
    for (const {name, id, nodes} of networks(hosts)) {
      const running = nodes.flatMap((node) => {
        const [, ...words] = known.get(node)?.split(' ') ?? [];
        const version = engineVersion(words.at(-1));
        return version ? [{text: words.join(' '), odd: isOdd(version)}] : [];
      });
      const [these, those] = [true, false].map((side) => running.filter((one) => one.odd === side));
      if (!these?.length || !those?.length) continue;
      report.found({
        code: 'engine-versions-mixed',
        severity: 'error',
        host: null,
        network: name,
        subject: name,
        evidence: [these, those].map((side) =>
          side
            .slice(0, 10)
            .map(({text}) => text)
            .join(', '),
        ),
        cause: `the engines of the first line compute other SPIs for encrypted networks than those of the second: no traffic of ${name} passes between them, while names resolve`,
        check: look(line("docker version -f '{{.Server.Version}}'")),
        fix: fixByOthers(
          'administrator of the engines',
          'install 29.2.1, 25.0.15 or later on the nodes of the first line; their containers are restarted',
        ),
        basis: hosts.length > 1 ? 'several-hosts' : 'one-host',
        at: {networkId: id},
        reach: [{networkId: id}, ...hosts.flatMap(({vtep}) => (vtep === undefined ? [] : [{vtep}]))],
      });
    }
  },
});

function isOdd(version: EngineVersion): boolean {
  return odd.some(([first, last]) => within(version, first, last));
}

function digestOf({model, overlays}: KnownHost): Digest | undefined {
  const {docker} = model;
  const own = docker?.engine.swarm?.nodeId;
  if (!docker || own === undefined) return undefined;
  const here = overlays.filter(({network}) => network.encrypted).map(({network}) => network.id);
  const encrypted = docker.networks
    .filter(({driver, encrypted: sealed}) => driver === 'overlay' && sealed)
    .map(({id, name}) => {
      const tasks = nodesWithTasks(docker, id);
      return {id, name, nodes: [...new Set([...tasks, ...(here.includes(id) ? [own] : [])])]};
    });
  if (encrypted.length === 0) return undefined;
  const ready = docker.nodes
    .filter(({state}) => state === 'ready')
    .map(({id, hostname, engineVersion: text}) => [id, hostname, text]);
  // What an engine says of itself counts more than what the manager last heard of it.
  const nodes = [...ready, [own, model.name, docker.engine.version]].flatMap(([id, name, text]) =>
    text ? [`${id} ${(name ?? id ?? '').replace(/\s/g, '_')} ${text}`] : [],
  );
  return {nodes: [...new Set(nodes)], encrypted};
}

function nodesWithTasks({tasks}: DockerModel, network: string): string[] {
  return tasks
    .filter(
      ({state, attachments}) =>
        state === 'running' && attachments.some(({networkId}) => networkId === network),
    )
    .flatMap(({nodeId}) => nodeId ?? []);
}

/** Each encrypted network once, with the nodes that any host names for it. */
function networks(hosts: HostDigest<Digest>[]): Digest['encrypted'] {
  const byId = new Map<string, Digest['encrypted'][number]>();
  for (const {id, name, nodes} of hosts.flatMap(({digest}) => digest.encrypted)) {
    const known = byId.get(id);
    byId.set(id, {id, name, nodes: [...new Set([...(known?.nodes ?? []), ...nodes])]});
  }
  return [...byId.values()];
}

interface Fault {
  severity: 'warning' | 'info';
  cause: string;
  /** A read-only command. */
  look: string;
  fix: string;
}

function faultOf(version: EngineVersion): Fault | undefined {
  if (within(version, '28.2.0', '28.2.2')) {
    return {
      severity: 'warning',
      cause:
        'this engine deletes the entries of removed endpoints from the wrong namespace, so FDB and neighbour entries of every endpoint that ever left another node stay; once an address is reused elsewhere, frames go to the old node',
      look: 'docker version',
      fix: 'install 28.3.0 or later; every container of the host is restarted',
    };
  }
  // 29.8.0 is the newest of which it is known.
  if (within(version, '29.0.0', '29.8.0') || (atLeast(version, '25.0.13') && !atLeast(version, '25.1'))) {
    return {
      severity: 'info',
      cause:
        'this engine adds FDB entries only where there is none: if the kernel has learned the entry before, as after a short partition, the add fails and the entry is lost when it ages out. Look for fdb-row-missing and learned entries after such an event',
      look: "journalctl -u docker | grep -e 'already present' -e 'failed to add peer entry'",
      fix: 'nothing is wrong yet: look for fdb-row-missing after partitions, and install a version in which it is fixed',
    };
  }
  return undefined;
}

function fdbFaults(host: KnownHost, report: Report): void {
  const text = host.model.docker?.engine.version;
  const version = engineVersion(text);
  const fault = version && host.overlays.length > 0 ? faultOf(version) : undefined;
  if (!fault) return;
  report.found({
    code: 'engine-fdb-bug',
    severity: fault.severity,
    host: host.name,
    network: null,
    subject: `engine ${text}`,
    evidence: [
      `GET /info: ServerVersion ${text}`,
      `overlays here: ${host.overlays.map(({network}) => network.name).join(', ')}`,
    ],
    cause: fault.cause,
    check: look(line(fault.look)),
    fix: fixByOthers('administrator of the engine', fault.fix),
    basis: 'one-host',
    at: {host: host.name},
  });
}
