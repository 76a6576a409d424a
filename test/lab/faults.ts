import type {Lab, LabNode} from './lab.js';

/** A place in an overlay sandbox where faults are made, and the endpoint they are made for. */
export interface Place {
  readonly node: LabNode;
  /** File name of the sandbox. */
  readonly netns: string;
  readonly device: string;
  /** The remote endpoint. */
  readonly ip: string;
  readonly mac: string;
  readonly vtep: string;
  /** The sandbox's own port to the local container. */
  readonly port: string;
}

/** What an engine tells of a container, as far as the lab asks. */
export interface ContainerAnswer {
  readonly NetworkSettings: {
    readonly SandboxKey: string;
    readonly Networks: Record<string, {IPAddress: string; MacAddress: string} | undefined>;
  };
}

interface LinkJson {
  readonly ifname: string;
  readonly ifindex: number;
  readonly link_index?: number;
  readonly linkinfo?: {readonly info_kind?: string};
}

async function endpoint(
  node: LabNode,
  container: string,
  network: string,
): Promise<{ip: string; mac: string; key: string}> {
  const {NetworkSettings: settings} = await node.ask<ContainerAnswer>(`/containers/${container}/json`);
  const found = settings.Networks[network];
  if (found === undefined) throw new Error(`${container} is not on ${network}`);
  return {ip: found.IPAddress, mac: found.MacAddress, key: settings.SandboxKey.split('/').at(-1) ?? ''};
}

/** The file of a network's sandbox on a node: `N-` and the first characters of the network's id. */
export async function sandboxFile(node: LabNode, network: string): Promise<string> {
  const {Id: id} = await node.ask<{Id: string}>(`/networks/${network}`);
  const {stdout} = await node.run(['ls', '/var/run/docker/netns']);
  const found = stdout
    .split('\n')
    .find((file) => /^\d+-/.test(file) && id.startsWith(file.replace(/^\d+-/, '')));
  if (found === undefined) throw new Error(`${network} has no sandbox on ${node.name}`);
  return found;
}

/** web2 as node1's sandbox of uber-net has it, all told by the engines and the kernel. */
export async function webPlace(lab: Lab): Promise<Place> {
  const [node, other] = [lab.node('node1'), lab.node('node2')];
  const netns = await sandboxFile(node, 'uber-net');
  const [remote, local] = await Promise.all([
    endpoint(other, 'web2', 'uber-net'),
    endpoint(node, 'web1', 'uber-net'),
  ]);
  const links = async (file: string) =>
    JSON.parse((await node.inNetns(file, ['ip', '-d', '-j', 'link'])).stdout) as LinkJson[];
  const inside = await links(netns);
  const device = inside.find(({linkinfo}) => linkinfo?.info_kind === 'vxlan')?.ifname;
  // web1's end on uber-net is the link that has the endpoint's MAC; its peer is the port.
  const own = (await links(local.key)).find((link) => (link as {address?: string}).address === local.mac);
  const port = inside.find(({ifindex}) => ifindex === own?.link_index)?.ifname;
  if (device === undefined || port === undefined) throw new Error(`no vxlan device or port in ${netns}`);
  return {node, netns, device, ip: remote.ip, mac: remote.mac, vtep: other.address, port};
}

/** A fault: how it is made, by words for `ip` and `bridge` in the sandbox. */
export type Break = (place: Place, lab: Lab) => Promise<unknown>;

/**
 * Makes a fault, does the work, and mends whatever the fault did to the sandbox: the device is up again, the port
 * plugged in, rows that were added are gone and those that were there are there.
 */
export async function withFault<T>(lab: Lab, fault: Break, work: (place: Place) => Promise<T>): Promise<T> {
  const place = await webPlace(lab);
  const before = await placeRows(place);
  try {
    await fault(place, lab);
    return await work(place);
  } finally {
    await mendPlace(place, before);
  }
}

export interface PlaceRows {
  /** `MAC dst VTEP` of the device's own permanent rows. */
  readonly fdb: ReadonlySet<string>;
  /** `ADDRESS lladdr MAC` of its permanent neighbours. */
  readonly neighbours: ReadonlySet<string>;
}

/** The rows that Docker made in a place. */
export async function placeRows({node, netns, device}: Place): Promise<PlaceRows> {
  const read = async <Row>(argv: string[]) =>
    JSON.parse((await node.inNetns(netns, argv)).stdout || '[]') as Row[];
  const fdb = await read<{mac: string; dst?: string; state: string}>([
    'bridge',
    '-j',
    'fdb',
    'show',
    'dev',
    device,
  ]);
  const neighbours = await read<{dst: string; lladdr: string}>([
    'ip',
    '-j',
    'neigh',
    'show',
    'dev',
    device,
    'nud',
    'permanent',
  ]);
  return {
    fdb: new Set(
      fdb.flatMap(({mac, dst, state}) => (dst && state === 'permanent' ? [`${mac} dst ${dst}`] : [])),
    ),
    neighbours: new Set(neighbours.map(({dst, lladdr}) => `${dst} lladdr ${lladdr}`)),
  };
}

/** Undoes whatever was done to a place: its device is up, its port plugged in, its rows are those of before. */
export async function mendPlace(place: Place, before: PlaceRows): Promise<void> {
  const {node, netns, device, port} = place;
  const ip = (...words: string[]) => node.inNetns(netns, ['ip', ...words]);
  await ip('link', 'set', device, 'up');
  await ip('link', 'set', port, 'master', 'br0');
  const now = await placeRows(place);
  const edit = (text: string, verb: string, tool: string[], tail: string[]) =>
    node.inNetns(netns, [...tool, verb, ...text.split(' '), 'dev', device, ...tail]);
  const bridge = ['bridge', 'fdb'];
  const neigh = ['ip', 'neigh'];
  for (const row of now.fdb) {
    if (!before.fdb.has(row)) await edit(row, 'del', bridge, ['self']);
  }
  for (const row of before.fdb) {
    // A learned row of the same MAC is in the way of `add`.
    if (!now.fdb.has(row)) await edit(row, 'replace', bridge, ['self', 'permanent']);
  }
  for (const row of now.neighbours) {
    if (!before.neighbours.has(row)) await edit(row.split(' ')[0] ?? '', 'del', neigh, []);
  }
  for (const row of before.neighbours) {
    if (!now.neighbours.has(row)) await edit(row, 'replace', neigh, ['nud', 'permanent']);
  }
}

const inSandbox = ({node, netns}: Place, text: string) => node.inNetns(netns, text.split(' '));

/** The faults that have a recording and a live test, by name. */
export const faults = {
  'fdb-row-missing': (place) => inSandbox(place, `bridge fdb del ${place.mac} dev ${place.device} self`),
  'neighbour-missing': (place) => inSandbox(place, `ip neigh del ${place.ip} dev ${place.device}`),
  'fdb-wrong-vtep': (place) =>
    inSandbox(place, `bridge fdb replace ${place.mac} dev ${place.device} dst 192.168.1.77 self permanent`),
  'fdb-learned-only': async (place, lab) => {
    await inSandbox(place, `bridge fdb del ${place.mac} dev ${place.device} self`);
    // Nothing goes out, but what comes in is learned.
    await lab.node('node2').exec('web2', ['ping', '-c', '2', '-W', '1', 'web1'], {reject: false});
  },
  // Rows for an address that nobody has, and an FDB entry without even a neighbour.
  stale: async (place) => {
    await inSandbox(
      place,
      `ip neigh add 10.0.1.200 lladdr 02:42:0a:00:01:c8 dev ${place.device} nud permanent`,
    );
    await inSandbox(
      place,
      `bridge fdb add 02:42:0a:00:01:c8 dev ${place.device} dst ${place.vtep} self permanent`,
    );
    await inSandbox(
      place,
      `bridge fdb add 02:42:0a:00:01:c9 dev ${place.device} dst ${place.vtep} self permanent`,
    );
  },
  'vxlan-down': (place) => inSandbox(place, `ip link set ${place.device} down`),
  'veth-unplugged': (place) => inSandbox(place, `ip link set ${place.port} nomaster`),
} satisfies Record<string, Break>;
