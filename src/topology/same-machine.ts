import type {HostModel} from '../model/host.js';

/**
 * Whether Docker's answers and the kernel's tables are of the same machine: a DOCKER_HOST or a context can point
 * elsewhere. Proof is a running container whose process is in the namespace of its SandboxKey; proof against it, that
 * such processes were seen and none of them is. Undefined where no container's process was seen.
 */
export function sameMachine({docker, namespaces, netnsOfPid}: HostModel): boolean | undefined {
  if (!docker || namespaces.length === 0) return undefined;
  const inodes = new Map(namespaces.map(({file, inode}) => [file, inode]));
  let seen = false;
  for (const {pid, sandboxFile, networkMode} of docker.containers) {
    // Every machine has a `default`, so containers in the host's namespace prove nothing.
    if (pid === undefined || sandboxFile === undefined || networkMode === 'host') continue;
    const inode = netnsOfPid.get(pid);
    if (inode === undefined) continue;
    if (inodes.get(sandboxFile) === inode) return true;
    seen = true;
  }
  return seen ? false : undefined;
}

/** The model as it may be joined: without Docker's answers where they are another machine's. */
export function withoutForeignDocker(host: HostModel): HostModel {
  if (sameMachine(host) !== false) return host;
  const {docker, ...kernel} = host;
  return {
    ...kernel,
    problems: [
      ...host.problems,
      {
        code: 'docker-elsewhere',
        subject: 'docker',
        message: `the engine that answers${docker?.engine.name ? ` (${docker.engine.name})` : ''} runs its containers on another machine, so its names are left out; check DOCKER_HOST and docker context ls`,
      },
    ],
  };
}
