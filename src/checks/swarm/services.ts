import {named, sh} from '../../base/command.js';
import {inSubnet} from '../../base/subnet.js';
import {fixByOthers, look} from '../../findings/advice.js';
import type {Finding} from '../../findings/finding.js';
import type {DockerModel, Network, SwarmService} from '../../model/docker-types.js';
import {listed} from '../words.js';
import {managerCheck} from './manager-check.js';

/** Ports and addresses that managers gave to services: none is given twice, each lies in its network. */
export const swarmServices = managerCheck(
  'swarm-services',
  ['published-port-twice', 'vip-odd', 'address-outside-range'],
  (docker) =>
    docker.read.services && docker.read.networks
      ? [...portsTwice(docker), ...oddVips(docker), ...outsideRange(docker)]
      : [],
);

interface Publisher {
  service: SwarmService;
  mode: string;
}

/** In ingress mode every node answers, so that no other service can have the port, on any node. */
function portsTwice({services}: DockerModel): Finding[] {
  const publishers = new Map<string, Publisher[]>();
  for (const service of services) {
    for (const {published, protocol, mode} of service.ports) {
      if (!published) continue;
      const port = `${published}/${protocol ?? 'tcp'}`;
      publishers.set(port, [...(publishers.get(port) ?? []), {service, mode: mode ?? 'ingress'}]);
    }
  }
  return [...publishers].flatMap(([port, all]): Finding[] => {
    const names = [...new Set(all.map(({service}) => service.name))];
    if (names.length < 2 || !all.some(({mode}) => mode === 'ingress')) return [];
    return [
      {
        code: 'published-port-twice',
        severity: 'error',
        host: null,
        network: null,
        subject: `port ${port}`,
        evidence: all.map(({service, mode}) => `service ${service.name}: publishes ${port} in ${mode} mode`),
        cause: `${listed(names)} publish the same port ${port}: on each node only one of them answers, whichever had it first`,
        check: names.flatMap((name) =>
          look(sh`docker service inspect ${named(name)} --format '{{json .Endpoint.Ports}}'`),
        ),
        fix: fixByOthers(
          `the owner of ${listed(names)}`,
          'choose another published port for all but one of them: docker service update --publish-rm and --publish-add',
        ),
        basis: 'one-host',
        at: {},
      },
    ];
  });
}

interface Vip {
  service: SwarmService;
  network: Network;
  address: string;
}

function vipsOf({services, networks}: DockerModel): Vip[] {
  return services.flatMap((service) =>
    service.vips.flatMap(({networkId, address}) => {
      const network = networks.find(({id}) => id === networkId);
      return network ? [{service, network, address}] : [];
    }),
  );
}

/** A VIP is an address of its network that nobody else has. */
function oddVips(docker: DockerModel): Finding[] {
  const all = vipsOf(docker);
  return all.flatMap((vip): Finding[] => {
    const {service, network, address} = vip;
    const why = whyOdd(docker, all, vip);
    if (why === undefined) return [];
    return [
      {
        code: 'vip-odd',
        severity: 'error',
        host: null,
        network: network.name,
        subject: `${service.name} ${address}`,
        evidence: [
          `service ${service.name}: VIP ${address} on ${network.name} (${network.subnets.map(({subnet}) => subnet).join(', ')})`,
        ],
        cause: `the VIP ${address} of ${service.name} on ${network.name} ${why}: connections to ${service.name} do not arrive`,
        check: look(
          sh`docker service inspect ${named(service.name)} --format '{{json .Endpoint.VirtualIPs}}'`,
        ),
        fix: fixByOthers(
          `the owner of ${service.name}`,
          'remove the service and create it again, so that the managers choose another VIP',
        ),
        basis: 'one-host',
        at: {networkId: network.id},
      },
    ];
  });
}

function whyOdd({tasks}: DockerModel, all: Vip[], {service, network, address}: Vip): string | undefined {
  const {subnets, id} = network;
  if (subnets.length > 0 && !subnets.some(({subnet}) => inSubnet(address, subnet)))
    return 'is outside the subnets of the network';
  if (subnets.some(({gateway}) => gateway === address)) return 'is the gateway of the network';
  const other = all.find(
    (one) => one.service !== service && one.network === network && one.address === address,
  );
  if (other) return `is also the VIP of ${other.service.name}`;
  const task = tasks.find(
    ({state, attachments}) =>
      state === 'running' &&
      attachments.some((one) => one.networkId === id && one.addresses.includes(address)),
  );
  return task && `is also the address of task ${task.id.slice(0, 12)}`;
}

/** Addresses of tasks and VIPs lie in the range that the network was created with (`--ip-range`). */
function outsideRange(docker: DockerModel): Finding[] {
  return docker.networks.flatMap((network): Finding[] => {
    const ranges = network.subnets.flatMap(({range}) => range ?? []);
    if (ranges.length === 0 || ranges.length < network.subnets.length) return [];
    const given = [
      ...vipsOf(docker)
        .filter((vip) => vip.network === network)
        .map(({service, address}) => ({whose: `VIP of ${service.name}`, address})),
      ...docker.tasks
        .filter(({state, attachment}) => state === 'running' && !attachment)
        .flatMap(({id, attachments}) =>
          attachments
            .filter(({networkId}) => networkId === network.id)
            .flatMap(({addresses}) =>
              addresses.map((address) => ({whose: `task ${id.slice(0, 12)}`, address})),
            ),
        ),
    ];
    const odd = given.filter(({address}) => !ranges.some((range) => inSubnet(address, range)));
    if (odd.length === 0) return [];
    return [
      {
        code: 'address-outside-range',
        severity: 'warning',
        host: null,
        network: network.name,
        subject: network.name,
        evidence: odd
          .slice(0, 5)
          .map(({whose, address}) => `${whose}: ${address}, the range is ${ranges.join(', ')}`),
        cause: `the managers gave addresses of ${network.name} from outside its range ${ranges.join(', ')}: something else may have them too`,
        check: look(sh`docker network inspect ${named(network.name)} --format '{{json .IPAM.Config}}'`),
        fix: fixByOthers(
          'the owner of those services',
          'update them with --force, so that their tasks get new addresses',
        ),
        basis: 'one-host',
        at: {networkId: network.id},
      },
    ];
  });
}
