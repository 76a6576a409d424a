import type {FindingCode} from '../../findings/catalogue.js';
import type {Finding} from '../../findings/finding.js';
import type {LogEntry, LogKind} from '../../model/engine-log.js';
import {defineCheck, type HostIdentity} from '../check.js';
import {counted} from '../words.js';

const dayMs = 24 * 60 * 60 * 1000;
/** Lines of a log under one finding. */
const mostLines = 3;
/** Groups of lines that are kept of one host. */
const mostEntries = 100;

/** What lines of a kind explain, and by what they are known to be about it: the host alone, an address, a network's id, a port. */
const explained: Record<
  LogKind,
  {codes: readonly FindingCode[]; by: 'host' | 'address' | 'network' | 'port'}
> = {
  ingress: {
    codes: ['ingress-dnat-missing', 'ingress-mark-missing', 'ingress-port-taken', 'ipvs-service-missing'],
    by: 'port',
  },
  balancer: {
    codes: [
      'ipvs-service-missing',
      'ipvs-backend-missing',
      'ipvs-no-backend',
      'vip-alias-missing',
      'vip-mark-missing',
    ],
    by: 'address',
  },
  redirect: {codes: ['ingress-isolation-off'], by: 'host'},
  entry: {
    codes: [
      'fdb-row-missing',
      'fdb-learned-only',
      'fdb-wrong-vtep',
      'fdb-stale',
      'neighbour-missing',
      'neighbour-wrong-mac',
    ],
    by: 'address',
  },
  entries: {codes: ['fdb-row-missing', 'neighbour-missing'], by: 'network'},
  keys: {codes: ['xfrm-state-missing', 'xfrm-spi-mismatch', 'xfrm-errors'], by: 'host'},
  policy: {codes: ['forward-filtered', 'rules-of-other-generation'], by: 'host'},
  start: {codes: ['engine-refuses-swarm', 'engine-not-answering'], by: 'host'},
  gossip: {codes: ['gossip-differs', 'gossip-peer-missing', 'gossip-port-filtered'], by: 'host'},
  network: {codes: ['network-not-allocated'], by: 'network'},
  service: {codes: ['task-stuck'], by: 'network'},
  task: {codes: ['task-stuck'], by: 'host'},
};

/** What engines logged in the last day about what the tables show: the reason, and since when. */
export const engineLog = defineCheck<LogEntry[]>({
  name: 'engine-log',
  codes: [],
  perHost({model: {engineLog: entries, startedAt, clock}}) {
    if (!entries || entries.length === 0) return undefined;
    const now = clock ? clock.seconds * 1000 : Date.parse(startedAt);
    return entries
      .filter(({last}) => last !== undefined && now - Date.parse(last) < dayMs)
      .slice(-mostEntries);
  },
  explain(finding, hosts) {
    return hosts
      .flatMap(({digest, ...host}) =>
        digest.filter((entry) => isAbout(entry, finding, host)).map((entry) => lineOf(host, entry)),
      )
      .slice(0, mostLines);
  },
});

function isAbout({kind, words}: LogEntry, finding: Finding, host: HostIdentity): boolean {
  const {codes, by} = explained[kind];
  // Managers log of the whole swarm, nodes of themselves.
  if (!codes.includes(finding.code) || (finding.host !== null && finding.host !== host.name)) return false;
  const {networkId} = finding.at;
  if (by === 'network') return networkId !== undefined && words.includes(networkId.slice(0, 12));
  if (by === 'address') return addressesOf(finding).some((address) => hasNumber(words, address));
  if (by === 'port') return (finding.subject.match(/\d{1,5}/g) ?? []).some((port) => hasNumber(words, port));
  return true;
}

function addressesOf({at, subject}: Finding): string[] {
  const named = subject.match(/\d{1,3}(\.\d{1,3}){3}/g) ?? [];
  return at.address === undefined ? named : [at.address, ...named];
}

/** Not as a part of a longer one. */
function hasNumber(text: string, number: string): boolean {
  return text.split(/[^\d.]+/).some((one) => one.replace(/\.$/, '') === number);
}

function lineOf({name}: HostIdentity, {count, first, last, words, kind}: LogEntry): string {
  const when = first === last || first === undefined ? `at ${last}` : `from ${first} to ${last}`;
  const what = kind === 'keys' ? 'an IPsec state or policy could not be set' : words;
  return `engine log of ${name}, ${counted(count, 'line')} ${when}: ${what}`;
}
