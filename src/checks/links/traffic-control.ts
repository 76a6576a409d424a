import {type Command, device, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import {givenQueue} from '../../kernel/link-programs.js';
import type {Network} from '../../model/docker-types.js';
import type {Link} from '../../model/facts.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type Report} from '../check.js';
import {remoteVteps} from '../underlay.js';
import {linkLine} from '../words.js';

/** Queueing disciplines on the links of overlays, as tools for tests of failures set and leave them. */
export const trafficControl = defineCheck({
  name: 'traffic-control',
  codes: ['queue-on-path'],
  perHost(host, report) {
    const places = new Map<string, Place>();
    for (const place of [...linksOf(host), ...uplinksOf(host)]) {
      const key = `${place.file} ${place.link.ifindex}`;
      if (!places.has(key)) places.set(key, place);
    }
    for (const place of places.values()) queued(host, place, report);
    return undefined;
  },
});

interface Place {
  network?: Network;
  file: string;
  link: Link;
  /** Whose interface it is. */
  of?: string;
}

/** The links of sandboxes, and those of their endpoints. */
function linksOf(host: KnownHost): Place[] {
  return host.overlays.flatMap(({network, sandboxes}) => [
    ...sandboxes.flatMap(({namespace: {file, tables}}) =>
      (tables?.links ?? []).map((link): Place => ({network, file, link})),
    ),
    ...(host.endpoints(network) ?? []).flatMap(({name, sandbox, link}): Place[] =>
      sandbox && link ? [{network, file: sandbox.namespace.file, link, of: name}] : [],
    ),
  ]);
}

function uplinksOf(host: KnownHost): Place[] {
  return remoteVteps(host).flatMap((vtep): Place[] => {
    const link = host.way(vtep)?.uplink;
    return link ? [{file: '@host', link}] : [];
  });
}

function queued(host: KnownHost, {network, file, link, of}: Place, report: Report): void {
  const queue = givenQueue(link);
  if (!queue) return;
  const inside = (command: Command) => within(host.model, file, command);
  const where = file === '@host' ? link.name : `${link.name} in ${of ?? file}`;
  report.found({
    code: 'queue-on-path',
    severity: queue.loses ? 'warning' : 'info',
    host: host.name,
    network: network?.name ?? null,
    subject: where,
    evidence: [`${file}: ${linkLine(link)} qdisc ${queue.kind}`],
    cause: `${where} sends through the queueing discipline ${queue.kind}, which Docker does not set${queue.loses ? ': it delays, limits or drops what is sent there, as it was told to' : ''}`,
    check: look(
      inside(sh`tc -s qdisc show dev ${device(link.name)}`),
      'its parameters, and what it has dropped',
    ),
    fix: fixBy({
      commands: [inside(sh`tc qdisc del dev ${device(link.name)} root`)],
      affects: `what ${where} sends: find the program that set it (tc, Pumba, a traffic shaper)`,
    }),
    basis: 'one-host',
    at: {
      host: host.name,
      ...(network ? {networkId: network.id} : {}),
      netns: file,
      device: link.name,
    },
  });
}
