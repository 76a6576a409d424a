/**
 * Faults by name, each as it shows in the evidence of one host (and of the managers, where they know of it). Where a fault is
 * planted follows from the swarm alone, so whoever looks for it knows where it must be found.
 */

import type {FdbStatus} from '../../src/rows/status.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {answerOf, editAnswers, editTable, type Raw, sectionOf} from '../../test/support/evidence.js';
import {hostEvidence} from './evidence.js';
import type {Endpoint, Network, Node, Swarm} from './plan.js';

/** Where a fault is: on a node, on its first overlay, and of which endpoints. */
export interface Place {
  node: Node;
  network: Network;
  /** File of the network's sandbox on that node. */
  sandbox: string;
  /** A plain container or task on that node. */
  near: Endpoint;
  /** A task on another node. */
  far: Endpoint;
  /** Another node of the network. */
  other: Node;
}

interface Fault {
  about: string;
  /** What `fdb` says of the row. */
  fdb?: FdbStatus;
  /** Code that `doctor` gives it. */
  code?: string;
  /** What it changes on its host. */
  host(draft: HostEvidence, place: Place): void;
  /** What it changes on each manager. */
  manager?(draft: HostEvidence, place: Place): void;
}

export const faults = {
  'fdb-missing': {
    about: 'the row of the tunnel that says where an endpoint is was lost',
    fdb: 'fdb-row-missing',
    code: 'fdb-row-missing',
    host: (draft, {sandbox, far}) =>
      editTable(draft, sandbox, 'fdb', (rows) => rows.filter((row) => !isTunnelRow(row, far))),
  },
  'fdb-learned-only': {
    about: 'the row was lost and learned again, and will age out',
    fdb: 'fdb-learned-only',
    code: 'fdb-learned-only',
    host: (draft, {sandbox, far}) =>
      editTunnelRow(draft, sandbox, far, (row) => Object.assign(row, {state: ''})),
  },
  'fdb-wrong-vtep': {
    about: 'the row names another node than the one that runs the task',
    fdb: 'fdb-wrong-vtep',
    code: 'fdb-wrong-vtep',
    host: (draft, {sandbox, far, other}) =>
      editTunnelRow(draft, sandbox, far, (row) => Object.assign(row, {dst: other.address})),
  },
  'fdb-stale': {
    about: 'rows of an endpoint that is no more were left behind',
    fdb: 'fdb-stale',
    code: 'fdb-stale',
    host(draft, {sandbox, far, network}) {
      const ghost = {ip: `${network.prefix}.250.250`, mac: '02:42:0a:63:fa:fa'};
      copyRow(draft, sandbox, 'fdb', (row) => isTunnelRow(row, far), {mac: ghost.mac});
      copyRow(draft, sandbox, 'neigh', ({dst}) => dst === far.ip, {dst: ghost.ip, lladdr: ghost.mac});
    },
  },
  'neighbour-missing': {
    about: 'the row that answers for the address of an endpoint was lost',
    fdb: 'neighbour-missing',
    code: 'neighbour-missing',
    host: (draft, {sandbox, far}) =>
      editTable(draft, sandbox, 'neigh', (rows) => rows.filter(({dst}) => dst !== far.ip)),
  },
  'hosts-disagree': {
    about: 'gossip and rows of one host have an endpoint on another node than all the others have',
    fdb: 'fdb-wrong-vtep',
    code: 'gossip-differs',
    host(draft, {sandbox, far, network, other}) {
      editTunnelRow(draft, sandbox, far, (row) => Object.assign(row, {dst: other.address}));
      eachGossiped(draft, network, (task) => {
        if (task.EndpointID === far.endpointId) task.Info['Host IP'] = other.address;
      });
    },
  },
  'duplicate-address': {
    about: 'somebody gave a container the address of one on another node, beside its own',
    code: 'duplicate-address',
    host: (draft, {near, far}) =>
      editTable(draft, sandboxOf(draft, near), 'addr', (rows) =>
        rows.map((row) =>
          row.address === near.mac
            ? {...row, addr_info: [...row.addr_info, {...row.addr_info[0], local: far.ip}]}
            : row,
        ),
      ),
  },
  'mtu-differs': {
    about: 'an overlay has another MTU on one node',
    code: 'mtu-differs',
    host(draft, {sandbox}) {
      editTable(draft, sandbox, 'addr', (rows) =>
        rows.map((row) => (row.ifname === 'lo' ? row : {...row, mtu: 1400})),
      );
    },
  },
  'port-differs': {
    about: "a node's tunnels have another UDP port",
    code: 'data-path-port-differs',
    host(draft) {
      for (const {netns, name} of draft.sections) {
        if (name === 'addr' && netns?.includes('-')) {
          editTable(draft, netns, 'addr', (rows) => rows.map((row) => ({...row, ...withPort(row, 7789)})));
        }
      }
      editText(draft, '@host', 'proc', (text) => text.replace(':12B5 ', ':1E6D '));
    },
  },
  'port-filtered': {
    about: 'a rule of the host drops what comes for the tunnels',
    code: 'data-path-filtered-in',
    host: (draft) =>
      editText(draft, '@host', 'iptables-nft', (text) =>
        text.replace(
          '[0:0] -A FORWARD',
          '[7:700] -A INPUT -p udp -m udp --dport 4789 -j DROP\n[0:0] -A FORWARD',
        ),
      ),
  },
  'endpoint-without-interface': {
    about: 'the engine lists a container that has lost its leg on the network',
    code: 'endpoint-without-interface',
    host(draft, place) {
      const {near, sandbox} = place;
      editTable(draft, sandboxOf(draft, near), 'addr', (rows) =>
        rows.filter(({address}) => address !== near.mac),
      );
      const port = portOf(draft, place);
      editTable(draft, sandbox, 'addr', (rows) => rows.filter(({ifname}) => ifname !== port));
      editTable(draft, sandbox, 'fdb', (rows) => rows.filter(({ifname}) => ifname !== port));
      editText(draft, sandbox, 'proc', (text) =>
        text.replace(new RegExp(`^/proc/sys/net/ipv4/conf/${port}/.*\\n`, 'gm'), ''),
      );
    },
  },
  'veth-unplugged': {
    about: "a container's port was taken out of the bridge",
    code: 'veth-not-in-bridge',
    host(draft, place) {
      const port = portOf(draft, place);
      editTable(draft, place.sandbox, 'addr', (rows) =>
        rows.map((row) => (row.ifname === port ? unplugged(row) : row)),
      );
      editTable(draft, place.sandbox, 'fdb', (rows) =>
        rows.filter(({ifname, master}) => ifname !== port || master === undefined),
      );
    },
  },
  'veth-down': {
    about: "a container's port was set down",
    code: 'veth-down',
    host(draft, place) {
      const port = portOf(draft, place);
      editTable(draft, place.sandbox, 'addr', (rows) =>
        rows.map((row) => (row.ifname === port ? down(row) : row)),
      );
    },
  },
  'vxlan-down': {
    about: "an overlay's tunnel was set down, which takes its neighbour rows away",
    code: 'vxlan-down',
    host(draft, {sandbox}) {
      editTable(draft, sandbox, 'addr', (rows) =>
        rows.map((row) => (row.ifname === 'vxlan0' ? down(row) : row)),
      );
      editTable(draft, sandbox, 'neigh', (rows) => rows.filter(({dev}) => dev !== 'vxlan0'));
    },
  },
  'local-mac-on-vxlan': {
    about: 'the bridge has a local endpoint behind the tunnel',
    code: 'local-mac-on-vxlan',
    host: (draft, {sandbox, near}) =>
      editTable(draft, sandbox, 'fdb', (rows) =>
        rows.map((row) =>
          row.mac === near.mac && row.master !== undefined ? {...row, ifname: 'vxlan0'} : row,
        ),
      ),
  },
  'container-mac-changed': {
    about: "a container's interface has another MAC than the engine gave it",
    code: 'container-mac-changed',
    host: (draft, {near}) =>
      editTable(draft, sandboxOf(draft, near), 'addr', (rows) =>
        rows.map((row) => (row.address === near.mac ? {...row, address: '02:00:00:00:00:99'} : row)),
      ),
  },
  'device-leftover': {
    about: 'a vxlan device of an earlier sandbox was left in the host',
    code: 'vxlan-device-leftover',
    host(draft, {sandbox}) {
      const device = tableRows(draft, sandbox, 'addr').find(({ifname}) => ifname === 'vxlan0');
      const left = withPort(structuredClone(device), 4789);
      Object.assign(left, {
        ifindex: 900,
        link_index: undefined,
        link_netnsid: undefined,
        ifname: 'vx-0013ff-abcde',
      });
      left.linkinfo = {info_kind: 'vxlan', info_data: {...left.linkinfo.info_data, id: 0x13ff}};
      editTable(draft, '@host', 'addr', (rows) => [...rows, unplugged(left)]);
    },
  },
  'forwarding-off': {
    about: 'the host does not forward',
    code: 'ip-forward-off',
    host: (draft) =>
      editText(draft, '@host', 'proc', (text) =>
        text.replace('/proc/sys/net/ipv4/ip_forward:1', '/proc/sys/net/ipv4/ip_forward:0'),
      ),
  },
  'uplink-down': {
    about: 'the uplink was set down',
    code: 'uplink-down',
    host(draft) {
      editTable(draft, '@host', 'addr', (rows) =>
        rows.map((row) => (row.ifname === 'eth0' ? down(row) : row)),
      );
      editTable(draft, '@host', 'route', (rows) =>
        rows.filter(({dev, table}) => dev !== 'eth0' || table === 'local'),
      );
      editTable(draft, '@host', 'neigh', () => []);
      refuseRoutes(draft);
    },
  },
  'next-hop-silent': {
    about: 'the next hop to another node does not answer ARP',
    code: 'vtep-unreachable',
    host: (draft, {far}) =>
      editTable(draft, '@host', 'neigh', (rows) => {
        const silent = rows.find(({dst}) => dst === far.node.address) ?? rows[0];
        return rows.map((row) => {
          const {lladdr: _, ...rest} = row;
          return row === silent ? {...rest, used: 2, confirmed: 400, updated: 1, state: ['FAILED']} : row;
        });
      }),
  },
  'balancer-backend-missing': {
    about: "a load balancer has lost a service's task",
    code: 'ipvs-backend-missing',
    host(draft, {network, far}) {
      const file = network.ingress ? 'ingress_sbox' : `lb_${network.id.slice(0, 9)}`;
      const hex = far.ip
        .split('.')
        .map((octet) => Number(octet).toString(16).padStart(2, '0').toUpperCase())
        .join('');
      editText(draft, file, 'proc', (text) => text.replace(new RegExp(`^.*  -> ${hex}:0000.*\n`, 'm'), ''));
    },
  },
  'resolver-rules-missing': {
    about: "a container's rules for the engine's resolver were flushed",
    code: 'dns-rules-missing',
    host(draft, {near}) {
      const file = sandboxOf(draft, near);
      editText(draft, file, 'iptables-nft', (text) => text.replace(/^\[0:0\] -A .*\n/gm, ''));
      editText(draft, file, 'nft', (text) => JSON.stringify(withoutRules(JSON.parse(text))));
    },
  },
  'certificate-expired': {
    about: "the node's clock is past the end of its certificate",
    code: 'certificate-expired',
    host: (draft) =>
      editText(draft, undefined, 'about', (text) =>
        text.replace(/^time=(\d+)$/m, (_, seconds) => `time=${Number(seconds) + 61 * 86_400}`),
      ),
  },
  'node-down': {
    about: 'the swarm has lost a node, and nobody can read it',
    code: 'node-down',
    host(draft) {
      draft.sections = [];
      draft.docker = {answers: []};
      draft.failure = {
        code: 'ssh-unreachable',
        message: `"${draft.source}": the host can't be reached.`,
        suggestions: [],
      };
      if (draft.node) draft.node.state = 'down';
    },
    manager: (draft, {node}) => editNode(draft, node, (body) => Object.assign(body.Status, {State: 'down'})),
  },
  'engine-differs': {
    about: 'a node has an engine of another version',
    code: 'engine-fdb-bug',
    host(draft) {
      editAnswers(draft, /^\/version$/, (body) =>
        Object.assign(body, {Version: '29.0.1', ApiVersion: '1.52'}),
      );
      editAnswers(draft, /^\/info$/, (body) => Object.assign(body, {ServerVersion: '29.0.1'}));
    },
    manager: (draft, {node}) =>
      editNode(draft, node, (body) => Object.assign(body.Description.Engine, {EngineVersion: '29.0.1'})),
  },
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;

export const faultNames = Object.keys(faults) as FaultName[];

export interface PlantedFault extends Pick<Fault, 'about' | 'fdb' | 'code'> {
  name: FaultName;
  place: Place;
}

export interface PlantedSwarm {
  planted: PlantedFault[];
  /** The evidence of a node with the faults that are planted there. */
  evidence(node: Node): HostEvidence;
  /** Whether that differs from what it is when all is well. */
  touches(node: Node): boolean;
}

/** Plants faults, each on a node of its own and none on a manager, where there are enough nodes. */
export function plant(swarm: Swarm, names: readonly FaultName[]): PlantedSwarm {
  const workers = swarm.nodes.filter(({manager}) => !manager);
  const places = workers.length > 0 ? workers : swarm.nodes;
  const planted = names.map((name, at): PlantedFault => {
    const node = places[Math.floor(((at + 0.5) * places.length) / names.length)];
    if (!node) throw new Error('a swarm without nodes');
    const {about, fdb, code}: Fault = faults[name];
    return {name, about, ...(fdb ? {fdb} : {}), ...(code ? {code} : {}), place: placeOf(node, at)};
  });
  const changes = (node: Node) =>
    planted.flatMap(({name, place}) => {
      const {host, manager}: Fault = faults[name];
      const own = place.node === node ? [(draft: HostEvidence) => host(draft, place)] : [];
      return manager && node.manager ? [...own, (draft: HostEvidence) => manager(draft, place)] : own;
    });
  return {
    planted,
    touches: (node) => changes(node).length > 0,
    evidence(node) {
      const draft = hostEvidence(swarm, node);
      for (const change of changes(node)) change(draft);
      return draft;
    },
  };
}

/** @param at how many faults were planted before: each is about another endpoint where there are enough. */
function placeOf(node: Node, at: number): Place {
  const network = node.networks.find(({ingress}) => !ingress);
  const endpoints = network?.endpoints.filter(({kind}) => kind !== 'balancer') ?? [];
  const near = endpoints.find((one) => one.node === node);
  const tasks = endpoints.filter((one) => one.node !== node && one.kind === 'task');
  const far = tasks[at % tasks.length];
  const other = network?.nodes.find((one) => one !== node && one !== far?.node);
  if (!network || !near || !far || !other) throw new Error(`${node.name} shares no network with two others`);
  return {node, network, sandbox: `1-${network.id.slice(0, 10)}`, near, far, other};
}

function isTunnelRow({mac, ifname, dst}: Raw, {mac: own}: Endpoint): boolean {
  return mac === own && ifname === 'vxlan0' && dst !== undefined;
}

function editTunnelRow(
  draft: HostEvidence,
  netns: string,
  endpoint: Endpoint,
  change: (row: Raw) => void,
): void {
  editTable(draft, netns, 'fdb', (rows) => {
    for (const row of rows) if (isTunnelRow(row, endpoint)) change(row);
    return rows;
  });
}

function tableRows(draft: HostEvidence, netns: string, name: string): Raw[] {
  return JSON.parse(sectionOf(draft, netns, name).output) as Raw[];
}

function copyRow(
  draft: HostEvidence,
  netns: string,
  name: string,
  matches: (row: Raw) => boolean,
  change: Raw,
): void {
  editTable(draft, netns, name, (rows) =>
    rows.flatMap((row) => (matches(row) ? [row, {...row, ...change}] : [row])),
  );
}

function editText(
  draft: HostEvidence,
  netns: string | undefined,
  name: string,
  change: (text: string) => string,
): void {
  const section = sectionOf(draft, netns, name);
  const changed = change(section.output);
  if (changed === section.output) throw new Error(`nothing to change in ${name} of ${netns ?? 'the host'}`);
  section.output = changed;
}

function eachGossiped(draft: HostEvidence, network: Network, change: (task: Raw) => void): void {
  editAnswers(draft, new RegExp(`^/networks/${network.id}`), (body) => {
    for (const service of Object.values(body.Services as Record<string, Raw>)) service.Tasks.forEach(change);
  });
}

function editNode(draft: HostEvidence, node: Node, change: (body: Raw) => void): void {
  editAnswers(draft, /^\/nodes$/, (bodies: Raw) =>
    bodies.filter(({ID}: Raw) => ID === node.id).forEach(change),
  );
}

/** File of the namespace that an endpoint's container lives in. */
function sandboxOf(draft: HostEvidence, {containerId}: Endpoint): string {
  const {NetworkSettings} = answerOf(draft, `/containers/${containerId}/json`).body as Raw;
  return String(NetworkSettings.SandboxKey).replace(/^.*\//, '');
}

/** The other end of a container's leg, in the overlay's sandbox. */
function portOf(draft: HostEvidence, {near, sandbox}: Place): string {
  const row = tableRows(draft, sandbox, 'fdb').find(
    ({mac, master}) => mac === near.mac && master !== undefined,
  );
  return String(row.ifname);
}

function unplugged(row: Raw): Raw {
  const {master: _, linkinfo, ...rest} = row;
  const {info_slave_kind: __, info_slave_data: ___, ...kind} = linkinfo;
  return {...rest, linkinfo: kind};
}

function down(row: Raw): Raw {
  return {
    ...row,
    flags: row.flags.filter((flag: string) => flag !== 'UP' && flag !== 'LOWER_UP'),
    operstate: 'DOWN',
  };
}

function withPort(row: Raw, port: number): Raw {
  const {linkinfo} = row;
  if (linkinfo?.info_kind !== 'vxlan') return row;
  return {...row, linkinfo: {...linkinfo, info_data: {...linkinfo.info_data, port}}};
}

function withoutRules({nftables}: Raw): Raw {
  return {nftables: nftables.filter((item: Raw) => item.rule === undefined)};
}

function refuseRoutes(draft: HostEvidence): void {
  const section = sectionOf(draft, '@host', 'route-get');
  const {length} = section.output.trimEnd().split('\n');
  section.status = 1;
  section.output = Array.from(
    {length},
    (_, at) => `RTNETLINK answers: Network is unreachable\nCommand failed -:${at + 1}\n`,
  ).join('');
}
