import {type ContainerAnswer, sandboxFile} from './faults.js';
import type {LabNode} from './lab.js';

/** A container on an overlay, with the places in the kernel where its frames can be stopped. */
export interface End {
  readonly node: LabNode;
  readonly container: string;
  readonly ip: string;
  readonly mac: string;
  /** Its interface there. */
  readonly link: string;
  /** The sandbox of the network, and what is in it. */
  readonly port: string;
  readonly bridge: string;
  readonly vxlan: string;
  readonly vni: number;
  /** Each runs a shell text: inside the container's namespace, the sandbox's, the host's. */
  inside(text: string): Promise<string>;
  sandbox(text: string): Promise<string>;
  host(text: string): Promise<string>;
}

interface LinkJson {
  readonly ifname: string;
  readonly ifindex: number;
  readonly address?: string;
  readonly master?: string;
  readonly link_index?: number;
  readonly linkinfo?: {readonly info_kind?: string; readonly info_data?: {readonly id?: number}};
}

/** A container of a node on an overlay, all told by the engine and the kernel. */
export async function endOf(node: LabNode, container: string, network: string): Promise<End> {
  const [{NetworkSettings: settings}, netns] = await Promise.all([
    node.ask<ContainerAnswer>(`/containers/${container}/json`),
    sandboxFile(node, network),
  ]);
  const own = settings.Networks[network];
  if (own === undefined) throw new Error(`${container} is not on ${network}`);
  const key = settings.SandboxKey.split('/').at(-1) ?? '';
  const links = async (file: string) =>
    JSON.parse((await node.inNetns(file, ['ip', '-d', '-j', 'link'])).stdout) as LinkJson[];
  const [inside, sandbox] = await Promise.all([links(key), links(netns)]);
  const link = inside.find(({address}) => address === own.MacAddress);
  const port = sandbox.find(({ifindex}) => ifindex === link?.link_index);
  const vxlan = sandbox.find(
    ({linkinfo, master}) => linkinfo?.info_kind === 'vxlan' && master === port?.master,
  );
  const vni = vxlan?.linkinfo?.info_data?.id;
  if (!link || !port?.master || !vxlan || vni === undefined)
    throw new Error(`the way of ${container} to ${network} was not found`);
  const shell = (file: string) => async (text: string) =>
    (await node.inNetns(file, ['sh', '-ec', text])).stdout;
  return {
    node,
    container,
    ip: own.IPAddress,
    mac: own.MacAddress,
    link: link.ifname,
    port: port.ifname,
    bridge: port.master,
    vxlan: vxlan.ifname,
    vni,
    inside: shell(key),
    sandbox: shell(netns),
    host: async (text) => (await node.run(['sh', '-ec', text])).stdout,
  };
}

/** The container of a service's task that runs on a node. */
export async function taskOn(node: LabNode, service: string): Promise<string> {
  const filters = encodeURIComponent(JSON.stringify({label: [`com.docker.swarm.service.name=${service}`]}));
  const [task] = await node.ask<{Names: string[]}[]>(`/containers/json?filters=${filters}`);
  const name = task?.Names[0]?.slice(1);
  if (!name) throw new Error(`no task of ${service} runs on ${node.name}`);
  return name;
}

/** The rows that Docker has made on an end's vxlan device, as words that make them again. */
export async function rowsOf({sandbox, vxlan}: End): Promise<string[]> {
  const [fdb, neighbours] = await Promise.all([
    sandbox(`bridge fdb show dev ${vxlan}`),
    sandbox(`ip neigh show dev ${vxlan} nud permanent`),
  ]);
  return [
    ...[...fdb.matchAll(/^(\S+) dst (\S+).* self permanent$/gm)].map(
      ([, mac, vtep]) => `bridge fdb replace ${mac} dev ${vxlan} dst ${vtep} self permanent`,
    ),
    ...[...neighbours.matchAll(/^(\S+) lladdr (\S+) PERMANENT/gm)].map(
      ([, ip, mac]) => `ip neigh replace ${ip} lladdr ${mac} dev ${vxlan} nud permanent`,
    ),
  ];
}

/** Whether one ping from an end to an address arrives: told by the kernel of the one that should get it. */
export async function arrives(from: End, to: End): Promise<boolean> {
  const echos = async () => {
    const lines = (await to.inside('grep ^Icmp: /proc/net/snmp')).split('\n');
    const [names = [], values = []] = lines.map((line) => line.split(' '));
    return Number(values[names.indexOf('InEchos')]);
  };
  const before = await echos();
  await from.inside(`ping -q -n -c 1 -W 0.3 ${to.ip} || true`);
  return (await echos()) > before;
}
