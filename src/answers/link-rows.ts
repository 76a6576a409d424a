import type {Address, Link, LinkStats, VxlanDevice} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {knownHost} from '../topology/known-host.js';
import {type NamespaceKind, ownerOf} from '../topology/sandboxes.js';
import type {PairProof} from '../topology/veths.js';

/** The other end of a veth, with whose it is. */
export interface PeerRow {
  netns: string;
  owner: string;
  name: string;
  ifindex: number;
  mac: string | null;
  mtu: number | null;
  state: string | null;
  addresses: string[];
  proof: PairProof;
}

/** What every answer says of a link. */
export interface ShownLink {
  name: string;
  ifindex: number;
  kind: string | null;
  mac: string | null;
  /** Bytes. */
  mtu: number | null;
  state: string | null;
}

export interface LinkRow extends ShownLink {
  flags: string[];
  master: string | null;
  addresses: string[];
  vxlan: VxlanDevice | null;
  portState: string | null;
  mode: string | null;
  peer: PeerRow | null;
  /** Why a veth has no peer here. */
  peerReason: string | null;
  stats: LinkStats | null;
}

/** The links of one namespace of one host. */
export interface LinkGroup {
  host: string;
  netns: string;
  kind: NamespaceKind;
  owner: string;
  network: string | null;
  vnis: number[];
  links: LinkRow[];
}

/** Every link of every namespace that was read, with both ends of each veth. Order: by namespace, by ifindex. */
export function linkGroups(hosts: HostModel[]): LinkGroup[] {
  return hosts.flatMap((host) => {
    const {sandboxes, pairs} = knownHost(host);
    const owners = new Map(sandboxes.map((sandbox) => [sandbox.namespace.file, ownerOf(sandbox)]));
    owners.set('@host', `host ${host.name}`);
    const rowsOf = (netns: string, tables: NetnsTables): LinkRow[] =>
      [...(tables.links ?? [])]
        .sort((a, b) => a.ifindex - b.ifindex)
        .map((link) => {
          const pairing = pairs(netns, link.ifindex);
          const {peer, proof} = pairing ?? {};
          return {
            ...plain(link),
            peer:
              peer && proof
                ? {
                    netns: peer.netns,
                    owner: owners.get(peer.netns) ?? peer.netns,
                    name: peer.link.name,
                    ifindex: peer.link.ifindex,
                    mac: peer.link.mac ?? null,
                    mtu: peer.link.mtu ?? null,
                    state: peer.link.operState ?? null,
                    addresses: cidrs(peer.link.addresses),
                    proof,
                  }
                : null,
            peerReason: pairing?.reason ?? null,
          };
        });
    const groups = sandboxes.flatMap((sandbox): LinkGroup[] => {
      const {tables, file} = sandbox.namespace;
      if (!tables?.links || sandbox.kind === 'host') return [];
      return [
        {
          host: host.name,
          netns: file,
          kind: sandbox.kind,
          owner: ownerOf(sandbox),
          network: sandbox.network?.name ?? null,
          vnis: sandbox.vnis,
          links: rowsOf(file, tables),
        },
      ];
    });
    if (host.host?.links) {
      groups.push({
        host: host.name,
        netns: '@host',
        kind: 'host',
        owner: `host ${host.name}`,
        network: null,
        vnis: [],
        links: rowsOf('@host', host.host),
      });
    }
    return groups;
  });
}

/** Null is what the kernel did not say. */
export function shownLink({name, ifindex, kind, mac, mtu, operState}: Link): ShownLink {
  return {name, ifindex, kind: kind ?? null, mac: mac ?? null, mtu: mtu ?? null, state: operState ?? null};
}

function plain(link: Link): Omit<LinkRow, 'peer' | 'peerReason'> {
  return {
    ...shownLink(link),
    flags: link.flags ?? [],
    master: link.master ?? null,
    addresses: cidrs(link.addresses),
    vxlan: link.vxlan ?? null,
    portState: link.bridgePort?.state ?? null,
    mode: link.mode ?? null,
    stats: link.stats ?? null,
  };
}

export function cidrs(addresses: Address[] | undefined): string[] {
  return (addresses ?? []).map(({address, prefixLength}) => `${address}/${prefixLength}`);
}
