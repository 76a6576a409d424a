import assert from 'node:assert/strict';
import {diagnose} from '../../src/answers/doctor.js';
import {type GraphDocument, type GraphQuestion, graphAnswer} from '../../src/answers/graph.js';
import {checks} from '../../src/checks/registry.js';
import type {Finding} from '../../src/findings/finding.js';
import type {GraphElement} from '../../src/graph/types.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {hostFromEvidence} from '../../src/topology/host-from-evidence.js';
import type {PicturedSwarm} from '../support/pictured.js';
import {readerOf, readerOfModels} from './reader.js';

const maxSkew = 1e9;

export function drawn(hosts: HostEvidence[], question: Partial<GraphQuestion> = {}): Promise<GraphDocument> {
  return graphAnswer(readerOf([hosts]), {all: false, maxSkew, ...question}, checks);
}

/** The element that a mark is at; there must be one. */
export function elementAt({elements}: GraphDocument, id: string): GraphElement {
  const found = elements.filter((element) => element.id === id);
  assert.equal(found.length, 1, id);
  return found[0] as GraphElement;
}

/** Whether an element is where a finding says that it is: judged by the finding's own words, not by how it was placed. */
function isRight(
  element: GraphElement,
  finding: Finding,
  {lanes, elements}: GraphDocument,
  host: string | null,
): boolean {
  const {kind, network, ends = []} = element;
  const at = host !== null && finding.at.host === finding.host ? {...finding.at, host} : finding.at;
  const hostOf = (lane: string) => lanes.find(({id}) => id === lane)?.host;
  const places = new Set([element.host, ...ends.map(hostOf)]);
  if (host === null) {
    if (at.host !== undefined && lanes.some((lane) => lane.host === at.host)) return places.has(at.host);
    if (kind === 'tunnel') return finding.subject.includes('→');
    return kind === 'network'
      ? network === finding.network
      : kind === 'node' || kind === 'swarm' || kind === 'host';
  }
  if (!places.has(host)) return false;
  const inhabitants = new Set(['container', 'load-balancer', 'namespace']);
  const isDrawn = elements.some(
    (one) => one.kind === 'bridge' && one.host === host && one.network === finding.network,
  );
  const isOfNetwork = !isDrawn || network === finding.network || inhabitants.has(kind);
  const {netns = '@host'} = at;
  const lives = elements.find(
    (one) =>
      inhabitants.has(one.kind) && one.host === host && one.interfaces.some((own) => own.netns === netns),
  );
  if (lives && at.device === undefined) return element === lives;
  if (at.device !== undefined) {
    const isKnown = elements.some(
      (one) =>
        one.host === host &&
        one.interfaces.some(({name, netns}) => name === at.device && (at.netns ?? netns) === netns),
    );
    if (isKnown) return element.interfaces.some(({name}) => name === at.device) && isOfNetwork;
  }
  return isOfNetwork;
}

/** Throws where a picture marks other than what doctor finds, or elsewhere. */
export async function agreesWithDoctor({name, hosts}: PicturedSwarm): Promise<void> {
  const reader = readerOfModels(hosts.map(hostFromEvidence));
  const document = await graphAnswer(reader, {all: false, maxSkew}, checks);
  const diagnosis = await diagnose(reader, {maxSkew}, checks);
  assert.deepEqual(document.findings, diagnosis.findings, name);
  assert.equal(document.verdict, diagnosis.verdict, name);
  const expected = diagnosis.findings.flatMap((finding, index) => [
    ...(finding.hosts.length > 0 ? finding.hosts : [finding.host]).map((host) => ({
      finding: finding as Finding,
      index,
      folded: null as number | null,
      host,
    })),
    ...finding.folded.map(({finding: other}, folded) => ({finding: other, index, folded, host: other.host})),
  ]);
  assert.equal(document.marks.length, expected.length, `${name}: as many marks as findings`);
  const used = new Set<number>();
  for (const {finding, index, folded, host} of expected) {
    const own = document.marks.flatMap((mark, at) => {
      if (mark.findingIndex !== index || mark.foldedIndex !== folded || used.has(at)) return [];
      return isRight(elementAt(document, mark.element), finding, document, host) ? [at] : [];
    });
    const about = `${name}: ${finding.code} «${finding.subject}» on ${host}: ${document.marks
      .filter((mark) => mark.findingIndex === index && mark.foldedIndex === folded)
      .map(({element}) => element)}`;
    assert.ok(own.length >= 1, about);
    used.add(own[0] ?? -1);
    assert.equal(document.marks[own[0] ?? -1]?.severity, finding.severity, about);
  }
  assert.equal(used.size, document.marks.length, `${name}: no mark is without a finding`);
}
