/** Recorded evidence with settings of devices of an overlay sandbox that somebody changed, and what is said of it. */
import type {FoldedFinding} from '../../../src/findings/finding.js';
import {foldFindings} from '../../../src/findings/fold.js';
import {hostModel} from '../../../src/model/host.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {knownHost} from '../../../src/topology/known-host.js';
import {findContainer} from '../../../src/topology/names.js';
import {trace} from '../../../src/trace/trace.js';
import {derived, editTable, overlayOf, type Raw, recordedEvidence} from '../../support/evidence.js';
import {examine, unexpected} from '../support.js';

export const node1 = recordedEvidence('node1');
export const node2 = recordedEvidence('node2');

/** The sandbox of uber-net on node1, and the ports of web1 and of the tunnel in it. */
export const sandbox = overlayOf(node1, 'uber-net').file;
export const vxlan = 'vxlan0';
export const port = portOf('web1');

function portOf(name: string): string {
  const model = hostModel(node1);
  const host = knownHost(model);
  const {container} = findContainer([model], name);
  const at = host.namespaceOf(container);
  const network = host.overlays.find((overlay) => overlay.network.name === 'uber-net')?.network;
  const link = network && host.endpoints(network)?.find((one) => one.container?.id === container.id)?.link;
  const peer = at && link && host.pairs(at.netns, link.ifindex)?.peer;
  if (!peer) throw new Error(`no port of ${name}`);
  return peer.link.name;
}

/** Changes what `ip -d addr` printed of one link in the sandbox of uber-net. */
export function editLink(draft: HostEvidence, name: string, change: (row: Raw) => void): void {
  editTable(draft, sandbox, 'addr', (rows) => {
    const row = rows.find(({ifname}) => ifname === name);
    if (row === undefined) throw new Error(`no link ${name}`);
    change(row);
    return rows;
  });
}

/** node1 with other settings of one of its bridge ports. */
export const withPort = (name: string, settings: Raw, more: (draft: HostEvidence) => void = () => {}) =>
  derived(node1, (draft) => {
    editLink(draft, name, ({linkinfo}) => Object.assign(linkinfo.info_slave_data, settings));
    more(draft);
  });

/** node1 with other settings of the device of uber-net, or of one of its bridges. */
export const withDevice = (name: string, settings: Raw) =>
  derived(node1, (draft) =>
    editLink(draft, name, ({linkinfo}) => Object.assign(linkinfo.info_data, settings)),
  );

/** What the bridge has learned of a MAC behind a port is gone. */
export function forget(draft: HostEvidence, name: string): void {
  editTable(draft, sandbox, 'fdb', (rows) =>
    rows.filter(({ifname, master, state}) => ifname !== name || !master || state === 'permanent'),
  );
}

/** What doctor finds on both hosts beside what is expected of the lab. */
export const foundOn = (evidence: HostEvidence): FoldedFinding[] =>
  foldFindings(unexpected(examine(evidence, node2).findings));

/** Each finding in short: its code, how severe it is, and what it is about. */
export const inShort = (findings: FoldedFinding[]): string[] =>
  findings.map(({code, severity, subject}) => `${severity} ${code} ${subject}`);

/** Where trace's walk from one to another fails: the host, the code. */
export function stopped(evidence: HostEvidence, from = 'web1', to = 'web2'): string | undefined {
  const hosts = [evidence, node2].map(hostModel);
  const {forward} = trace(hosts, findContainer(hosts, from), findContainer(hosts, to));
  const hop = forward.hops.find(({verdict}) => verdict === 'fail');
  return hop && `${hop.host} ${hop.code}`;
}
