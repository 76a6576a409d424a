/** Services for a report: VIPs and published ports, each with its chain on every host. */
import type {HostModel} from '../model/host.js';
import {ingressPorts} from '../services/ingress.js';
import {balancerOf, readVirtualAddress} from '../services/load-balancer.js';
import {chainOn, type Step} from '../services/step.js';
import {type ServiceOn, serviceNames, serviceOn} from '../topology/services.js';
import {type Outcome, outcomeOf} from './outcome.js';
import type {WalkStore} from './report-walks.js';
import {type ProbingReader, type PublishedDocument, traceAnswer} from './trace.js';

/** Links of a chain on one host, by their number among the hops of the report. */
export interface ServiceChain {
  host: string;
  outcome: Outcome;
  hops: number[];
}

export interface ServiceAddress {
  network: string;
  /** Null in endpoint mode dnsrr. */
  vip: string | null;
  /** Null where they were not gathered. */
  tasks: {name: string; address: string; vtep: string | null}[] | null;
  /** What the load balancer of each host does with packets to the VIP. */
  chains: ServiceChain[];
}

export interface ServicePort {
  published: number;
  target: number;
  protocol: 'tcp' | 'udp';
  /** The first line of `trace --published`; null where it was not walked. */
  verdict: string | null;
  outcome: Outcome | null;
  /** What becomes of a request that comes in at each host, up to a task. */
  chains: (ServiceChain & {backends: {name: string; outcome: Outcome; hops: number[]}[]})[];
}

export interface ReportService {
  name: string;
  addresses: ServiceAddress[];
  ports: ServicePort[];
}

export async function reportServices(
  reader: ProbingReader,
  hosts: HostModel[],
  store: WalkStore,
): Promise<ReportService[]> {
  const published = ingressPorts(hosts);
  const services: ReportService[] = [];
  for (const name of [...serviceNames(hosts)].sort()) {
    const ports: ServicePort[] = [];
    for (const {service, published: port, target, protocol = 'tcp'} of published) {
      if (service !== name || (protocol !== 'tcp' && protocol !== 'udp')) continue;
      const document = await traceAnswer(reader, {published: {port, protocol}});
      ports.push({published: port, target, protocol, ...portOf(document as PublishedDocument, store)});
    }
    const addresses = serviceOn(hosts, name)
      .filter(({network}) => !network.ingress)
      .map((service) => addressOf(service, hosts, store));
    services.push({name, addresses, ports});
  }
  return services;
}

function portOf(
  {verdict, disposition, entries}: PublishedDocument,
  store: WalkStore,
): Pick<ServicePort, 'verdict' | 'outcome' | 'chains'> {
  return {
    verdict,
    outcome: outcomeOf(disposition),
    chains: entries.map((entry) => ({
      host: entry.host,
      outcome: outcomeOf(entry.disposition),
      hops: store.hopsOf(entry.forward),
      backends: entry.backends.map((backend) => ({
        name: backend.name,
        outcome: outcomeOf(backend.disposition),
        hops: store.hopsOf(backend.forward),
      })),
    })),
  };
}

function addressOf({network, vip, tasks}: ServiceOn, hosts: HostModel[], store: WalkStore): ServiceAddress {
  return {
    network: network.name,
    vip: vip ?? null,
    tasks: tasks.map(({name, ip, hostIp}) => ({name, address: ip, vtep: hostIp ?? null})),
    chains: vip === undefined ? [] : hosts.flatMap((host) => chainOf(host, network, vip, store)),
  };
}

function chainOf(
  host: HostModel,
  network: ServiceOn['network'],
  vip: string,
  store: WalkStore,
): ServiceChain[] {
  const balancer = balancerOf(host, network);
  if (!balancer) return [];
  const chain = chainOn(host);
  readVirtualAddress(chain, balancer, {protocol: 'tcp', src: '', dst: vip, ipsec: false, dstLocal: true});
  return [{host: host.name, outcome: chainOutcome(chain.steps), hops: store.hopsOf({hops: chain.steps})}];
}

function chainOutcome(steps: readonly Step[]): Outcome {
  if (steps.some(({verdict}) => verdict === 'fail')) return 'fails';
  return steps.some(({verdict}) => verdict === 'unknown') ? 'open' : 'passes';
}
