import type {CheckCode} from '../../findings/catalogue.js';
import {type Finding, findingKey} from '../../findings/finding.js';
import type {DockerModel, SwarmTask} from '../../model/docker-types.js';
import {type Check, defineCheck} from '../check.js';

/** The ceiling of the contract for an allocation, in milliseconds (moby swarm-networking.md, 11.2). */
export const allocationCeiling = 30_000;

/** Milliseconds from a moment to the reading; undefined where it has none. */
export type Age = (moment: string | undefined) => number | undefined;

/**
 * A check of what managers list: networks, tasks, services. All managers have the same lists, of whatever moment, so
 * that each finding is reported once.
 *
 * It looks at what the engine says and at nothing else.
 *
 * @param judge gets the lists of one manager
 */
export function managerCheck(
  name: string,
  codes: readonly CheckCode[],
  judge: (docker: DockerModel, age: Age) => Finding[],
): Check {
  return defineCheck<Finding[]>({
    name,
    codes,
    ignores: ['containers', 'balancers', 'rules', 'files'],
    perHost({name: host, model: {docker, startedAt}}) {
      if (docker?.engine.swarm?.manager !== true || docker.lent) return undefined;
      const now = Date.parse(startedAt);
      const age: Age = (moment) => (moment === undefined ? undefined : now - Date.parse(moment));
      // What is of no host is typed on this manager.
      return judge(docker, age).map((finding) =>
        finding.fix.by === 'commands' ? {...finding, fix: {host, ...finding.fix}} : finding,
      );
    },
    across(hosts, report) {
      const findings = new Map(
        hosts.flatMap(({digest}) => digest).map((finding) => [findingKey(finding), finding]),
      );
      for (const finding of findings.values()) report.found(finding);
    },
  });
}

/** Whether tasks of a service that was removed are still on their way out: what they had goes with them. */
export function hasEnding({services, tasks}: DockerModel): boolean {
  const known = new Set(services.map(({id}) => id));
  return tasks.some((task) => task.serviceId !== undefined && !known.has(task.serviceId) && !hasEnded(task));
}

/** Whether a task has ended, or never ran (moby swarmkit api/types.proto, TaskState). */
export function hasEnded({state}: SwarmTask): boolean {
  return /^(complete|shutdown|failed|rejected|orphaned)$/.test(state ?? '');
}

/** Whether what is listed has been so for longer than an allocation may take. */
export function isOverdue(age: number | undefined): boolean {
  return age !== undefined && age > allocationCeiling;
}

/** `40 seconds`, `3 minutes`, `5 hours`: an age in a sentence. */
export function ageText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 120) return `${seconds} seconds`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} minutes`;
  return `${Math.floor(seconds / 3600)} hours`;
}
