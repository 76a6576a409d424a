import type {DockerAnswer, HostEvidence} from '../snapshot/snapshot.js';
import {redactAnswer} from './docker.js';
import {leftovers} from './leftovers.js';
import {Refusal} from './lines.js';
import {type Scrub, scrubber} from './scrub.js';
import {redactSection} from './sections.js';
import {type Tokens, tokens} from './tokens.js';

/** What could not be redacted, and why: `addr of 1-k9adhvbmg8: …`. */
export interface Refused {
  what: string;
  reason: string;
}

export type Redacted = {evidence: HostEvidence} | {refused: Refused[]};

/**
 * Replaces everything by which somebody could be known, in all hosts by the same. What is not understood is refused, and
 * nothing of the host is given then.
 */
export function redactor(key: Buffer): (evidence: HostEvidence) => Redacted {
  const all = tokens(key);
  const scrub = scrubber(all);
  return (evidence) => {
    const refused: Refused[] = [];
    const attempt = <T>(what: string, work: () => T): T[] => {
      try {
        return [work()];
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refused.push({what, reason: error.message});
        return [];
      }
    };
    // Docker's answers come first, as they say which words are names.
    const answers = evidence.docker.answers.flatMap((answer) =>
      attempt(`Docker's answer to ${answer.path}`, () => redactAnswer(answer, scrub, all)),
    );
    if (evidence.node) all.name(evidence.node.name);
    const sections = evidence.sections.flatMap((section) =>
      attempt(`${section.name}${section.netns === undefined ? '' : ` of ${section.netns}`}`, () =>
        redactSection(section, scrub, all),
      ),
    );
    if (refused.length > 0) return {refused};
    const redacted = {
      ...rest(evidence, scrub, all),
      redacted: true as const,
      sections,
      docker: docker(evidence, answers, scrub, all),
    };
    const left = leftovers(redacted, all);
    return left.length === 0
      ? {evidence: redacted}
      : {refused: left.map((what) => ({what, reason: 'it is as it was'}))};
  };
}

function docker(
  {docker: {apiVersion, lentBy, failure}}: HostEvidence,
  answers: DockerAnswer[],
  scrub: Scrub,
  {name}: Tokens,
): HostEvidence['docker'] {
  return {
    ...(apiVersion === undefined ? {} : {apiVersion}),
    ...(lentBy === undefined ? {} : {lentBy: name(lentBy)}),
    ...(failure === undefined ? {} : {failure: scrub(failure)}),
    answers,
  };
}

function rest(
  {source, node, startedAt, finishedAt, failure}: HostEvidence,
  scrub: Scrub,
  all: Tokens,
): Omit<HostEvidence, 'sections' | 'docker'> {
  return {
    source: redactSource(source, scrub, all),
    ...(node
      ? {
          node: {
            ...node,
            id: all.id(node.id),
            name: all.name(node.name),
            ...(node.address === undefined ? {} : {address: scrub(node.address)}),
          },
        }
      : {}),
    startedAt,
    finishedAt,
    ...(failure
      ? {
          failure: {
            code: failure.code,
            message: scrub(failure.message),
            suggestions: failure.suggestions.map(scrub),
          },
        }
      : {}),
  };
}

/** `local`, `ssh://USER@HOST:PORT`, `exec:PREFIX`, `service:NODE`. */
function redactSource(source: string, scrub: Scrub, {name}: Tokens): string {
  const node = /^service:(.*)$/.exec(source)?.[1];
  if (node !== undefined) return `service:${name(node)}`;
  const ssh = /^ssh:\/\/(?:([^@]*)@)?(.*?)(:\d+)?$/.exec(source);
  if (!ssh) return scrub(source);
  const [, user, host = '', port = ''] = ssh;
  const who = user === undefined ? '' : `${user === 'root' ? user : name(user)}@`;
  return `ssh://${who}${/^[\d.]+$|^\[/.test(host) ? scrub(host) : name(host)}${port}`;
}
