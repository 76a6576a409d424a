/** Pictures that every format is drawn of. */
import {type GraphDocument, type GraphQuestion, graphAnswer} from '../../../src/answers/graph.js';
import {checks} from '../../../src/checks/registry.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {readerOf} from '../../answers/reader.js';
import {derived} from '../../support/evidence.js';
import {recordedSwarm, simulatedSwarms} from '../../support/pictured.js';

const recorded = [
  'recorded',
  'recorded/fdb-row-missing',
  'recorded/stale',
  'recorded/vxlan-down',
  'recorded/veth-unplugged',
  'recorded/engine-28.5.2',
  'recorded/engine-26.1.5',
  'recorded/full',
  'recorded/doctor/gwbridge-missing',
  'recorded/doctor/uplink-down',
  'recorded/doctor/mtu-differs-2',
  'recorded/doctor/subnet-overlap',
  'recorded/doctor/node-down',
];
const traced = ['fdb-missing', 'filter-in', 'router-drop', 'bridge-down-receiver', 'veth-unplugged-sender'];

function drawn(hosts: HostEvidence[], question: Partial<GraphQuestion> = {}): Promise<GraphDocument> {
  return graphAnswer(readerOf([hosts]), {all: false, maxSkew: 1e9, ...question}, checks);
}

export interface Pictured {
  name: string;
  document: () => Promise<GraphDocument>;
}

const trace = {source: 'web1', destination: 'web2', traffic: {protocol: 'icmp'}} as const;

/** Recorded and simulated swarms: whole, of a part, with a trace. */
export const pictures: readonly Pictured[] = [
  ...recorded.map((folder) => ({name: folder, document: () => drawn(recordedSwarm(folder).hosts)})),
  ...traced.map((fault) => ({
    name: `trace with ${fault}`,
    document: () => drawn(recordedSwarm(`recorded/trace/${fault}`).hosts, {trace}),
  })),
  ...simulatedSwarms.map((swarm, at) => ({
    name: `simulated swarm ${at + 1}`,
    document: () => drawn(swarm().hosts),
  })),
  {name: 'one network', document: () => drawn(recordedSwarm('recorded').hosts, {name: 'uber-net'})},
  {name: 'one container', document: () => drawn(recordedSwarm('recorded').hosts, {name: 'web1', all: true})},
  {
    name: 'a service',
    document: () => drawn(recordedSwarm('recorded').hosts, {trace: {...trace, destination: 'service:app'}}),
  },
];

/** A swarm whose names are all hostile. */
export const hostileSwarm: Pictured = {
  name: 'hostile names',
  document: () => {
    const {hosts} = recordedSwarm('recorded/fdb-row-missing');
    return drawn(
      hosts.map((one) => derived(one, hostile)),
      {all: true},
    );
  },
};

export const hostileNames = [
  '<script>window.ovdiagWasHere = 1; alert(1)</script>',
  '"><image href="https://ovdiag.invalid/x" onerror="window.ovdiagWasHere = 2"/>',
  '</style><style>*{display:none}</style>',
  'data:text/html,<b onload=alert(1)>',
  ']]><!-- &amp; &#60;b&#62; -->',
  `javascript:alert(1) ${'x'.repeat(4096)}`,
  'ab\u202ecd\u2066ef\u200bgh',
  'مرحبا ﷽ שלום',
  '名前 \u{1f600}\u{1f469}\u200d\u{1f4bb}',
  `a${'\u0301'.repeat(500)}`,
];

/** Containers, networks and devices with names that no engine gives; what a snapshot says is anybody's. */
function hostile(draft: HostEvidence): void {
  let next = 0;
  const name = () => hostileNames[next++ % hostileNames.length] ?? '';
  for (const answer of draft.docker?.answers ?? []) {
    const body = answer.body as Record<string, unknown> | undefined;
    if (typeof body !== 'object' || body === null || Array.isArray(body)) continue;
    if (/^\/containers\/[^/]+\/json/.test(answer.path)) body['Name'] = `/${name()}`;
    if (/^\/networks\/[^/]+$/.test(answer.path.replace(/\?.*/, ''))) body['Name'] = name();
  }
  for (const section of draft.sections) {
    if (section.name === 'addr' || section.name === 'link')
      section.output = section.output.replaceAll('"veth1"', JSON.stringify(name()).slice(0, 300));
  }
}
