import {device, named, number, sh} from '../../base/command.js';
import {type Fix, fixBy, look} from '../../findings/advice.js';
import {routeText} from '../../kernel/printed.js';
import {encapsulation} from '../../kernel/underlay-way.js';
import type {Network} from '../../model/docker-types.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type HostDigest, type Report} from '../check.js';
import {moveNetwork} from '../network-fix.js';
import {distinct, linkLine, listed} from '../words.js';
import {byNetwork, type Fit, fitsOf, sumLine} from './mtu-fit.js';

/** Whether a full-sized packet of a container fits the way to the other nodes, with all that the tunnel adds to it. */
export const overlayMtu = defineCheck<Misfit[]>({
  name: 'overlay-mtu',
  codes: ['mtu-too-small'],
  ignores: ['containers', 'balancers', 'rules', 'files'],
  perHost(host, report) {
    const fits = fitsOf(host);
    if (fits.length === 0 && host.tunnels.some(({vteps}) => vteps.length > 0)) {
      report.notChecked({
        host: host.name,
        network: null,
        reason: 'no route to another VTEP is known, so whether full-sized packets fit is not known either',
        add: 'ip route get VTEP, on that host',
      });
    }
    return tooSmall(host, fits, report);
  },
  across: tellNetworks,
});

/** A network whose full-sized packets do not fit this host's way out. */
interface Misfit {
  id: string;
  name: string;
  uplink: string;
  needs: number;
  takes: number;
  /** The option of the network that would fit. */
  option: number;
  /** What moves its services to a network that fits. */
  fix: Fix;
  evidence: string[];
}

/**
 * Reports an uplink that is small for every network (a single one must have the engine's own MTU), and returns the networks
 * that are too large for theirs.
 */
function tooSmall(host: KnownHost, fits: Fit[], report: Report): Misfit[] {
  const paths = new Map<string, Fit[]>();
  for (const fit of fits) {
    const key = `${fit.uplink} ${fit.takes}`;
    const path = paths.get(key);
    if (path) path.push(fit);
    else paths.set(key, [fit]);
  }
  return [...paths.values()].flatMap((path) => {
    const over = path.filter(({needs, takes}) => needs > takes);
    const networks = byNetwork(over);
    const chosen = networks.size === 1 && over[0]?.tunnel.network.mtuOption !== undefined;
    if (chosen || networks.size < byNetwork(path).size)
      return [...networks.values()].flatMap((group) => misfitOf(host, group) ?? []);
    const misfit = misfitOf(host, over);
    if (misfit) tellUplink(host, misfit, distinct(over.map(({tunnel}) => tunnel.network.name)), report);
    return [];
  });
}

function misfitOf(host: KnownHost, group: Fit[]): Misfit | undefined {
  const [first] = group;
  if (!first) return undefined;
  const {takes, uplink, route, vtep, tunnel} = first;
  const link = host.model.host?.links?.find(({name}) => name === uplink);
  return {
    id: tunnel.network.id,
    name: tunnel.network.name,
    uplink,
    takes,
    needs: Math.max(...group.map(({needs}) => needs)),
    // What IPv6 needs beyond IPv4 must be left out of it: the engine subtracts 50 in either case.
    option: takes + encapsulation('0.0.0.0', false) - encapsulation(vtep, false),
    fix: moved(host, tunnel.network, takes + encapsulation('0.0.0.0', false) - encapsulation(vtep, false)),
    evidence: [
      ...distinct(group.map(sumLine)).slice(0, 8),
      `to ${vtep}: ${routeText(route)}`,
      ...(link ? [linkLine(link)] : []),
    ],
  };
}

const consequence =
  "the sender's kernel refuses or fragments them, and those in the other direction may be lost";

function tellUplink(host: KnownHost, misfit: Misfit, names: string[], report: Report): void {
  const {uplink, needs, takes, evidence} = misfit;
  report.found({
    code: 'mtu-too-small',
    severity: 'warning',
    host: host.name,
    network: null,
    subject: uplink,
    evidence,
    cause: `full-sized packets of ${listed(names)} need up to ${needs} bytes in the underlay, and the MTU of ${uplink} is ${takes}: ${consequence}`,
    check: look(sh`ip link show ${device(uplink)}`, `mtu ${takes}`),
    fix: fixBy({
      commands: [sh`ip link set ${device(uplink)} mtu ${number(needs)}`],
      undo: [sh`ip link set ${device(uplink)} mtu ${number(takes)}`],
      affects: `${uplink}, until the next boot. If the network behind it does not carry ${needs} bytes, recreate the overlays with com.docker.network.driver.mtu=${misfit.option} instead`,
    }),
    basis: 'one-host',
    at: {host: host.name, device: uplink},
    reach: [{host: host.name}],
  });
}

/** A network that is too large for the ways out of one host or of many. */
function tellNetworks(hosts: HostDigest<Misfit[]>[], report: Report): void {
  const networks = new Map<string, {host: string; misfit: Misfit}[]>();
  for (const {name, digest} of hosts) {
    for (const misfit of digest) {
      const network = networks.get(misfit.id);
      if (network) network.push({host: name, misfit});
      else networks.set(misfit.id, [{host: name, misfit}]);
    }
  }
  for (const [id, seen] of networks) {
    const smallest = seen.reduce((least, one) => (one.misfit.takes < least.misfit.takes ? one : least));
    const names = distinct(seen.map(({host}) => host));
    const [only] = names.length === 1 ? names : [];
    const {misfit} = smallest;
    report.found({
      code: 'mtu-too-small',
      severity: 'warning',
      host: only ?? null,
      network: misfit.name,
      subject: `MTU of ${misfit.name}`,
      evidence: seen
        .slice(0, 5)
        .flatMap(({host, misfit: {evidence}}) => evidence.map((row) => `${host}: ${row}`)),
      cause: `full-sized packets of ${misfit.name} need ${misfit.needs} bytes in the underlay, and the MTU of ${misfit.uplink} of ${listed(names)} is ${misfit.takes}: ${consequence}`,
      check: look(sh`docker network inspect ${named(misfit.name)} --format '{{.Options}}'`),
      fix: fixOf(seen, misfit),
      basis: only === undefined ? 'several-hosts' : 'one-host',
      at: {...(only === undefined ? {} : {host: only}), networkId: id},
      reach: names.map((host) => ({host, networkId: id})),
    });
  }
}

/** On a manager; the digest of each host has its own. */
function moved(host: KnownHost, network: Network, option: number): Fix {
  const fix = moveNetwork(host, network, sh`--opt com.docker.network.driver.mtu=${number(option)}`);
  return fix.by === 'commands' ? {...fix, host: host.name} : fix;
}

/** A manager's, where one was read. */
function fixOf(seen: {misfit: Misfit}[], {fix}: Misfit): Fix {
  return seen.find((one) => one.misfit.fix.by === 'commands')?.misfit.fix ?? fix;
}
