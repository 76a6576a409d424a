/** A network's subnet and options are fixed when it is made: another one is made, and its services are moved to it. */
import {type Command, line, named, prefix, sh} from '../base/command.js';
import {type Fix, fixBy, fixByOthers} from '../findings/advice.js';
import type {Network} from '../model/docker-types.js';
import type {KnownHost} from '../topology/known-host.js';

/**
 * The commands for a manager that move the services of a network to a new one and remove it. Containers that were
 * connected by hand can't be moved from there, and in the new network services are found under their old names.
 *
 * @param options what differs from the present network, as `docker network create` takes it
 */
export function moveNetwork({model}: KnownHost, network: Network, options: Command): Fix {
  const name = `${network.name}-2`;
  const flags = [
    ...(network.attachable ? ['--attachable'] : []),
    ...(network.internal ? ['--internal'] : []),
    ...(network.encrypted ? ['--opt encrypted'] : []),
  ].join(' ');
  const create = sh`docker network create --driver overlay ${line(flags === '' ? '' : `${flags} `)}${options} ${named(name)}`;
  const text = {...create, text: create.text.replaceAll('  ', ' ')};
  const services = (network.services ?? []).filter((service) => service.name !== '');
  const byHand = (network.services ?? []).some((service) => service.name === '' && service.tasks.length > 0);
  const isWhole = network.services !== undefined && !network.ingress && !byHand;
  if (!isWhole || model.docker?.engine.swarm?.manager !== true || text.problem !== undefined)
    return fixByOthers(
      `administrator of the services and containers on ${network.name}`,
      text.problem === undefined && !network.ingress
        ? `on a manager: ${text.text}; then connect its services and containers there, and remove ${network.name}`
        : `make another network without that fault, and connect its services and containers there`,
    );
  return fixBy({
    commands: [
      text,
      ...services.map(
        (service) =>
          sh`docker service update --network-add ${named(name)} --network-rm ${named(network.name)} ${named(service.name)}`,
      ),
      // Tasks that are replaced hold it for some seconds more.
      sh`for turn in 1 2 3 4 5 6 7 8 9; do docker network rm ${named(network.name)} && break; sleep 3; done`,
    ],
    affects: `${services.length === 0 ? 'nothing that runs' : `the tasks of ${services.map((service) => service.name).join(', ')}, which are replaced one by one`}`,
  });
}

/** A private subnet of a size that meets none of those that the host knows; undefined where none was found. */
export function freeSubnet({model}: KnownHost, length: number): Command | undefined {
  const taken = [
    ...(model.docker?.networks ?? []).flatMap(({subnets}) => subnets.map(({subnet}) => subnet)),
    ...(model.host?.routes ?? []).flatMap(({dst}) => (dst === 'default' ? [] : [dst])),
    ...(model.docker?.nodes ?? []).flatMap(({address}) => address ?? []),
  ];
  const blocks = taken.map(range).filter((block) => block !== undefined);
  const size = 2 ** (32 - length);
  // From the upper end of 10/8, as the swarm's own pools and routers begin at the lower.
  for (let base = 0x0b000000 - size; base >= 0x0a800000; base -= size) {
    if (blocks.every(([from, to]) => to < base || from >= base + size))
      return sh`${prefix(`${addressText(base)}/${length}`)}`;
  }
  return undefined;
}

function range(cidr: string): [number, number] | undefined {
  const [address = '', length = '32'] = cidr.split('/');
  const parts = address.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part < 256))) return undefined;
  const size = 2 ** (32 - Number(length));
  const number = parts.reduce((sum, part) => sum * 256 + part, 0);
  const base = Math.floor(number / size) * size;
  return [base, base + size - 1];
}

function addressText(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
