/**
 * How a container asks for names (moby libnetwork resolver.go): its resolv.conf names 127.0.0.11, a rule in its own
 * namespace leads port 53 there to a port of the engine's, and the engine answers for the container's networks.
 */

import type {FilteredPacket} from '../kernel/netfilter.js';
import {foreignChains, metIn} from '../kernel/packet-filter.js';
import {ruleLine, tableListing} from '../kernel/printed-rule.js';
import type {Container, ContainerEndpoint, GossipService, Network} from '../model/docker-types.js';
import type {HostModel, Namespace} from '../model/host.js';
import {rulesKnown} from '../model/rules/known.js';
import {singleTarget} from '../model/rules/questions.js';
import {takes, waitingSockets} from '../model/sockets.js';
import {inNamespace} from '../topology/in-namespace.js';
import type {Chain} from './step.js';

const server = '127.0.0.11';

/** Whether the engine serves names to a container: not on the default bridge, not in the host's own namespace. */
export function isServed(host: HostModel, {networkMode, endpoints}: Container): boolean {
  if (networkMode === 'host' || networkMode === 'none') return false;
  return endpoints.some(({networkId}) => {
    const network = host.docker?.networks.find(({id}) => id === networkId);
    return network !== undefined && !isDefaultBridge(network);
  });
}

function isDefaultBridge({driver, name}: Network): boolean {
  return driver === 'bridge' && name === 'bridge';
}

/** From the container's resolv.conf to the engine's own port. */
export function nameServiceSteps(chain: Chain, host: HostModel, namespace: Namespace, who: string): void {
  const {file, inode, tables} = namespace;
  const resolver = inode === undefined ? undefined : host.resolvers.get(inode);
  const [first] = resolver?.nameservers ?? [];
  if (!resolver) chain.doubt('name', `the resolv.conf of ${who} was not read`);
  else if (first === server)
    chain.pass('name', `${who} uses ${server}, Docker's embedded DNS`, resolver.lines);
  else {
    chain.fail('name', 'dns-other-server', `${who} uses ${first ?? 'no server'} for DNS, not ${server}`, {
      evidence: resolver.lines,
      cause: "its resolv.conf was replaced; only Docker's embedded DNS knows container and service names",
      next: `docker exec ${who} cat /etc/resolv.conf`,
    });
  }
  if (!tables) {
    chain.doubt('name', `the namespace of ${who} was not read`);
    return;
  }
  const port = redirectStep(chain, namespace, host, who);
  const sockets = waitingSockets(tables.proc, 'udp');
  if (port === undefined) return;
  if (!sockets) {
    chain.doubt(
      'name',
      `unknown whether embedded DNS is listening on ${server} in ${file}: sockets were not read`,
    );
    return;
  }
  const listening = sockets.find((socket) => socket.port === port && takes(socket, server));
  if (listening) chain.pass('name', 'embedded DNS is listening', [listening.text]);
  else {
    chain.fail(
      'name',
      'dns-listener-missing',
      `embedded DNS is not listening on ${server}:${port} in ${file}`,
      {
        evidence: sockets.map(({text}) => text).slice(0, 5),
        cause:
          'the engine lost its DNS server in this container, as after an engine restart that did not set it up again',
        next: inNamespace(chain.host, file, 'ss -lun'),
      },
    );
  }
}

/** The port to which the rules lead questions; undefined where that is not known. */
function redirectStep(
  chain: Chain,
  {file, tables}: Namespace,
  host: HostModel,
  who: string,
): number | undefined {
  if (!tables) return undefined;
  const question: FilteredPacket = {
    protocol: 'udp',
    src: '127.0.0.1',
    dst: server,
    dport: 53,
    ctState: 'NEW',
    outInterface: 'lo',
    ipsec: false,
    dstLocal: true,
  };
  const met = metIn(tables, {table: 'nat', chain: 'OUTPUT', actions: ['dnat', 'redirect']}, question);
  const rule = met?.[0];
  const to = rule?.action.action === 'dnat' ? singleTarget(rule.action.to) : undefined;
  if (rule?.match === 'yes' && to?.address === server && to.port) {
    chain.pass('name', `${server}:53 is redirected to port ${to.port}`, [ruleLine(rule.rule)]);
    return to.port;
  }
  // Engines with the nftables backend have a table of their own, whose rules are not walked.
  const foreign = foreignChains(tables);
  const unseen = tables.nftables === undefined && mayUseNftables(host);
  if (rule || foreign.length > 0) {
    chain.doubt(
      'name',
      `rules that are not evaluated decide where queries to ${server} go`,
      rule ? [ruleLine(rule.rule)] : foreign,
    );
  } else if (!met || unseen) {
    chain.doubt(
      'name',
      `NAT rules for ${server} in ${file} were not read${unseen ? ' (nft is not installed)' : ''}`,
    );
  } else {
    chain.fail('name', 'dns-rules-missing', `no NAT rule in ${file} redirects ${server}:53 to embedded DNS`, {
      cause: `the NAT rules that Docker adds in the namespace of ${who} were removed, so its DNS queries get no answer`,
      next: inNamespace(chain.host, file, tableListing(rulesKnown(tables), 'nat')),
    });
  }
  return undefined;
}

/** Engines up to 28 know iptables only; later ones say which they use. */
function mayUseNftables({docker}: HostModel): boolean {
  const {firewall, version} = docker?.engine ?? {};
  if (firewall !== undefined) return firewall.startsWith('nftables');
  return !(Number(/^\d+/.exec(version ?? '')?.[0] ?? Number.NaN) < 29);
}

/** What the engine answers for a name on one network. */
export interface NameAnswer {
  network: string;
  networkId: string;
  addresses: string[];
  /** Whose name it is. */
  whose: string;
}

export interface NameAnswers {
  answers: NameAnswer[];
  /** Networks of the container of which what the engine knows was not read. */
  unread: string[];
}

/**
 * What the container's own engine knows of a name on the networks of the container: by gossip, and on networks of this
 * host alone by its own list. Gossip tells no aliases.
 */
export function answersFor({docker}: HostModel, {endpoints}: Container, name: string): NameAnswers {
  const answers: NameAnswer[] = [];
  const unread: string[] = [];
  for (const {networkId, networkName} of endpoints) {
    const network = docker?.networks.find(({id}) => id === networkId);
    if (!network || isDefaultBridge(network)) continue;
    const local = (docker?.containers ?? []).flatMap((container) => {
      const endpoint = container.running && container.endpoints.find((own) => own.networkId === networkId);
      return endpoint && endpoint.ip !== undefined && answersTo(container, endpoint, name)
        ? [{whose: container.name, ip: endpoint.ip}]
        : [];
    });
    const gossip = network.scope === 'swarm' ? network.services : undefined;
    if (network.scope === 'swarm' && !gossip) unread.push(networkName);
    const found = [...(gossip ? gossiped(gossip, name) : []), ...local];
    const [first] = found;
    if (first) {
      answers.push({
        network: networkName,
        networkId,
        addresses: [...new Set(found.map(({ip}) => ip))],
        whose: first.whose,
      });
    }
  }
  return {answers, unread};
}

function answersTo({id, name, task}: Container, {names}: ContainerEndpoint, asked: string): boolean {
  return asked === name || asked === id.slice(0, 12) || asked === task?.name || (names ?? []).includes(asked);
}

/** Service → its VIP or its tasks, `tasks.SERVICE` → its tasks, a task or an attached container → its own. */
function gossiped(services: GossipService[], name: string): {whose: string; ip: string}[] {
  return services.flatMap((service) => {
    const tasks = service.tasks.map(({name: whose, ip}) => ({whose, ip}));
    if (service.name !== '' && service.name === name)
      return service.vip === undefined ? tasks : [{whose: `service ${name}`, ip: service.vip}];
    if (service.name !== '' && `tasks.${service.name}` === name) return tasks;
    return tasks.filter(({whose}) => whose === name);
  });
}
