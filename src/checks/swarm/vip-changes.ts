import {named, sh} from '../../base/command.js';
import {fixByOthers, look} from '../../findings/advice.js';
import {defineCheck} from '../check.js';

/** VIPs by service and network, as a manager lists them. */
type Given = Record<string, {service: string; network: string; networkId: string; address: string}>;

/**
 * VIPs of services that managers list, in two readings: a service keeps its VIP on a network for as long as it is on that
 * network in endpoint mode vip (moby swarm-networking.md, 2.3).
 */
export const vipChanges = defineCheck<{manager: boolean}, Given>({
  name: 'vip-changes',
  codes: ['vip-changed'],
  ignores: ['containers', 'balancers', 'rules', 'files'],
  perHost: ({model: {docker}}) => ({
    manager: docker?.engine.swarm?.manager === true && docker.read.services && !docker.lent,
  }),
  across(hosts, report) {
    if (hosts.some(({digest}) => digest.manager)) return;
    report.notChecked({
      host: null,
      network: null,
      reason: 'whether services keep their VIPs: no manager was read',
      add: 'Read a manager too: it lists the services',
    });
  },
  counters({model: {docker}}) {
    if (!docker?.read.services || docker.lent) return undefined;
    const networks = new Map(docker.networks.map(({id, name}) => [id, name]));
    return Object.fromEntries(
      docker.services.flatMap(({id, name: service, vips}) =>
        vips.map(({networkId, address}) => [
          `${id} ${networkId}`,
          {service, network: networks.get(networkId) ?? networkId, networkId, address},
        ]),
      ),
    );
  },
  sample({host, before, after, seconds}, report) {
    for (const [key, {service, network, networkId, address}] of Object.entries(after)) {
      const old = before[key]?.address;
      if (old === undefined || old === address) continue;
      report.found({
        code: 'vip-changed',
        severity: 'warning',
        host: null,
        network,
        subject: service,
        evidence: [
          `${host.name}: ${service} had ${old} on ${network}`,
          `${host.name}: ${Math.round(seconds)} s later it has ${address}`,
        ],
        cause: `the VIP of ${service} on ${network} changed from ${old} to ${address}: programs that keep the address which they resolved before get no answer`,
        check: look(
          sh`docker service inspect ${named(service)} --format '{{json .Endpoint.VirtualIPs}}'`,
          'another address than before',
        ),
        fix: fixByOthers(
          `the owner of the programs that use ${service}`,
          'let them resolve the name again: restart those that keep addresses',
        ),
        basis: 'sample',
        at: {networkId},
      });
    }
  },
});
