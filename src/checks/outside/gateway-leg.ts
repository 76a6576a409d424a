import {address, type Command, device, named, nested, prefix, sh} from '../../base/command.js';
import {type Fix, fixBy, look} from '../../findings/advice.js';
import {unlessOverdue} from '../../findings/converging.js';
import type {Finding} from '../../findings/finding.js';
import {isDown} from '../../kernel/link-state.js';
import type {Link} from '../../model/facts.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import {
  gwbridgeName,
  gwbridgeNetwork,
  type Leaver,
  leavers,
  legOf,
  lostGateway,
} from '../../topology/way-out.js';
import {defineCheck, type Report} from '../check.js';
import {linkLine, listed} from '../words.js';

/** docker_gwbridge, and the leg on it of everything that has no other way outside. */
export const gatewayLeg = defineCheck({
  name: 'gateway-leg',
  codes: ['gwbridge-missing', 'gwbridge-address-missing', 'gwbridge-leg-missing'],
  ignores: ['rules', 'files'],
  perHost(host, report) {
    const all = leavers(host.model, host.sandboxes);
    if (all.length === 0) return undefined;
    const links = host.model.host?.links;
    if (!links) {
      report.notChecked({
        host: host.name,
        network: null,
        reason: "the host's own links were not read, so whether containers reach the outside is not known",
        add: 'read the host as root',
      });
      return undefined;
    }
    const name = gwbridgeName(host.model);
    const link = links.find((one) => one.name === name);
    if (link || !host.model.host?.partial?.has('addr')) bridge(host, name, link, all, report);
    else
      report.notChecked({
        host: host.name,
        network: null,
        reason: `the host's own links were not fully read, so whether ${name} is there is not known`,
        add: 'read the host again, as root',
      });
    const blind = all.filter((leaver) => mayHideLeg(host, leaver, name));
    for (const leaver of all) if (!blind.includes(leaver)) leg(host, leaver, name, report);
    if (blind.length > 0)
      report.notChecked({
        host: host.name,
        network: null,
        reason: `whether ${listed(blind.map(({name: one}) => one))} ${blind.length === 1 ? 'reaches' : 'reach'} the outside: interfaces or their peers were not fully read`,
        add: 'read the host as root',
      });
    return undefined;
  },
});

function bridge(host: KnownHost, name: string, link: Link | undefined, all: Leaver[], report: Report): void {
  const trouble = bridgeTrouble(host, name, link);
  if (!trouble) return;
  const who = listed(all.map((leaver) => leaver.name));
  report.found({
    code: trouble.code ?? 'gwbridge-missing',
    severity: 'error',
    host: host.name,
    network: null,
    subject: name,
    evidence: [
      link ? linkLine(link) : `no link of the host is called ${name}`,
      ...all.slice(0, 8).map((leaver) => `${leaver.name} (${leaver.file}) leaves by it`),
    ],
    cause: `${trouble.what}: ${who} ${all.length === 1 ? 'reaches' : 'reach'} the overlay and nothing else, and ports published through ingress don't answer here`,
    check: look(sh`ip -d addr show ${device(name)}`),
    fix: trouble.fix,
    basis: 'one-host',
    at: {host: host.name, netns: '@host', device: name},
    reach: [{host: host.name}],
  });
}

/** What is wrong with the bridge itself, and what fixes it. */
function bridgeTrouble(
  host: KnownHost,
  name: string,
  link: Link | undefined,
): {code?: 'gwbridge-address-missing'; what: string; fix: Fix} | undefined {
  if (!link)
    return {
      what: `the host has no bridge ${name}`,
      fix: fixBy({
        commands: [sh`systemctl restart docker`],
        affects: 'every container of this host: the engine creates the bridge only when it starts',
      }),
    };
  if (isDown(link))
    return {
      what: `${name} is down`,
      fix: fixBy({
        commands: [sh`ip link set ${device(name)} up`],
        affects: `${name} only, which carries nothing now`,
      }),
    };
  const lost = withoutGateway(host, link);
  if (lost === undefined) return undefined;
  const typed = sh`${prefix(lost)} dev ${device(name)}`;
  return {
    code: 'gwbridge-address-missing',
    what: `${name} does not have ${lost}, the gateway of its containers`,
    fix: fixBy({
      commands: [nested(sh`ip addr add`, typed)],
      undo: [nested(sh`ip addr del`, typed)],
      affects: `${name} only, which has no way to answer now`,
    }),
  };
}

/** The address, with the length of its prefix, that the bridge should have and has not. */
function withoutGateway({model}: KnownHost, link: Link): string | undefined {
  const network = gwbridgeNetwork(model);
  return network && lostGateway(network, link);
}

/**
 * Whether a leg that was not found may be there all the same: its interfaces were not read whole, or one of them has its
 * other end nobody knows where, and the engine did not say who has a leg.
 */
function mayHideLeg(host: KnownHost, leaver: Leaver, bridgeName: string): boolean {
  const {file, tables} = leaver;
  if (!tables?.links) return true;
  if (legOf(leaver, bridgeName, host.pairs)) return false;
  if (tables.partial?.has('addr') || host.model.host?.partial?.has('addr')) return true;
  const isLoose = tables.links.some((link) => link.kind === 'veth' && !host.pairs(file, link.ifindex)?.peer);
  return isLoose && gwbridgeNetwork(host.model)?.endpoints === undefined;
}

function leg(host: KnownHost, leaver: Leaver, name: string, report: Report): void {
  if (!leaver.tables?.links) return;
  const found = legOf(leaver, name, host.pairs);
  const trouble = found ? troubleOf(found.link, found.port?.link, name) : 'it has no interface there';
  if (trouble === undefined) return;
  const {file, listed: endpoint} = leaver;
  const finding: Finding = {
    code: 'gwbridge-leg-missing',
    severity: 'error',
    host: host.name,
    network: null,
    subject: leaver.name,
    evidence: [
      ...(found ? [found.link] : leaver.tables.links).map((link) => `${file}: ${linkLine(link)}`),
      ...(found?.port ? [`host: ${linkLine(found.port.link)}`] : []),
      endpoint
        ? `the engine lists it on docker_gwbridge: ${endpoint.ip ?? '?'} ${endpoint.mac ?? ''}`.trim()
        : 'the engine does not list it on docker_gwbridge',
    ],
    cause: `${leaver.name} has no working interface on ${name}, as ${trouble}: it reaches its overlay and nothing outside`,
    check: look(within(host.model, file, sh`ip addr show`)),
    fix: legFix(host, leaver, name, found),
    basis: 'one-host',
    at: {host: host.name, netns: file},
  };
  report.found(unlessOverdue(finding, 'ingressSandbox', leaver.ageSeconds));
}

function legFix(
  host: KnownHost,
  {name: who, file}: Leaver,
  bridgeName: string,
  found: ReturnType<typeof legOf>,
): Fix {
  if (!found)
    return fixBy(
      who.startsWith('the ')
        ? {
            commands: [sh`systemctl restart docker`],
            affects: `every container of this host: the engine creates the interface of ${who} only when it starts`,
          }
        : {
            commands: [sh`docker restart ${named(who)}`],
            affects: `${who}, which restarts with all its interfaces`,
          },
    );
  const {link, port} = found;
  const commands = [
    ...(port && port.link.master !== bridgeName
      ? [sh`ip link set ${device(port.link.name)} master ${device(bridgeName)}`]
      : []),
    ...(port && isDown(port.link) ? [sh`ip link set ${device(port.link.name)} up`] : []),
    ...(isDown(link) ? legUp(host, file, link.name) : []),
  ];
  return fixBy({commands, affects: `the interface of ${who} on ${bridgeName} only`});
}

/** The default route goes with the interface, and does not come back with it. */
function legUp(host: KnownHost, file: string, name: string): Command[] {
  const gateway = gwbridgeNetwork(host.model)?.subnets.find(({subnet}) => subnet.includes('.'))?.gateway;
  return [
    sh`ip link set ${device(name)} up`,
    ...(gateway === undefined
      ? []
      : [sh`ip route replace default via ${address(gateway)} dev ${device(name)}`]),
  ].map((command) => within(host.model, file, command));
}

/** What is wrong with a leg; its end on the host may be unknown, which is no fault. */
function troubleOf(link: Link, port: Link | undefined, bridgeName: string): string | undefined {
  if (isDown(link)) return `${link.name} in it is down`;
  if (!port) return undefined;
  if (port.master !== bridgeName)
    return port.master === undefined
      ? `${port.name}, its peer on the host, is not attached to a bridge`
      : `${port.name}, its peer on the host, is attached to ${port.master}`;
  return isDown(port) ? `${port.name}, its end on the host, is down` : undefined;
}
