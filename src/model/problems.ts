import type {HostEvidence, HostNode} from '../snapshot/snapshot.js';
import type {Problem} from './problem.js';

/** The address that a manager told leads to another machine: behind a jump host or a translation, for instance. */
export function otherNode({name, id}: HostNode, source: string): Problem {
  return {
    code: 'node-elsewhere',
    subject: source,
    message: `the manager's node ${name} (${id}) was sought there, and another node answered`,
    suggestions: ['Name the hosts yourself: --hosts-file FILE'],
  };
}

export function collectorProblems(evidence: HostEvidence, about: Map<string, string>): Problem[] {
  const problems: Problem[] = [];
  if (evidence.failure) {
    const {code, message, suggestions} = evidence.failure;
    problems.push({code, subject: evidence.source, message, suggestions});
    return problems;
  }
  if (about.get('system') !== undefined && about.get('system') !== 'Linux') {
    problems.push({
      code: 'not-linux',
      subject: evidence.source,
      message: `${about.get('system')} has no Linux network namespaces`,
    });
  }
  const packages: Record<string, string> = {
    ip: 'iproute2',
    bridge: 'iproute2',
    nsenter: 'util-linux',
    stat: 'coreutils',
  };
  for (const [tool, name] of Object.entries(packages)) {
    if (!about.has(`tool.${tool}`)) {
      problems.push({
        code: 'tool-missing',
        subject: tool,
        message: `${tool} is not installed there (package ${name})`,
      });
    }
  }
  if (about.get('enter') !== '1' && about.has('tool.nsenter')) {
    problems.push({
      code: 'permission',
      subject: 'network namespaces',
      message:
        about.get('uid') === '0'
          ? 'root there may not enter network namespaces (CAP_SYS_ADMIN is missing)'
          : 'only root may enter network namespaces (CAP_SYS_ADMIN)',
    });
  } else if (about.has('netnsState') && about.get('netnsState') !== 'ok') {
    problems.push(noDirectory(evidence, about));
  }
  if (about.get('rootless') === '1') {
    problems.push({
      code: 'rootless',
      subject: 'dockerd',
      message: 'a rootless engine has no overlay networks',
    });
  }
  // A job's container sees no process of its host; its network is that of dockerd by its making.
  if (about.size > 0 && about.get('dockerdPid') === '' && !about.has('job')) {
    problems.push({
      code: 'dockerd-not-found',
      subject: 'dockerd',
      message: 'no dockerd process was found; "host" is the namespace of the collector',
    });
  }
  return problems;
}

/**
 * The namespace directory is not there or can't be read. An engine that answers and never ran a container has none,
 * which hides nothing; where the engine is silent too, nothing at all was seen.
 */
export function noDirectory({docker}: HostEvidence, about: Map<string, string>): Problem {
  const subject = about.get('netnsDir') ?? 'netns';
  const state = about.get('netnsState');
  if (state === 'missing' && docker.answers.some(({status}) => status === 200)) {
    return {
      code: 'netns-dir-absent',
      subject,
      message:
        'there is no such directory: this engine has run no container yet, or keeps its namespaces elsewhere',
    };
  }
  const words: Record<string, string> = {
    missing: 'there is no such directory',
    'no-directory': 'this is no directory',
  };
  return {
    code: 'netns-dir-missing',
    subject,
    message: words[state ?? ''] ?? 'it may not be read',
    suggestions: [
      "Does Docker run here? Where it keeps its namespaces: docker inspect -f '{{.NetworkSettings.SandboxKey}}' CONTAINER",
      'Name the directory with --netns-dir DIR.',
    ],
  };
}
