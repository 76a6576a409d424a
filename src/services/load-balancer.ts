/**
 * The load balancer of a network on one node: a sandbox in which packets to a service get a firewall mark, by which IPVS
 * shares them out over the tasks (moby libnetwork service_linux.go). Each node has its own, with its own marks.
 */

import {inSubnet} from '../base/subnet.js';
import type {FindingCode} from '../findings/catalogue.js';
import type {FilteredPacket} from '../kernel/netfilter.js';
import {foreignChains, metIn} from '../kernel/packet-filter.js';
import {ruleLine, tableListing} from '../kernel/printed-rule.js';
import type {MetRule} from '../kernel/rule-walk.js';
import type {Network} from '../model/docker-types.js';
import type {HostModel, Namespace} from '../model/host.js';
import type {IpvsDestination} from '../model/ipvs.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {rulesKnown} from '../model/rules/known.js';
import {isOnlyAddress, matchesOf} from '../model/rules/questions.js';
import {inNamespace} from '../topology/in-namespace.js';
import {knownHost} from '../topology/known-host.js';
import type {Chain} from './step.js';

/** The load balancer's own endpoint on the network. */
export interface Balancer {
  namespace: Namespace;
  ip: string;
  mac?: string;
}

/** Undefined where the host has no sandbox for it, or no address of it is known. */
export function balancerOf(host: HostModel, network: Network): Balancer | undefined {
  const sandbox = knownHost(host).sandboxes.find(
    ({kind, network: own}) => (kind === 'load-balancer' || kind === 'ingress') && own?.id === network.id,
  );
  if (!sandbox) return undefined;
  const endpoint = host.docker?.networks
    .find(({id}) => id === network.id)
    ?.endpoints?.find(({key}) => key.startsWith('lb-') || key === 'ingress-sbox');
  const {namespace} = sandbox;
  if (endpoint?.ip) return {namespace, ip: endpoint.ip, ...(endpoint.mac ? {mac: endpoint.mac} : {})};
  // Virtual addresses are /32; the endpoint's own has the length of its subnet.
  for (const {addresses, mac} of namespace.tables?.links ?? []) {
    const own = addresses?.find(
      ({address, prefixLength}) =>
        prefixLength < 32 && network.subnets.some(({subnet}) => inSubnet(address, subnet)),
    );
    if (own) return {namespace, ip: own.address, ...(mac ? {mac} : {})};
  }
  return undefined;
}

/** Whether the kernel has IPVS, as this namespace shows; undefined where that was not read. */
export function hasIpvs({proc, partial}: NetnsTables): boolean | undefined {
  const has = proc?.has('/proc/net/ip_vs');
  return has === false && partial?.has('proc') ? undefined : has;
}

const noIpvs = {
  cause:
    'the kernel has no IPVS (module ip_vs), so Docker sets up no load balancer and no routing mesh; service names still resolve to VIPs',
  next: 'modprobe ip_vs',
};

/** The first step of every load balancer: its sandbox was read, and the kernel can balance at all. */
export function ipvsStep(chain: Chain, {file, tables}: Namespace, what: string): void {
  const ipvs = tables && hasIpvs(tables);
  if (ipvs === undefined)
    chain.doubt('load-balancer', `unknown whether the kernel has IPVS: not read (${file})`);
  else if (ipvs) chain.pass('load-balancer', `IPVS is available (${file})`);
  else {
    chain.fail('load-balancer', 'ipvs-missing', `${what}: no IPVS in ${file}`, {
      evidence: ['/proc/net/ip_vs does not exist there'],
      ...noIpvs,
    });
  }
}

/** Where packets get the service's mark: by their address inside a network, by their port in ingress. */
export interface Marking {
  chain: 'INPUT' | 'PREROUTING';
  packet: FilteredPacket;
  code: FindingCode;
  /** What is to be marked, in words. */
  what: string;
}

/** The mark, as `--set-xmark 0x100/0xffffffff` has it. */
export function markStep(
  chain: Chain,
  {file, tables}: Namespace,
  {chain: place, packet, code, what}: Marking,
): number | undefined {
  const met = tables && metIn(tables, {table: 'mangle', chain: place, actions: ['mark']}, packet);
  if (!tables || !met) {
    chain.doubt('load-balancer', `mangle rules of ${file} were not read: mark of ${what} unknown`);
    return undefined;
  }
  const rule = met.at(-1);
  const mark = rule && markOf(rule);
  if (mark !== undefined && met.every(({match}) => match === 'yes')) {
    chain.pass(
      'load-balancer',
      `${what} get mark 0x${mark.toString(16)}`,
      met.map((one) => ruleLine(one.rule)),
    );
    return mark;
  }
  const foreign = foreignChains(tables);
  if (rule || foreign.length > 0) {
    chain.doubt(
      'load-balancer',
      `rules that are not understood decide the mark of ${what} in ${file}`,
      rule ? met.map((one) => ruleLine(one.rule)) : foreign,
    );
    return undefined;
  }
  chain.fail('load-balancer', code, `no rule in ${file} marks ${what}`, {
    cause: 'IPVS selects packets by their mark, so these are not load-balanced',
    next: inNamespace(chain.host, file, tableListing(rulesKnown(tables), 'mangle')),
  });
  return undefined;
}

/** Undefined where some bits of a mark are left as they are, for then the others decide as well. */
function markOf({action}: MetRule): number | undefined {
  return action.action === 'mark' && action.mask === 0xffffffff ? action.value : undefined;
}

export interface Sharing {
  destinations: IpvsDestination[];
  /** The service's own row. */
  text: string;
}

/** The tasks over which IPVS shares out what has a mark; undefined where that is not known, or nobody gets it. */
export function ipvsEntryStep(chain: Chain, {file, tables}: Namespace, mark: number): Sharing | undefined {
  const ipvs = tables?.ipvs;
  if (!ipvs) return undefined;
  const {services, problems} = ipvs;
  const service = services.find((other) => other.mark === mark);
  const name = `mark 0x${mark.toString(16)}`;
  if (!service && problems.length > 0) {
    chain.doubt('load-balancer', `IPVS entries in ${file} are not understood`, problems.slice(0, 3));
    return undefined;
  }
  const next = inNamespace(chain.host, file, 'cat /proc/net/ip_vs');
  if (!service) {
    chain.fail('load-balancer', 'ipvs-service-missing', `IPVS in ${file} has no service for ${name}`, {
      cause: 'packets are marked and then match no IPVS service: the engine lost or never created it',
      next,
    });
    return undefined;
  }
  const evidence = [service.text, ...service.destinations.map((destination) => destination.text)];
  if (!service.destinations.some(({weight}) => weight > 0)) {
    const none = service.destinations.length === 0 ? 'has no backend' : 'has only backends of weight 0';
    chain.fail('load-balancer', 'ipvs-no-backend', `IPVS in ${file} ${none} for ${name}`, {evidence, next});
    return undefined;
  }
  const count = service.destinations.length;
  chain.pass(
    'load-balancer',
    `IPVS service for ${name} has ${count === 1 ? '1 backend' : `${count} backends`}`,
    evidence,
  );
  return {destinations: service.destinations, text: service.text};
}

/** That answers come back through the load balancer: packets to the tasks leave from its own address. */
export function snatStep(
  chain: Chain,
  {file, tables}: Namespace,
  {ip, backend, direct}: {ip: string; backend: string; direct: boolean},
): void {
  if (!tables) return;
  if (direct) {
    chain.pass('load-balancer', 'tasks reply directly (direct routing), no SNAT needed');
    return;
  }
  const packet: FilteredPacket = {protocol: 'tcp', src: '', dst: backend, ipsec: false, dstLocal: false};
  const met = metIn(tables, {table: 'nat', chain: 'POSTROUTING', actions: ['snat', 'masquerade']}, packet);
  if (!met) {
    chain.doubt('load-balancer', `SNAT rule for packets to the tasks (${ip}) was not read`);
    return;
  }
  // Docker's rule holds for what IPVS has handled, which only the kernel can tell.
  const found = met.find(({rule, action}) => {
    const ofIpvs = matchesOf(rule, 'ipvs').some(({negated}) => !negated);
    return ofIpvs && action.action === 'snat' && isOnlyAddress(action.to, ip);
  });
  if (!found) {
    const foreign = foreignChains(tables);
    if (met.length > 0 || foreign.length > 0) {
      chain.doubt(
        'load-balancer',
        'rules that are not understood decide the source address of packets to the tasks',
        met.length > 0 ? met.map((one) => ruleLine(one.rule)) : foreign,
      );
      return;
    }
    chain.fail(
      'load-balancer',
      'ipvs-snat-missing',
      `no SNAT rule in ${file} for packets to the tasks (to ${ip})`,
      {
        cause: 'tasks reply directly to the client, from an address that the client did not contact',
        next: inNamespace(chain.host, file, tableListing(rulesKnown(tables), 'nat')),
      },
    );
    return;
  }
  const conntrack = tables.proc?.get('/proc/sys/net/ipv4/vs/conntrack')?.trim();
  if (conntrack === '0') {
    chain.fail('load-balancer', 'ipvs-conntrack-off', `net.ipv4.vs.conntrack is 0 in ${file}`, {
      evidence: [ruleLine(found.rule)],
      cause: 'IPVS bypasses conntrack, so the SNAT rule never applies',
      next: inNamespace(chain.host, file, 'cat /proc/sys/net/ipv4/vs/conntrack'),
    });
    return;
  }
  chain.pass('load-balancer', `packets to the tasks are SNATed to ${ip}`, [ruleLine(found.rule)]);
}

/** Reads what the load balancer does with packets to a VIP, link by link. */
export function readVirtualAddress(
  chain: Chain,
  {namespace, ip}: Balancer,
  packet: FilteredPacket,
): Sharing | undefined {
  const vip = packet.dst;
  const {file, tables} = namespace;
  ipvsStep(chain, namespace, `no load balancer holds the VIP ${vip}`);
  const links = tables?.links;
  const bearer = links?.find(({addresses}) => addresses?.some(({address}) => address === vip));
  if (bearer)
    chain.pass('load-balancer', `VIP ${vip} is configured on ${bearer.name} in ${file}`, [
      `inet ${vip}/32 dev ${bearer.name}`,
    ]);
  else if (links && !tables.partial?.has('addr')) {
    chain.fail('load-balancer', 'vip-alias-missing', `no interface in ${file} has the VIP ${vip}`, {
      evidence: links.flatMap(({name, addresses}) =>
        (addresses ?? []).map(({address, prefixLength}) => `inet ${address}/${prefixLength} dev ${name}`),
      ),
      cause: 'ARP for the VIP is unanswered, so no packet reaches the load balancer',
      next: inNamespace(chain.host, file, 'ip addr'),
    });
  } else chain.doubt('load-balancer', `addresses of ${file} were not fully read`);
  if (chain.broken()) return undefined;
  const mark = markStep(chain, namespace, {
    chain: 'INPUT',
    packet,
    code: 'vip-mark-missing',
    what: `packets to ${vip}`,
  });
  const sharing = mark === undefined ? undefined : ipvsEntryStep(chain, namespace, mark);
  const first = sharing?.destinations.find(({weight}) => weight > 0);
  if (first) snatStep(chain, namespace, {ip, backend: first.address, direct: first.forward === 'Route'});
  return sharing;
}
