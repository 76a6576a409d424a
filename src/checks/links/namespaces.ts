import {named, number, path as pathWord, sh} from '../../base/command.js';
import {type Advice, fixBy, look, noFix} from '../../findings/advice.js';
import type {Finding} from '../../findings/finding.js';
import type {Container, Network} from '../../model/docker-types.js';
import type {NamespaceState} from '../../model/namespace-files.js';
import {namespacePath} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {Sandbox} from '../../topology/sandboxes.js';
import {removesLate} from '../../topology/sandboxes.js';
import {present} from '../../topology/tunnels.js';
import {defineCheck, type HostDigest, type Report} from '../check.js';

/** An overlay network as one host knows it. */
interface Known {
  id: string;
  name: string;
  /** Whether it has a sandbox on the host. */
  here: boolean;
}

interface Digest {
  /** What tells the swarm: the id of its ingress network. The cluster's own id is told by managers alone. */
  swarm: string;
  networks: Known[];
}

/** The files of the namespace directory against what Docker says is there. */
export const namespaces = defineCheck<Digest>({
  name: 'namespaces',
  codes: [
    'namespace-dead',
    'namespace-file-missing',
    'namespace-orphan',
    'network-two-epochs',
    'network-id-mismatch',
  ],
  ignores: ['rules', 'files'],
  perHost(host, report) {
    const {docker} = host.model;
    if (!docker?.read.networks || !docker.read.containers) {
      report.notChecked({
        host: host.name,
        network: null,
        reason:
          'whose the files of the namespace directory are: the engine did not list its networks and containers',
        add: 'check that the engine answers there: docker ps',
      });
      return undefined;
    }
    for (const sandbox of host.sandboxes) {
      if (plain.has(sandbox.namespace.state)) dead(host, sandbox, docker.networks, report);
      else if (present.has(sandbox.namespace.state)) orphan(host, sandbox, report);
    }
    for (const container of docker.containers) withoutFile(host, container, report);
    for (const overlay of host.overlays) {
      if (overlay.sandboxes.length > 1) report.found(twoEpochs(host, overlay.network, overlay.sandboxes));
    }
    const swarm = docker.networks.find(({ingress}) => ingress)?.id;
    if (swarm === undefined) return undefined;
    const here = new Set(host.overlays.map(({network}) => network.id));
    return {
      swarm,
      networks: docker.networks
        .filter(({driver, scope}) => driver === 'overlay' && scope === 'swarm')
        .map(({id, name}) => ({id, name, here: here.has(id)})),
    };
  },
  across: twoIds,
});

/** States of a plain file; which of the two is told by its age, and that is the age of the namespace that it was. */
const plain: ReadonlySet<NamespaceState> = new Set(['dead', 'torn-down']);

/** The network of which a file was the only sandbox here, and which has endpoints on this host. */
function instantiatedBy(
  host: KnownHost,
  {kind, namespace: {file}}: Sandbox,
  networks: Network[],
): Network | undefined {
  if (kind !== 'overlay') return undefined;
  const prefix = file.replace(/^\d+-/, '');
  const others = host.sandboxes.some(
    ({namespace}) => present.has(namespace.state) && namespace.file.replace(/^\d+-/, '') === prefix,
  );
  if (others) return undefined;
  return networks.find(
    ({id, driver, endpoints}) => driver === 'overlay' && id.startsWith(prefix) && endpoints?.length,
  );
}

/** Who uses a namespace: the proof, and what puts it right. */
interface Use {
  user: string;
  evidence: string;
  fix: Advice['fix'];
}

/** Its process still is in its namespace, which is mounted again from there (moby libnetwork osl createNamespaceFile, mountNetworkNamespace). */
function usedByContainer(host: KnownHost, {name, pid}: Container, file: string): Use {
  return {
    user: name,
    evidence: `docker inspect ${name}: running, SandboxKey …/${file}`,
    fix: pid
      ? fixBy({
          commands: [
            sh`mount --bind /proc/${number(pid)}/ns/net ${pathWord(namespacePath(host.model, file))}`,
          ],
          affects: `the file of this namespace; ${name} goes on running`,
        })
      : noFix(`not known: the process of ${name}, from which its namespace could be mounted again`),
  };
}

/**
 * A container that runs, and whose namespace file is not there at all. It goes on sending; what needs the file is the engine,
 * and who reads it.
 */
function withoutFile(host: KnownHost, container: Container, report: Report): void {
  const {sandboxFile: file, sandboxDir, name} = container;
  const {namespaces, netnsDir} = host.model;
  if (!livesOn(host, container) || file === undefined || namespaces.length === 0 || netnsDir === undefined)
    return;
  if (sandboxDir?.replace(/^\/var\/run\//, '/run/') !== netnsDir.replace(/^\/var\/run\//, '/run/')) return;
  if (namespaces.some((one) => one.file === file)) return;
  const {evidence, fix} = usedByContainer(host, container, file);
  const isMounted = fix.by === 'commands';
  report.found({
    code: 'namespace-file-missing',
    severity: 'warning',
    host: host.name,
    network: null,
    subject: name,
    evidence: [evidence, `no file ${namespacePath(host.model, file)}`],
    cause: `the namespace file of ${name} is gone while it runs: it goes on sending, but the engine can not change its networks, and what is in it was not checked`,
    check: look(sh`ls -l ${pathWord(namespacePath(host.model, file))}`, 'no such file'),
    fix: isMounted
      ? {...fix, commands: [sh`touch ${pathWord(namespacePath(host.model, file))}`.text, ...fix.commands]}
      : fix,
    basis: 'one-host',
    at: {host: host.name, netns: file},
  });
}

/** A container that begins or ends has no file for a moment, while the engine calls it running. */
const settledMs = 10_000;

/** Whether it has run for a while, and still did when processes were listed, which is after the files. */
function livesOn({model}: KnownHost, {running, pid, startedAt}: Container): boolean {
  if (!running || pid === undefined || startedAt === undefined || !model.netnsOfPid.has(pid)) return false;
  return Date.parse(model.startedAt) - Date.parse(startedAt) > settledMs;
}

function usedByNetwork({name, endpoints = []}: Network): Use {
  return {
    user: name,
    evidence: `docker network inspect ${name}: ${endpoints.map((endpoint) => endpoint.name).join(', ')} on this host`,
    fix: noFix(
      `no command: the namespace has no name any more. With the last endpoint of ${name} on this host its sandbox goes, and it is recreated with the next one`,
    ),
  };
}

/** A plain file where a namespace should be. On engines up to 27 it may be of the last minute, whatever its age. */
function dead(host: KnownHost, sandbox: Sandbox, networks: Network[], report: Report): void {
  const {file, state} = sandbox.namespace;
  const container = (host.model.docker?.containers ?? []).find(
    ({running, sandboxFile}) => running && sandboxFile === file,
  );
  const network = instantiatedBy(host, sandbox, networks);
  const evidence = [`${namespacePath(host.model, file)}: a plain file, no namespace is mounted on it`];
  const shared = {
    code: 'namespace-dead' as const,
    host: host.name,
    subject: file,
    basis: 'one-host' as const,
    at: {host: host.name, netns: file, ...(network ? {networkId: network.id} : {})},
  };
  const use = container ? usedByContainer(host, container, file) : network && usedByNetwork(network);
  if (use) {
    report.found({
      ...shared,
      severity: 'error',
      network: network?.name ?? null,
      evidence: [...evidence, use.evidence],
      cause: `${file} is the namespace of ${use.user}, which is in use, and nothing is mounted on it any more: the engine can change nothing in there, and can not let it go either`,
      check: look(
        sh`stat -f -c %T ${pathWord(namespacePath(host.model, file))}`,
        'nsfs where a namespace is mounted',
      ),
      fix: use.fix,
    });
    return;
  }
  if (state === 'torn-down') return;
  if (removesLate(host.model)) {
    report.notChecked({
      host: host.name,
      network: null,
      reason: `whether ${file}, a plain file, is left behind: engines up to 27 remove such files within a minute`,
      add: 'look again in a minute',
    });
    return;
  }
  report.found({
    ...shared,
    severity: 'info',
    network: null,
    evidence,
    cause: `${file} is left of a namespace that is gone; this engine removes such files at once`,
    check: look(
      sh`stat -f -c %T ${pathWord(namespacePath(host.model, file))}`,
      'nsfs where a namespace is mounted',
    ),
    fix: fixBy({
      commands: [sh`rm ${pathWord(namespacePath(host.model, file))}`],
      affects: 'that empty file',
    }),
  });
}

/** A namespace that is there, and nothing that Docker knows is in it. */
function orphan(host: KnownHost, sandbox: Sandbox, report: Report): void {
  const {kind, network, namespace, containers, containerIds, vnis} = sandbox;
  const {file, pids} = namespace;
  const ofNetwork = kind === 'overlay' || kind === 'load-balancer';
  if (ofNetwork ? network !== undefined || ambiguous(host, file) : kind !== 'container') return;
  if (
    !ofNetwork &&
    (containers.length > 0 || containerIds.length > 0 || pids.length > 0 || keyed(host, file))
  )
    return;
  const path = namespacePath(host.model, file);
  report.found({
    code: 'namespace-orphan',
    severity: 'warning',
    host: host.name,
    network: null,
    subject: file,
    evidence: [
      `${path}: a namespace is mounted${vnis.length > 0 ? `, with a vxlan device of VNI ${vnis.join(', ')}` : ''}`,
      ofNetwork
        ? `docker network ls: no network whose id begins with ${file.replace(/^(\d+-|lb_)/, '')}`
        : `docker ps: no container with SandboxKey …/${file}; no process lives in it`,
    ],
    cause: ofNetwork
      ? `${file} is of a network that this engine no longer has: an engine that ended unasked leaves its namespaces mounted`
      : `${file} is of a container that is gone`,
    check: look(sh`nsenter --net=${pathWord(path)} ip -d addr`, 'its devices'),
    fix: fixBy({
      commands: [sh`umount ${pathWord(path)}`, sh`rm ${pathWord(path)}`],
      affects: 'that namespace: it goes with its last user, and its devices with it',
    }),
    basis: 'one-host',
    at: {host: host.name, netns: file},
  });
}

/** Several networks begin like this, and which it is of could not be told. */
function ambiguous({model}: KnownHost, file: string): boolean {
  const rest = file.replace(/^(\d+-|lb_)/, '');
  return (model.docker?.networks ?? []).some(({id, driver}) => driver === 'overlay' && id.startsWith(rest));
}

/** A running container claims this file, though its process was seen elsewhere. */
function keyed({model}: KnownHost, file: string): boolean {
  return (model.docker?.containers ?? []).some(({running, sandboxFile}) => running && sandboxFile === file);
}

function twoEpochs(host: KnownHost, network: Network, sandboxes: Sandbox[]): Finding {
  const files = sandboxes.map(({namespace}) => namespace.file).sort();
  const unused = unusedFile(sandboxes);
  return {
    code: 'network-two-epochs',
    severity: 'warning',
    host: host.name,
    network: network.name,
    subject: files.join(' and '),
    evidence: sandboxes.map(
      ({namespace, vnis}) =>
        `${namespace.file}: ${namespace.tables?.links?.map(({name}) => name).join(', ') ?? 'not read'}${vnis.length > 0 ? `; VNI ${vnis.join(', ')}` : ''}`,
    ),
    cause: `${network.name} has two sandboxes here: it was rebuilt while the earlier one could not be removed, and only one of them is used`,
    check: look(sh`ovdiag links ${named(network.name)}`, 'which of them the containers are in'),
    fix:
      unused === undefined
        ? noFix('not known: which of the two is not used')
        : fixBy({
            commands: [
              sh`umount ${pathWord(namespacePath(host.model, unused))}`,
              sh`rm ${pathWord(namespacePath(host.model, unused))}`,
            ],
            affects: 'the sandbox without containers: it goes, and its devices with it',
          }),
    basis: 'one-host',
    at: {host: host.name, networkId: network.id},
  };
}

/** The one sandbox without a port for any endpoint; undefined where it is not known which. */
function unusedFile(sandboxes: Sandbox[]): string | undefined {
  if (sandboxes.some(({namespace}) => namespace.tables?.links === undefined)) return undefined;
  const unused = sandboxes.filter(({namespace}) =>
    namespace.tables?.links?.every(({kind}) => kind !== 'veth'),
  );
  return unused.length === 1 ? unused[0]?.namespace.file : undefined;
}

function some(names: string[]): string {
  return names.slice(0, 10).join(', ') + (names.length > 10 ? ` and ${names.length - 10} more` : '');
}

/** One swarm has one network of a name: a host with another id for it has an earlier one, and is on its own. */
function twoIds(hosts: HostDigest<Digest>[], report: Report): void {
  for (const {network, ids} of idsByName(hosts)) {
    // What most hosts have is taken for the present one.
    const [current, ...others] = [...ids].sort(([, a], [, b]) => b.hosts.length - a.hosts.length);
    const evidence = [...ids].map(([id, {hosts: on}]) => `${network} is ${id} on ${some(on)}`);
    const now = current?.[1].hosts.slice(0, 3).join(', ') ?? '';
    for (const [id, known] of others) report.found(otherId(network, id, known, {now, evidence}));
  }
}

function otherId(
  network: string,
  id: string,
  {hosts, here}: HostsOfId,
  {now, evidence}: {now: string; evidence: string[]},
): Finding {
  const [only] = hosts.length === 1 ? hosts : [];
  const [have, keep] = only === undefined ? ['have', 'they keep'] : ['has', 'it keeps'];
  return {
    code: 'network-id-mismatch',
    severity: here ? 'error' : 'warning',
    host: only ?? null,
    network,
    subject: `${network} as ${id.slice(0, 12)}`,
    evidence,
    cause: `${hosts.join(', ')} ${have} ${network} with another id than ${now}: ${keep} a network that was removed and made again elsewhere, and its containers there reach none of the others`,
    check: look(sh`docker network inspect ${named(id)}`, `on ${some(hosts)}: what still uses it keeps it`),
    fix: fixBy({
      ...(only === undefined && hosts[0] !== undefined ? {host: hosts[0]} : {}),
      commands: [sh`docker network rm ${named(id)}`],
      affects: `the network of that id there; what is still connected to it must be moved first`,
    }),
    basis: 'several-hosts',
    at: {networkId: id},
  };
}

/** Hosts that have an id for a network of a name, and whether its sandbox is on one of them. */
interface HostsOfId {
  hosts: string[];
  here: boolean;
}

type Ids = Map<string, HostsOfId>;

/** For each name of a network in each swarm. */
function idsByName(hosts: HostDigest<Digest>[]): Iterable<{network: string; ids: Ids}> {
  const seen = new Map<string, {network: string; ids: Ids}>();
  for (const {name: host, digest} of hosts) {
    for (const {id, name, here} of digest.networks) {
      const key = JSON.stringify([digest.swarm, name]);
      const known = seen.get(key) ?? {network: name, ids: new Map()};
      const of = known.ids.get(id) ?? {hosts: [], here: false};
      of.hosts.push(host);
      of.here ||= here;
      known.ids.set(id, of);
      seen.set(key, known);
    }
  }
  return seen.values();
}
