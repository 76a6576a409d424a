import {line, named, sh} from '../../base/command.js';
import {fixBy, fixByOthers, look, noFix} from '../../findings/advice.js';
import {unlessOverdue} from '../../findings/converging.js';
import type {Finding} from '../../findings/finding.js';
import type {DockerModel, Network} from '../../model/docker-types.js';
import {listed} from '../words.js';
import {type Age, ageText, managerCheck} from './manager-check.js';

/** What managers allocated to the networks of the swarm, and what they did not. */
export const swarmNetworks = managerCheck(
  'swarm-networks',
  ['network-not-allocated', 'vni-shared', 'ingress-network-odd'],
  (docker, age) =>
    docker.read.networks ? [...unallocated(docker, age), ...sharedVnis(docker), ...oddIngress(docker)] : [],
);

const leadersLog = look(
  line("journalctl -u docker | grep -e 'Failed allocation for network' -e 'failed allocating'"),
  'on the leader of the managers: the reason',
);

/** A manager shows the driver of a network once it is allocated (moby daemon/cluster/convert/network.go). */
function unallocated({networks, tasks}: DockerModel, age: Age): Finding[] {
  return networks.flatMap((network): Finding[] => {
    const waits = age(network.createdAt);
    if (network.scope !== 'swarm' || network.driver !== '' || network.configOnly) return [];
    if (waits === undefined) return [];
    return [
      unlessOverdue(
        {
          code: 'network-not-allocated',
          severity: 'error',
          host: null,
          network: network.name,
          subject: network.name,
          evidence: [
            `network ${network.name} (${network.id.slice(0, 12)}): driver "", no subnet, created ${network.createdAt}`,
          ],
          cause: `the managers have not allocated ${network.name} since it was created ${ageText(waits)} ago: it has no subnet and no VNI, and its tasks stay New`,
          check: [...look(sh`docker network inspect ${named(network.name)}`), ...leadersLog],
          fix: tasks.some(({attachments}) => attachments.some(({networkId}) => networkId === network.id))
            ? noFix(
                'the reason is only in the log of the leader: a VNI in use, a subnet that overlaps with that of another network, an IPv6 subnet, or no free address pool. Remove the network and create it without that',
              )
            : fixBy({
                commands: [sh`docker network rm ${named(network.name)}`],
                affects: `${network.name}, on which nothing can run: create it again without what the log of the leader names`,
              }),
          basis: 'one-host',
          at: {networkId: network.id},
        },
        'allocation',
        waits / 1000,
      ),
    ];
  });
}

const overlaysOf = ({networks}: DockerModel): Network[] =>
  networks.filter(({driver, scope}) => driver === 'overlay' && scope === 'swarm');

/** Frames of two networks with one VNI can't be told apart where both are. */
function sharedVnis(docker: DockerModel): Finding[] {
  const users = new Map<number, Network[]>();
  for (const network of overlaysOf(docker))
    for (const vni of network.vnis) users.set(vni, [...(users.get(vni) ?? []), network]);
  return [...users].flatMap(([vni, networks]): Finding[] => {
    const [first] = networks;
    if (!first || networks.length < 2) return [];
    return [
      {
        code: 'vni-shared',
        severity: 'error',
        host: null,
        network: first.name,
        subject: `VNI ${vni}`,
        evidence: networks.map(({name, id, vnis}) => `${name} (${id.slice(0, 12)}): VNIs ${vnis.join(', ')}`),
        cause: `${listed(networks.map(({name}) => name))} have the same VNI ${vni}: a node can have only one of them, and the tasks of the others do not start there`,
        check: networks.flatMap(({name}) =>
          look(sh`docker network inspect ${named(name)} --format '{{.Options}}'`),
        ),
        fix: fixByOthers(
          `the owner of ${listed(networks.map(({name}) => name))}`,
          `create all but one of them again without the option com.docker.network.driver.overlay.vxlanid_list, so that the managers choose VNIs`,
        ),
        basis: 'one-host',
        at: {networkId: first.id},
      },
    ];
  });
}

/** The routing mesh needs one ingress network; a second one is never allocated. */
function oddIngress(docker: DockerModel): Finding[] {
  const ingress = docker.networks.filter((network) => network.ingress && network.scope === 'swarm');
  const publishing = docker.services.filter(({ports}) => ports.some(({mode}) => mode === 'ingress'));
  const of = (subject: string, evidence: string[], cause: string, what: string): Finding => ({
    code: 'ingress-network-odd',
    severity: 'error',
    host: null,
    network: ingress[0]?.name ?? null,
    subject,
    evidence,
    cause,
    check: look(line('docker network ls --filter scope=swarm; docker network inspect ingress')),
    fix: fixByOthers('the administrator of the swarm', what),
    basis: 'one-host',
    at: {},
  });
  const [first, ...more] = ingress;
  if (!first && docker.read.services && publishing.length > 0)
    return [
      of(
        'ingress network',
        publishing
          .slice(0, 5)
          .map(
            ({name, ports}) =>
              `service ${name} publishes ${ports.map(({published}) => published).join(', ')} in ingress mode`,
          ),
        `there is no ingress network: the published ports of ${listed(publishing.map(({name}) => name))} answer on no node`,
        'docker network create --driver overlay --ingress NAME, then update the services that publish ports',
      ),
    ];
  const old = docker.networks.find((network) => network.oldIngress);
  if (old)
    return [
      of(
        'ingress network',
        [`network ${old.name} (${old.id.slice(0, 12)}): label com.docker.swarm.internal`],
        `${old.name} is an ingress network of the old form, which nodes know by a label: published ports answer only on nodes where something is attached to it`,
        `remove ${old.name}, and make another one: docker network create --driver overlay --ingress ingress`,
      ),
    ];
  if (first && more.length > 0)
    return [
      of(
        'ingress network',
        ingress.map(({name, id}) => `${name} (${id.slice(0, 12)}) is an ingress network`),
        `there are ${ingress.length} ingress networks: only one of them serves published ports`,
        'remove the one that no node uses: docker network rm',
      ),
    ];
  return [];
}
