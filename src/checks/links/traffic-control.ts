import {type Command, device, plain, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import type {Scope} from '../../findings/finding.js';
import {givenQueue, throughTc} from '../../kernel/link-programs.js';
import type {Network} from '../../model/docker-types.js';
import type {Link} from '../../model/facts.js';
import type {NetnsTables} from '../../model/netns-tables.js';
import type {TcFilter} from '../../model/tc.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type Report} from '../check.js';
import {remoteVteps} from '../underlay.js';
import {distinct, linkLine, listed} from '../words.js';

/** Queueing disciplines and filters of tc on the links of overlays, as tools for tests of failures set and leave them. */
export const trafficControl = defineCheck({
  name: 'traffic-control',
  codes: ['queue-on-path', 'tc-filtered'],
  perHost(host, report) {
    const places = new Map<string, Place>();
    for (const place of [...linksOf(host), ...uplinksOf(host)]) {
      const key = `${place.file} ${place.link.ifindex}`;
      if (!places.has(key)) places.set(key, place);
    }
    for (const place of places.values()) {
      queued(host, place, report);
      for (const direction of ['ingress', 'egress'] as const) filtered(host, place, direction, report);
    }
    return undefined;
  },
});

interface Place {
  network?: Network;
  file: string;
  link: Link;
  /** Whose interface it is. */
  of?: string;
  tables: NetnsTables | undefined;
}

/** The links of sandboxes, and those of their endpoints. */
function linksOf(host: KnownHost): Place[] {
  return host.overlays.flatMap(({network, sandboxes}) => [
    ...sandboxes.flatMap(({namespace: {file, tables}}) =>
      (tables?.links ?? []).map((link): Place => ({network, file, link, tables})),
    ),
    ...(host.endpoints(network) ?? []).flatMap(({name, sandbox, link}): Place[] =>
      sandbox && link
        ? [{network, file: sandbox.namespace.file, link, of: name, tables: sandbox.namespace.tables}]
        : [],
    ),
  ]);
}

function uplinksOf(host: KnownHost): Place[] {
  return remoteVteps(host).flatMap((vtep): Place[] => {
    const link = host.way(vtep)?.uplink;
    return link ? [{file: '@host', link, tables: host.model.host}] : [];
  });
}

const scopeOf = (
  host: KnownHost,
  {network, file, link}: {network: Network | undefined; file: string; link: Link},
): Scope => ({
  host: host.name,
  ...(network ? {networkId: network.id} : {}),
  netns: file,
  device: link.name,
});

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
    at: scopeOf(host, {network, file, link}),
  });
}

/** UDP ports of the tunnels of this host: what an uplink carries of overlays. */
function tunnelPorts({overlays}: KnownHost): number[] {
  const ports = overlays.flatMap(({sandboxes}) =>
    sandboxes.flatMap(({namespace: {tables}}) =>
      (tables?.links ?? []).flatMap(({vxlan}) => (vxlan ? [vxlan.port ?? 4789] : [])),
    ),
  );
  return distinct(ports);
}

function filtered(
  host: KnownHost,
  {network, file, link, tables}: Place,
  direction: TcFilter['direction'],
  report: Report,
): void {
  if (!tables?.tcFilters) return;
  const asked = {device: link.name, direction};
  const seen = file === '@host' ? tunnelPorts(host).map((udpPort) => ({udpPort})) : [{}];
  const decisions = seen.map((one) => throughTc(tables.tcFilters, asked, one));
  const decision =
    decisions.find(({verdict}) => verdict === 'lost') ?? decisions.find(({verdict}) => verdict === 'perhaps');
  if (!decision) return;
  const texts = decision.by.map(({text}) => text);
  const where = file === '@host' ? link.name : `${link.name} in ${file}`;
  const inside = (command: Command) => within(host.model, file, command);
  const shown = inside(sh`tc -s filter show dev ${device(link.name)} ${plain(direction)}`);
  if (decision.verdict === 'perhaps') {
    report.notChecked({
      host: host.name,
      network: network?.name ?? null,
      reason: `whether filters of tc take frames at ${where} (${direction}): ${listed(texts, 2)}`,
      add: shown.text,
    });
    return;
  }
  report.found({
    code: 'tc-filtered',
    severity: 'error',
    host: host.name,
    network: network?.name ?? null,
    subject: `${where} ${direction}`,
    evidence: texts.map((text) => `${file}: ${text}`),
    cause: `a filter of tc takes what ${where} ${direction === 'ingress' ? 'receives' : 'sends'}${file === '@host' ? ' of overlays' : ''}, before any rule or counter shows it; Docker sets none`,
    check: look(shown, 'the packets of that filter'),
    fix: fixBy({
      commands: [inside(sh`tc filter del dev ${device(link.name)} ${plain(direction)}`)],
      affects: `all filters of ${where} at ${direction}: find the program that set them`,
    }),
    basis: 'one-host',
    at: scopeOf(host, {network, file, link}),
  });
}
