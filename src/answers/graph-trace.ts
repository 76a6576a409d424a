/** A trace as part of a picture. */
import type {Built} from '../graph/elements.js';
import {type Focus, focusKey} from '../graph/focus.js';
import {type Ends, walkOver} from '../graph/hops.js';
import type {GraphWalk} from '../graph/types.js';
import type {HostModel} from '../model/host.js';
import type {Step} from '../services/step.js';
import type {Walk} from '../trace/disposition.js';
import type {PathDocument} from './trace.js';

/** The network that is walked on, the hosts that it touches and both ends. */
export function traceFocus(hosts: HostModel[], traced: PathDocument): Focus {
  const {source, destination, network, backends = []} = traced;
  const steps = stepsOf(traced);
  const touched = new Set(steps.flatMap(({host}) => host ?? []));
  const names = new Set([source, destination, ...backends.map(({name}) => name)]);
  const ends = hosts.flatMap(({name: host, docker}) =>
    (docker?.containers ?? [])
      .filter(({name}) => names.has(name) && touched.has(host))
      .map((container) => ({host, container})),
  );
  const known = hosts.flatMap(({docker}) => docker?.networks ?? []);
  const walked = known.filter(({name}) => name === network).map(({id}) => id);
  const own = ends.flatMap(({container}) => container.endpoints.map(({networkId}) => networkId));
  return {
    networks: new Set(network === null ? own : walked),
    inhabitants: new Set(ends.map(({host, container}) => focusKey(host, container.name))),
    hosts: touched,
  };
}

function stepsOf({forward, reverse, backends = []}: PathDocument): Step[] {
  return [forward, reverse, ...backends.flatMap((one) => [one.forward, one.reverse])].flatMap(
    (walk) => walk?.hops ?? [],
  );
}

/** Both directions, and those of each task of a service. */
export function traceWalks(built: Built, traced: PathDocument): GraphWalk[] {
  const {forward, reverse, source, destination, network, backends = []} = traced;
  const networkId = networkIdOf(built, network);
  const ends: Ends = {
    source: inhabitant(built, source, firstHost(forward)),
    destination: inhabitant(built, destination, lastHost(forward) ?? firstHost(reverse)),
    networkId,
  };
  return [
    ...bothWays(built, {forward, reverse}, ends, [source, destination]),
    ...backends.flatMap((backend) => {
      const host = lastHost(backend.forward) ?? backend.node ?? undefined;
      const task = {...ends, destination: inhabitant(built, backend.name, host)};
      return bothWays(built, backend, task, [source, backend.name]);
    }),
  ];
}

function bothWays(
  built: Built,
  {forward, reverse}: {forward: Walk; reverse: Walk | null},
  ends: Ends,
  [from, to]: [string, string],
): GraphWalk[] {
  const back = {...ends, source: ends.destination, destination: ends.source};
  return [
    walkOver(built, forward, ends, {title: `${from} → ${to}`, way: 'forward'}),
    ...(reverse ? [walkOver(built, reverse, back, {title: `${to} → ${from}`, way: 'reply'})] : []),
  ];
}

function firstHost(walk: Walk | null): string | undefined {
  return walk?.hops.find(({host}) => host !== null)?.host ?? undefined;
}

/** Where it arrived; undefined where it did not. */
function lastHost(walk: Walk): string | undefined {
  return walk.hops.findLast(({layer}) => layer === 'endpoint')?.host ?? undefined;
}

/** An inhabitant by name or address, on a host where that is known. */
function inhabitant({index}: Built, name: string, host: string | undefined): string | undefined {
  const lanes = [...index.values()].sort(
    (a, b) => Number(b.scene.name === host) - Number(a.scene.name === host),
  );
  for (const {inhabitants, endpoints} of lanes) {
    const byAddress = [...endpoints].find(([key]) => key.endsWith(`\0${name}`))?.[1];
    const id = inhabitants.get(name) ?? byAddress;
    if (id !== undefined) return id;
  }
  return undefined;
}

function networkIdOf({index}: Built, network: string | null): string | null {
  if (network === null) return null;
  for (const {scene} of index.values())
    for (const {name, networkId} of scene.segments)
      if (name === network && networkId !== null) return networkId;
  return null;
}
