import type {HostFlags} from '../cli/host-flags.js';
import type {Wanted} from '../collect/wanted.js';
import type {HostSummary} from '../hosts/host-problems.js';
import type {Readings} from '../hosts/readings.js';
import type {Names} from '../packet/names.js';

/** What must be read of a host to name its packets, and to say whether it takes them: its rules, routes and sockets. */
export const packetEvidence: Wanted = {
  netns: ['overlay', 'processes'],
  netnsTables: ['addr', 'neigh', 'fdb'],
  hostTables: ['addr', 'route', 'proc', 'netfilter', 'swarm'],
  docker: {containers: true, networks: 'inspect', verbose: ({driver}) => driver === 'overlay', cluster: true},
};

/** Names from what was read; none where nothing was. `moreRights` is what to type to see all. What could not be read is told, as names are missing then. */
export async function readNames(
  readings: Readings | undefined,
  flags: HostFlags,
  moreRights: string,
): Promise<{names: Names | undefined; hosts: HostSummary[]}> {
  if (readings === undefined) return {names: undefined, hosts: []};
  const {packetNames} = await import('../answers/packet-names.js');
  const {hostSummaries} = await import('../hosts/host-problems.js');
  const {tellMissingRights, tellProblems} = await import('../cli/problems.js');
  const {hosts} = readings;
  const problems = [
    ...readings.problems,
    ...hosts.flatMap(({name, problems: own}) => own.map((problem) => ({host: name, ...problem}))),
  ];
  tellMissingRights(problems);
  tellProblems({problems}, moreRights, flags);
  return {names: packetNames(hosts), hosts: hostSummaries(hosts)};
}
