/** The endpoints of a container's overlay networks that it can't reach by the tables, judged as fdb and trace judge them. */
import type {Container} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import {fdbEntries} from '../rows/fdb.js';
import {isFault} from '../rows/status.js';
import {endpointsOf} from '../topology/endpoints.js';
import type {TraceEnd, TraceTarget} from '../trace/targets.js';
import {ownerOf, trace} from '../trace/trace.js';
import {outcomeOf} from './outcome.js';
import {decisiveHop} from './trace-verdict.js';

export interface UnreachableEndpoint {
  network: string;
  endpointName: string | null;
  address: string;
  /** Whether frames do not get there, or its replies do not come back. */
  direction: 'forward' | 'reply';
  /** Small packets pass, full-sized ones don't. */
  largeOnly: boolean;
  /** Where it fails. */
  host: string | null;
  device: string | null;
  code: string | null;
  reason: string;
}

export interface Reachability {
  unreachable: UnreachableEndpoint[];
  /** Endpoints that were walked to. */
  walked: number;
  /** Of those the ones for which nothing decides: a host or a table was not read. */
  undecided: number;
  /** Endpoints of which the rows alone were judged, as there are too many to walk to. */
  judged: number;
}

/** Endpoints of a network that are walked to one by one; a walk takes milliseconds. */
const mostWalked = 100;

export function reachability(hosts: HostModel[], end: TraceEnd): Reachability {
  const source = ownerOf(end);
  const all: Reachability = {unreachable: [], walked: 0, undecided: 0, judged: 0};
  if (!source.container.running) return all;
  const overlays = source.container.endpoints.flatMap(({networkId}) => {
    const network = source.host.docker?.networks.find(({id}) => id === networkId);
    return network?.driver === 'overlay' ? [network] : [];
  });
  for (const {id, name} of overlays) {
    const own = source.container.endpoints.find(({networkId}) => networkId === id)?.ip;
    const others = [...endpointsOf(hosts, id).values()].filter(({ip}) => ip !== own);
    const faults = new Set(
      others.length > mostWalked
        ? fdbEntries(hosts, id).flatMap(({host, address, status}) =>
            host === source.host.name && isFault(status) && address !== null ? [address] : [],
          )
        : [],
    );
    const walked =
      others.length > mostWalked ? others.filter(({ip}) => faults.has(ip)).slice(0, mostWalked) : others;
    all.walked += walked.length;
    all.judged += others.length - walked.length;
    for (const {ip, claims} of walked) {
      const found = walkTo(hosts, source, {ip, network: name});
      if (found === 'open') all.undecided += 1;
      else if (found)
        all.unreachable.push({network: name, endpointName: claims[0].name || null, address: ip, ...found});
    }
  }
  return all;
}

type Found = Omit<UnreachableEndpoint, 'network' | 'endpointName' | 'address'>;

function walkTo(
  hosts: HostModel[],
  source: TraceEnd,
  {ip, network}: {ip: string; network: string},
): Found | 'open' | undefined {
  const answer = trace(hosts, source, targetAt(hosts, network, ip), {network});
  const outcome = outcomeOf(answer.disposition);
  if (outcome === 'open') return 'open';
  const decisive = outcome === 'fails' ? decisiveHop(answer) : undefined;
  if (!decisive) return undefined;
  const {way, hop} = decisive;
  return {
    direction: way,
    largeOnly: answer.disposition === 'limited',
    host: hop.host,
    device: hop.device ?? null,
    code: hop.code ?? null,
    reason: hop.summary,
  };
}

function targetAt(hosts: HostModel[], network: string, ip: string): TraceTarget {
  for (const host of hosts) {
    const container = host.docker?.containers.find((one) => has(one, network, ip));
    if (container) return {host, container};
  }
  return {ip};
}

function has({running, endpoints}: Container, network: string, ip: string): boolean {
  return running && endpoints.some((endpoint) => endpoint.ip === ip && endpoint.networkName === network);
}
