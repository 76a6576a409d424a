import {line} from '../../base/command.js';
import {fixByOthers, look} from '../../findings/advice.js';
import {ingressPorts} from '../../services/ingress.js';
import {hasIpvs} from '../../services/load-balancer.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {Sandbox} from '../../topology/sandboxes.js';
import {defineCheck} from '../check.js';

/** Whether the kernel has IPVS, which every VIP and every port of the ingress network needs. */
export const ipvs = defineCheck({
  name: 'ipvs',
  codes: ['ipvs-missing'],
  ignores: ['containers', 'rules', 'files'],
  perHost(host, report) {
    const balancers = balancersWithoutIpvs(host);
    const reached = balancers.flatMap(({network}) =>
      (network?.services ?? [])
        .filter(({name, vip}) => name !== '' && vip !== undefined)
        .map(({name, vip}) => `${name} on ${network?.name}: VIP ${vip}`),
    );
    if (reached.length === 0) return undefined;
    const ports = ingressPorts([host.model]).map(
      ({service, published}) => `${service}: published port ${published}`,
    );
    report.found({
      code: 'ipvs-missing',
      severity: 'error',
      host: host.name,
      network: null,
      subject: 'the kernel',
      evidence: [
        `/proc/net/ip_vs is in none of ${balancers.map(({namespace}) => namespace.file).join(', ')}`,
        ...reached.slice(0, 5),
        ...ports.slice(0, 3),
      ],
      cause:
        'the kernel has no IPVS, so the engine can set up no load balancer: service names resolve to VIPs that no load balancer holds, and published ports fail. Tasks are reached by tasks.SERVICE and by their own addresses',
      check: look(line('ls /proc/net/ip_vs'), 'No such file'),
      fix: fixByOthers(
        'administrator of this host',
        'boot a kernel with IPVS; where it is a module: modprobe -a ip_vs ip_vs_rr, then systemctl restart docker. Without IPVS: services with --endpoint-mode dnsrr and ports published in host mode',
      ),
      basis: 'one-host',
      at: {host: host.name},
    });
    return undefined;
  },
});

/**
 * The load balancers of a host whose kernel has no IPVS; empty where it has, and where none was read. Whether one has it is told
 * by any of them: it is the kernel's.
 */
export function balancersWithoutIpvs({sandboxes}: KnownHost): Sandbox[] {
  const balancers = sandboxes.filter(
    ({kind, namespace: {tables}}) =>
      (kind === 'load-balancer' || kind === 'ingress') && tables && hasIpvs(tables) !== undefined,
  );
  return balancers.some(({namespace: {tables}}) => tables && hasIpvs(tables)) ? [] : balancers;
}
