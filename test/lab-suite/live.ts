import {type Answer, type CallOptions, ovdiag} from '../cli/support.js';
import type {LabNode} from '../lab/lab.js';

/** The flags that make a command read these nodes of the lab. */
export function reading(...nodes: LabNode[]): string[] {
  return nodes.flatMap(({prefix}) => ['--host', `exec:${prefix.join(' ')}`]);
}

/** Runs a command and parses its document, whatever its status. */
export async function document<T>(args: readonly string[], options?: CallOptions): Promise<T & Answer> {
  const answer = await ovdiag([...args, '--json'], options);
  try {
    return {...(JSON.parse(answer.stdout) as T), ...answer};
  } catch {
    throw new Error(`no document from ovdiag ${args.join(' ')}: ${answer.stdout}${answer.stderr}`);
  }
}

/** What the kernel says about one end of a link. */
export interface KernelLink {
  ifname: string;
  ifindex: number;
  link_index?: number;
  address?: string;
  master?: string;
  linkinfo?: {info_kind?: string};
}

export async function kernelLinks(node: LabNode, file: string): Promise<KernelLink[]> {
  return JSON.parse((await node.inNetns(file, ['ip', '-d', '-j', 'link'])).stdout) as KernelLink[];
}

/** What the engine itself says about a container. */
export interface EngineContainer {
  Id: string;
  Name: string;
  State: {Running: boolean; Pid: number};
  HostConfig: {NetworkMode: string};
  NetworkSettings: {
    SandboxKey: string;
    Networks: Record<string, {NetworkID: string; IPAddress: string; MacAddress: string}>;
  };
}

export async function engineContainers(node: LabNode): Promise<EngineContainer[]> {
  const all = await node.ask<{Id: string}[]>('/containers/json?all=1');
  return Promise.all(all.map(({Id}) => engineContainer(node, Id)));
}

export function engineContainer(node: LabNode, name: string): Promise<EngineContainer> {
  return node.ask<EngineContainer>(`/containers/${name}/json`);
}

export interface EngineNetwork {
  Id: string;
  Name: string;
  Driver: string;
  Ingress: boolean;
}

export function engineNetworks(node: LabNode): Promise<EngineNetwork[]> {
  return node.ask<EngineNetwork[]>('/networks');
}

/** Files of the node's namespace directory that are live, with the inode behind each: the kernel's own word. */
export async function liveFiles(node: LabNode): Promise<Map<string, number>> {
  const script =
    'cd /var/run/docker/netns && for f in *; do echo "$f $(stat -f -c %T "$f") $(stat -c %i "$f")"; done';
  const {stdout} = await node.run(['sh', '-c', script]);
  return new Map(
    stdout.split('\n').flatMap((line) => {
      const [file = '', type, inode] = line.split(' ');
      return type === 'nsfs' ? [[file, Number(inode)] as const] : [];
    }),
  );
}
