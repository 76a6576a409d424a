import type {Wanted} from '../collect/wanted.js';
import {type HostDocument, hostDocument} from '../hosts/document.js';
import type {HostModel} from '../model/host.js';
import {type LinkGroup, linkGroups} from './link-rows.js';
import type {Reader} from './reader.js';
import {selectGroups} from './select-groups.js';

const wanted: Wanted = {
  netns: ['overlay', 'container', 'balancer', 'processes'],
  netnsTables: ['addr', 'fdb', 'nsid'],
  hostTables: ['addr', 'fdb'],
  docker: {containers: true, networks: 'inspect', cluster: false},
};

export interface LinksQuestion {
  /** A network, a namespace file (or "host"), or a container. */
  name?: string | undefined;
  /** Without a name: every namespace, not only the overlay sandboxes. */
  all: boolean;
  /** With packet, error and drop counters. */
  stats: boolean;
}

export interface LinksDocument extends HostDocument {
  namespaces: LinkGroup[];
}

export interface LinksAnswer {
  document: LinksDocument;
  /** Whether what was asked for is known not to be there; an empty answer of a host that was not read says nothing. */
  isKnownEmpty: boolean;
}

export async function linksAnswer(
  reader: Pick<Reader, 'read'>,
  question: LinksQuestion,
): Promise<LinksAnswer> {
  const readings = await reader.read(wanted);
  const {hosts} = readings;
  const chosen = chosenGroups(hosts, question);
  const namespaces = question.stats ? chosen : chosen.map(withoutStats);
  const isSeen = hosts.every(({privileged, docker}) => privileged && docker?.read.networks);
  return {
    document: {...hostDocument(readings), namespaces},
    isKnownEmpty: chosen.length === 0 && isSeen,
  };
}

function chosenGroups(hosts: HostModel[], {name, all}: LinksQuestion): LinkGroup[] {
  const groups = linkGroups(hosts);
  if (name !== undefined) return selectGroups(hosts, groups, name);
  return all ? groups : groups.filter(({kind}) => kind === 'overlay');
}

function withoutStats(group: LinkGroup): LinkGroup {
  return {...group, links: group.links.map((link) => ({...link, stats: null}))};
}
