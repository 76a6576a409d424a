import {named, sh} from '../../base/command.js';
import {fixByOthers, look} from '../../findings/advice.js';
import type {Finding} from '../../findings/finding.js';
import type {DockerModel, Network, SwarmNode} from '../../model/docker-types.js';
import {listed} from '../words.js';
import {managerCheck} from './manager-check.js';

/**
 * Windows nodes know less of overlays than Linux: no encryption, no mtu and dsr options, and UDP 4789 only (moby
 * swarm-networking.md, 1, 3 and 13).
 */
export const windowsNodes = managerCheck('windows-nodes', ['windows-node-unlike'], (docker) => {
  const nodes = docker.nodes.filter(({os, state}) => os === 'windows' && state === 'ready');
  if (nodes.length === 0) return [];
  return [...port(docker, nodes), ...options(docker, nodes)];
});

const nameOf = ({hostname, id}: SwarmNode) => hostname ?? id;

function port({engine}: DockerModel, nodes: SwarmNode[]): Finding[] {
  const used = engine.swarm?.dataPathPort;
  if (used === undefined || used === 0 || used === 4789) return [];
  return [
    finding(null, `data-path port ${used}`, {
      evidence: [`GET /info: DataPathPort ${used}`, `Windows nodes: ${listed(nodes.map(nameOf))}`],
      cause: `the swarm sends VXLAN to UDP ${used}, and Windows nodes use UDP 4789 only: no packet passes between ${listed(nodes.map(nameOf))} and the Linux nodes`,
      what: 'keep services that talk with each other on nodes of one kind, or make the swarm again without --data-path-port',
    }),
  ];
}

function options(docker: DockerModel, nodes: SwarmNode[]): Finding[] {
  return docker.networks.flatMap((network): Finding[] => {
    const here = nodes.filter(({id}) => isUsedOn(docker, network, id));
    const why = whyUnlike(network);
    if (here.length === 0 || why === undefined) return [];
    const names = listed(here.map(nameOf));
    return [
      finding(network, `${network.name} on ${names}`, {
        evidence: [`network ${network.name}: ${why.option}`, `Windows nodes with tasks of it: ${names}`],
        cause: `${network.name} has tasks on ${names}, which ${here.length === 1 ? 'is a Windows node' : 'are Windows nodes'}: ${why.what}`,
        what: `keep the services of ${network.name} on Linux nodes: --constraint node.platform.os==linux`,
      }),
    ];
  });
}

function whyUnlike({driver, encrypted, mtuOption, dsr}: Network): {option: string; what: string} | undefined {
  if (driver !== 'overlay') return undefined;
  if (encrypted)
    return {
      option: 'encrypted',
      what: 'they do not encrypt, and Linux nodes drop unencrypted packets, so nothing passes between the two kinds',
    };
  if (mtuOption !== undefined)
    return {
      option: `mtu ${mtuOption}`,
      what: 'they ignore the option, so larger UDP packets are lost between the two kinds',
    };
  return dsr
    ? {option: 'dsr', what: 'they ignore the option, so tasks there do not see the address of the client'}
    : undefined;
}

function isUsedOn({tasks}: DockerModel, {id}: Network, nodeId: string): boolean {
  return tasks.some(
    (task) =>
      task.nodeId === nodeId &&
      task.state === 'running' &&
      task.attachments.some(({networkId}) => networkId === id),
  );
}

function finding(
  network: Network | null,
  subject: string,
  {evidence, cause, what}: {evidence: string[]; cause: string; what: string},
): Finding {
  return {
    code: 'windows-node-unlike',
    severity: 'warning',
    host: null,
    network: network?.name ?? null,
    subject,
    evidence,
    cause,
    check: look(
      network
        ? sh`docker network inspect ${named(network.name)} --format '{{json .Options}}'`
        : {text: "docker info --format '{{.Swarm.Cluster.DataPathPort}}'"},
    ),
    fix: fixByOthers('the owner of the services', what),
    basis: 'one-host',
    at: network ? {networkId: network.id} : {},
  };
}
