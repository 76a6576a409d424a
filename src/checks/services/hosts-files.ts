import {named, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import type {Container} from '../../model/docker-types.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type Report} from '../check.js';
import {renewEndpoint} from '../engine-fix.js';
import {listed} from '../words.js';

/**
 * /etc/hosts of containers, as the engine keeps it: each address on a network of its own, but not on ingress and docker_gwbridge,
 * stands there with the container's hostname, and goes with the network (network-common.md 4).
 */
export const hostsFiles = defineCheck({
  name: 'hosts-files',
  codes: ['hosts-file-odd'],
  perHost(host, report) {
    const {hostsFiles: files, docker} = host.model;
    if (!docker || docker.lent) return undefined;
    if (!files) {
      report.notChecked({
        host: host.name,
        network: null,
        reason: 'whether /etc/hosts of containers has their addresses: it was not read',
        add: 'Read the host as root with this version',
      });
      return undefined;
    }
    for (const container of docker.containers) {
      const addresses = files.get(container.id);
      if (addresses && container.running) examine(host, report, container, addresses);
    }
    return undefined;
  },
});

function examine(host: KnownHost, report: Report, container: Container, addresses: readonly string[]): void {
  const {name, networkMode} = container;
  if (networkMode === 'host' || networkMode === 'none' || networkMode.startsWith('container:')) return;
  const missing = onOverlays(host, container).filter(({ip}) => !addresses.includes(ip));
  const [first] = missing;
  if (!first) return;
  report.found({
    code: 'hosts-file-odd',
    severity: 'info',
    host: host.name,
    network: first.networkName,
    subject: name,
    evidence: [
      `${name}: /etc/hosts has ${listed(addresses, 6)}`,
      ...missing.map(({networkName, ip}) => `${name} has ${ip} on ${networkName}`),
    ],
    cause: `/etc/hosts of ${name} lacks ${listed(missing.map(({ip}) => ip))}: programs in it that look up their own hostname do not get that address, and may listen on another one or announce it`,
    check: look(sh`docker exec ${named(name)} cat /etc/hosts`),
    fix: container.service
      ? fixBy({
          commands: [sh`docker rm -f ${named(name)}`],
          affects: `this task of ${container.service.name} only: the swarm starts another one in its place`,
        })
      : renewEndpoint({name: first.networkName}, {name, kind: 'container', container}),
    basis: 'one-host',
    at: {host: host.name, networkId: first.networkId},
  });
}

function onOverlays(
  {model}: KnownHost,
  {endpoints}: Container,
): {networkName: string; networkId: string; ip: string}[] {
  return endpoints.flatMap(({networkId, networkName, ip}) => {
    const network = model.docker?.networks.find(({id}) => id === networkId);
    const isOwn = network?.driver === 'overlay' && !network.ingress;
    return ip !== undefined && isOwn ? [{networkName, networkId, ip}] : [];
  });
}
