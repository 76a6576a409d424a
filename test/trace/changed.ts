import {type HostModel, hostModel} from '../../src/model/host.js';
import {knownHost} from '../../src/topology/known-host.js';
import {findContainer} from '../../src/topology/names.js';
import type {Walk} from '../../src/trace/disposition.js';
import type {TraceTarget} from '../../src/trace/targets.js';
import {trace} from '../../src/trace/trace.js';
import {
  type Change,
  derived,
  editTable,
  overlayOf,
  type Raw,
  recordedEvidence,
  sectionOf,
} from '../support/evidence.js';

/** A recorded swarm of two healthy nodes, of which one thing at a time is changed. */
const recorded = {node1: recordedEvidence('node1'), node2: recordedEvidence('node2')};
type Node = keyof typeof recorded;

export type Changes = Partial<Record<Node, Change>>;

export function hostsWith(changes: Changes = {}): HostModel[] {
  return (['node1', 'node2'] as const).map((node) =>
    hostModel(derived(recorded[node], changes[node] ?? (() => {}))),
  );
}

/** The file of a container's namespace. */
export function netnsOf(node: Node, name: string): string {
  const model = hostModel(recorded[node]);
  const container = model.docker?.containers.find((one) => one.name === name);
  const netns = container && knownHost(model).namespaceOf(container)?.netns;
  if (netns === undefined) throw new Error(`${name} is not on ${node}`);
  return netns;
}

/** The file of an overlay's sandbox. */
export const sandboxOf = (node: Node, network: string): string => overlayOf(recorded[node], network).file;

/** The way there: from a container to another, or to an address. */
export function forward(from: string, to: string, changes: Changes = {}): Walk {
  const hosts = hostsWith(changes);
  const target: TraceTarget = /^[\d.]+$/.test(to) ? {ip: to} : findContainer(hosts, to);
  return trace(hosts, findContainer(hosts, from), target).forward;
}

/** Every hop of a walk, as `host layer verdict [code]`. */
export const hopsOf = ({hops}: Walk): string[] =>
  hops.map(({host, layer, verdict, code}) =>
    [host ?? '-', layer, verdict, ...(code ? [code] : [])].join(' '),
  );

/** How a walk ends, and its hops that did not pass; that the underlay is unknown goes without saying. */
export function deciding(walk: Walk): string[] {
  const odd = hopsOf(walk).filter((hop) => !/^\S+ \S+ pass|^- (underlay|outside) unknown$/.test(hop));
  return [walk.disposition, ...odd];
}

export const editLink =
  (netns: string, name: string, change: (link: Raw) => void): Change =>
  (draft) =>
    editTable(draft, netns, 'addr', (links) => {
      const link = links.find(({ifname}) => ifname === name);
      if (link === undefined) throw new Error(`no ${name} in ${netns}`);
      change(link);
      return links;
    });

/** Sets a link administratively down. */
export const setDown = (netns: string, name: string): Change =>
  editLink(netns, name, (link) => {
    link.flags = link.flags.filter((flag: string) => !/^(UP|LOWER_UP)$/.test(flag));
    link.operstate = 'DOWN';
  });

/** Takes entries out of a table; there must be some. */
export const dropEntries =
  (netns: string, table: string, isGone: (entry: Raw) => boolean): Change =>
  (draft) =>
    editTable(draft, netns, table, (entries) => {
      const kept = entries.filter((entry) => !isGone(entry));
      if (kept.length === entries.length) throw new Error(`nothing to drop from ${table} of ${netns}`);
      return kept;
    });

/** Changes entries of a table; there must be some. */
export const editEntries =
  (netns: string, table: string, isMeant: (entry: Raw) => boolean, change: (entry: Raw) => void): Change =>
  (draft) =>
    editTable(draft, netns, table, (entries) => {
      const meant = entries.filter(isMeant);
      if (meant.length === 0) throw new Error(`nothing to change in ${table} of ${netns}`);
      for (const entry of meant) change(entry);
      return entries;
    });

/** As if a section had not been read. */
export const unread =
  (netns: string, ...names: string[]): Change =>
  (draft) => {
    draft.sections = draft.sections.filter(
      (one) => one.netns !== netns || !(names.length === 0 || names.includes(one.name)),
    );
  };

/** Puts a rule first into a chain of the filter table. */
export const addRule =
  (netns: string, chain: string, rule: string): Change =>
  (draft) => {
    const section = sectionOf(draft, netns, 'iptables-nft');
    const begun = section.output.split('\n');
    const at = begun.indexOf('*filter');
    if (at < 0) {
      begun.push(
        '*filter',
        ':INPUT ACCEPT [0:0]',
        ':FORWARD ACCEPT [0:0]',
        ':OUTPUT ACCEPT [0:0]',
        `-A ${chain} ${rule}`,
        'COMMIT',
        '',
      );
    } else {
      const first = begun.findIndex((line, index) => index > at && /^(\[\d+:\d+\] )?-A|^COMMIT/.test(line));
      begun.splice(first, 0, `-A ${chain} ${rule}`);
    }
    section.output = begun.join('\n');
  };

export const all =
  (...changes: Change[]): Change =>
  (draft) => {
    for (const change of changes) change(draft);
  };
