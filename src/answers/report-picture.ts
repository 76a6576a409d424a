/** The pictures of a report: all that was read, and the part of it where the first finding is. */
import type {HostModel} from '../model/host.js';
import type {DoctorDocument} from './doctor.js';
import {type GraphDocument, type GraphSource, graphDocument, sceneOf} from './graph.js';
import {traceFocus, traceWalks} from './graph-trace.js';
import type {ReportedFinding} from './merge-hosts.js';
import type {ReportHop, ReportWalk} from './report-walks.js';
import {type PathDocument, type ProbingReader, traceAnswer} from './trace.js';

export interface Pictures {
  /** The topology. */
  graph: GraphDocument;
  /** The path that the first finding breaks, else its network; absent where it is of the host or there is none. */
  place?: GraphDocument;
  /** Number of the walk that is drawn in it. */
  placeWalk?: number;
}

interface Walked {
  reader: ProbingReader;
  walks: readonly ReportWalk[];
  hops: readonly ReportHop[];
}

export async function reportPictures(
  hosts: HostModel[],
  diagnosis: DoctorDocument,
  walked: Walked,
): Promise<Pictures> {
  const scenes = hosts.map(sceneOf);
  const graph = graphDocument({scenes, diagnosis});
  const [first] = diagnosis.findings;
  if (!first) return {graph};
  const number = brokenWalk(first, walked);
  const drawing = await placeOf(hosts, first, walked, walked.walks[number]);
  if (!drawing) return {graph};
  const place = graphDocument({scenes, diagnosis, drawing});
  return {graph, place, ...(number < 0 ? {} : {placeWalk: number})};
}

async function placeOf(
  hosts: HostModel[],
  finding: ReportedFinding,
  walked: Walked,
  walk: ReportWalk | undefined,
): Promise<GraphSource['drawing']> {
  if (walk) {
    const {source, destination, network} = walk;
    const traced = (await traceAnswer(walked.reader, {
      source,
      destination,
      network: network ?? undefined,
      traffic: {protocol: 'icmp'},
    })) as PathDocument;
    return {focus: traceFocus(hosts, traced), walks: (built) => traceWalks(built, traced)};
  }
  const {networkId} = finding.at;
  return networkId === undefined ? undefined : {focus: {networks: new Set([networkId])}};
}

/** Number of a walk that ends at the very fault: at its code on its host, and best at the endpoint that it names; else -1. */
function brokenWalk({code, hosts, network, subject}: ReportedFinding, {walks, hops}: Walked): number {
  const meets = (numbers: readonly number[]) =>
    numbers.some((number) => {
      const hop = hops[number];
      return hop?.verdict === 'fail' && hop.code === code && hop.host !== null && hosts.includes(hop.host);
    });
  const broken = walks.filter(
    (walk) => (network === null || walk.network === network) && meets(walk.forward),
  );
  const named = broken.find(({destination, source}) => destination === subject || source === subject);
  const found = named ?? broken[0];
  return found === undefined ? -1 : walks.indexOf(found);
}
