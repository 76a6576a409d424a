import {address as addressWord, line, named, number, prefix, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import type {Network} from '../../model/docker-types.js';
import type {IpvsService} from '../../model/ipvs.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {Sandbox} from '../../topology/sandboxes.js';
import {defineCheck, type Report} from '../check.js';
import {distinct} from '../words.js';

/**
 * How load balancers share out, and whether they forward as the network asks: the engine uses round robin, equal weights, no flags,
 * and direct routing exactly where the network has the option dsr (moby libnetwork service_linux.go addLBBackend).
 */
export const balancerSettings = defineCheck({
  name: 'balancer-settings',
  codes: ['ipvs-scheduler-odd', 'ipvs-one-packet', 'dsr-not-programmed'],
  perHost(host, report) {
    for (const {kind, network, namespace} of host.sandboxes) {
      const services = namespace.tables?.ipvs?.services;
      if ((kind !== 'load-balancer' && kind !== 'ingress') || !network || !services) continue;
      const place = {network, file: namespace.file};
      scheduling(host, report, place, services);
      onePacket(host, report, place, services);
      if (kind === 'load-balancer') forwarding(host, report, place, services);
      if (kind === 'load-balancer' && network.dsr) receivers(host, report, network);
    }
    return undefined;
  },
});

interface Place {
  network: Network;
  file: string;
}

/** Schedulers that share out evenly, whatever the backends have to do (net/netfilter/ipvs). */
const even: ReadonlySet<string> = new Set(['rr', 'wrr', 'sh', 'mh']);

function scheduling(
  host: KnownHost,
  report: Report,
  {network, file}: Place,
  services: readonly IpvsService[],
): void {
  for (const {mark, scheduler, text, destinations} of services) {
    if (mark === undefined) continue;
    const weights = distinct(destinations.map(({weight}) => weight).filter((weight) => weight > 0));
    const isOther = scheduler !== undefined && !even.has(scheduler);
    if (!isOther && weights.length < 2) continue;
    report.found({
      code: 'ipvs-scheduler-odd',
      severity: 'warning',
      host: host.name,
      network: network.name,
      subject: `mark 0x${mark.toString(16)} in ${file}`,
      evidence: [text, ...destinations.map((one) => one.text)].slice(0, 8),
      cause: isOther
        ? `IPVS in ${file} chooses backends by ${scheduler}: new connections are not shared out evenly over the tasks`
        : `the backends of mark 0x${mark.toString(16)} in ${file} have different weights (${weights.join(', ')}): new connections are not shared out evenly over the tasks`,
      check: look(within(host.model, file, sh`cat /proc/net/ip_vs`), 'rr, and weight 1'),
      fix: evenly(host, file, {mark, scheduler: scheduler ?? 'rr', isOther}, destinations),
      basis: 'one-host',
      at: {host: host.name, networkId: network.id, netns: file},
    });
  }
}

function evenly(
  host: KnownHost,
  file: string,
  {mark, scheduler, isOther}: {mark: number; scheduler: string; isOther: boolean},
  destinations: IpvsService['destinations'],
) {
  const service = (name: string) =>
    within(host.model, file, sh`ipvsadm -E -f ${number(mark)} -s ${named(name)}`);
  const backend = ({address, forward}: IpvsService['destinations'][number], weight: number) =>
    within(
      host.model,
      file,
      sh`ipvsadm -e -f ${number(mark)} -r ${addressWord(address)}:0 ${line(forward === 'Route' ? '-g' : '-m')} -w ${number(weight)}`,
    );
  const unequal = destinations.filter(({weight}) => weight > 1);
  return fixBy({
    commands: [...(isOther ? [service('rr')] : []), ...unequal.map((one) => backend(one, 1))],
    undo: [...(isOther ? [service(scheduler)] : []), ...unequal.map((one) => backend(one, one.weight))],
    affects: 'new connections to this service from this node. ipvsadm is a package of its own',
  });
}

/** Without the flag a flow stays with its task: IPVS keeps a connection for it (ip_vs_core.c ip_vs_schedule). */
function onePacket(
  host: KnownHost,
  report: Report,
  {network, file}: Place,
  services: readonly IpvsService[],
): void {
  for (const {mark, scheduler = 'rr', text, onePacket: isSet} of services) {
    if (mark === undefined || !isSet) continue;
    const [hex, edit] = [`0x${mark.toString(16)}`, sh`ipvsadm -E -f ${number(mark)} -s ${named(scheduler)}`];
    report.found({
      code: 'ipvs-one-packet',
      severity: 'warning',
      host: host.name,
      network: network.name,
      subject: `mark ${hex} in ${file}`,
      evidence: [text],
      cause: `IPVS in ${file} balances each datagram of mark ${hex} by itself (ops): those of one UDP flow go to different tasks, and answers come from addresses that the client did not ask`,
      check: look(within(host.model, file, sh`cat /proc/net/ip_vs`), 'ops behind the scheduler'),
      fix: fixBy({
        commands: [within(host.model, file, edit)],
        undo: [within(host.model, file, {...edit, text: `${edit.text} -o`})],
        affects: 'UDP to this service from this node. ipvsadm is a package of its own',
      }),
      basis: 'one-host',
      at: {host: host.name, networkId: network.id, netns: file},
    });
  }
}

/** Packets keep the client's address and go straight to the task, or get the load balancer's: never half of them. */
function forwarding(
  host: KnownHost,
  report: Report,
  {network, file}: Place,
  services: readonly IpvsService[],
): void {
  const wanted = network.dsr ? 'Route' : 'Masq';
  const odd = services
    .filter(({mark}) => mark !== undefined)
    .flatMap(({destinations}) => destinations)
    // A backend that is on this very node is shown as Local.
    .filter(({forward}) => forward !== wanted && forward !== 'Local');
  if (odd.length === 0) return;
  report.found({
    code: 'dsr-not-programmed',
    severity: 'warning',
    host: host.name,
    network: network.name,
    subject: file,
    evidence: [
      `${network.name}: option dsr ${network.dsr ? 'set' : 'not set'}`,
      ...odd.slice(0, 5).map(({text}) => text),
    ],
    cause: network.dsr
      ? `${network.name} has the option dsr, and the load balancer of this node rewrites addresses all the same: tasks do not see the client's address`
      : `${network.name} does not have the option dsr, and the load balancer of this node passes packets on without rewriting them: tasks do not accept them, as they have no VIP`,
    check: look(within(host.model, file, sh`cat /proc/net/ip_vs`), `Forward ${wanted}`),
    fix: fixBy({
      commands: odd.flatMap((one) => {
        const mark = services.find(({destinations}) => destinations.includes(one))?.mark ?? 0;
        const how = line(wanted === 'Route' ? '-g' : '-m');
        return [
          within(
            host.model,
            file,
            sh`ipvsadm -e -f ${number(mark)} -r ${addressWord(one.address)}:0 ${how} -w ${number(one.weight)}`,
          ),
        ];
      }),
      affects: `connections to VIPs of ${network.name} from this node. ipvsadm is a package of its own`,
    }),
    basis: 'one-host',
    at: {host: host.name, networkId: network.id, netns: file},
  });
}

/** The receiving side: the VIP on the loopback of each task, which answers no ARP request for it. */
function receivers(host: KnownHost, report: Report, network: Network): void {
  const services = (network.services ?? []).filter(({name, vip}) => name !== '' && vip !== undefined);
  for (const sandbox of host.sandboxes) {
    const [container] = sandbox.containers;
    const vip = services.find(({name}) => name === container?.service?.name)?.vip;
    const isOn = container?.endpoints.some(({networkId}) => networkId === network.id);
    if (vip !== undefined && isOn && sandbox.kind === 'container')
      receiver(host, report, {network, sandbox, vip});
  }
}

function receiver(
  host: KnownHost,
  report: Report,
  {network, sandbox, vip}: {network: Network; sandbox: Sandbox; vip: string},
): void {
  const {file, tables} = sandbox.namespace;
  const loopback = tables?.links?.find(({name}) => name === 'lo');
  if (!loopback?.addresses || tables?.partial?.has('addr')) return;
  if (loopback.addresses.some(({address}) => address === vip)) return;
  const name = sandbox.containers[0]?.name ?? file;
  report.found({
    code: 'dsr-not-programmed',
    severity: 'error',
    host: host.name,
    network: network.name,
    subject: name,
    evidence: [
      `${network.name}: option dsr set`,
      `${file}: lo has ${loopback.addresses.map(({address}) => address).join(', ')}`,
    ],
    cause: `${network.name} has the option dsr, and ${name} does not have the VIP ${vip} on its loopback: it drops what load balancers pass on to it`,
    check: look(within(host.model, file, sh`ip addr show lo`), `${vip}/32`),
    fix: fixBy({
      commands: [within(host.model, file, sh`ip addr add ${prefix(`${vip}/32`)} dev lo`)],
      undo: [within(host.model, file, sh`ip addr del ${prefix(`${vip}/32`)} dev lo`)],
      affects: `connections to ${vip} that are balanced to ${name}`,
    }),
    basis: 'one-host',
    at: {host: host.name, networkId: network.id, netns: file},
  });
}
