/**
 * What a host needs for its encrypted overlays (moby overlay encryption.go): a rule that marks their packets, a policy
 * and a state for every other node, and a rule that drops what comes in clear.
 */

import type {Network} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import type {Ruleset} from '../model/rules/rule.js';
import {
  parseXfrmPolicies,
  parseXfrmStates,
  type XfrmPolicy,
  type XfrmState,
  type XfrmTemplate,
} from '../model/xfrm.js';
import type {Sandbox} from '../topology/sandboxes.js';

/** The mark of packets to be encrypted, and the request id of Docker's states and policies. */
export const dockerMark = 0xd0c4e3;

/** A VNI of an encrypted network that has a device here, with the nodes that its rows lead to. */
export interface EncryptedVni {
  network: Network;
  /** File name of its sandbox. */
  netns: string;
  vni: number;
  /** UDP port of the data path. */
  port: number;
  vteps: string[];
}

/** Of the overlays that are instantiated on a host, those that Docker encrypts. */
export function encryptedVnis(overlays: readonly {network: Network; sandboxes: Sandbox[]}[]): EncryptedVni[] {
  return overlays
    .filter(({network}) => network.encrypted)
    .flatMap(({network, sandboxes}) =>
      sandboxes.flatMap(({namespace: {file, tables}}) =>
        (tables?.links ?? []).flatMap(({name, vxlan}): EncryptedVni[] => {
          if (!vxlan) return [];
          const rows = (tables?.fdb ?? []).filter(
            ({device: dev, plane, vtep: dst}) => dev === name && plane === 'self' && dst,
          );
          const vteps = [...new Set(rows.flatMap(({vtep: dst}) => dst ?? []))];
          return [{network, netns: file, vni: vxlan.vni, port: vxlan.port ?? 4789, vteps}];
        }),
      ),
    );
}

/**
 * VNIs in the set by which an engine with the nftables back end encrypts, and drops what comes in clear (moby overlay
 * encryption_nft_linux.go, 29.6.0 and later); empty where there is no such set.
 */
export function vnisEncryptedByNft(nftables: Ruleset | undefined): Set<number> {
  const own = (nftables?.tables ?? []).filter(({name}) => name === 'docker-overlay');
  const set = own.flatMap(({sets}) => sets).find(({name}) => name === 'encrypted-vnis');
  return new Set((set?.elements ?? []).map(Number).filter(Number.isInteger));
}

export interface DockerXfrm {
  states: XfrmState[];
  /** Those out of this host: Docker makes no others. */
  policies: XfrmPolicy[];
}

/** Docker's own states and policies; undefined where IPsec was not read, or the kernel has none of it. */
export function dockerXfrm({xfrm}: HostModel): DockerXfrm | undefined {
  if (!xfrm) return undefined;
  return {
    states: parseXfrmStates(xfrm.states).filter(({reqid}) => reqid === dockerMark),
    policies: parseXfrmPolicies(xfrm.policies).filter(
      ({direction, mark}) => direction === 'out' && mark === dockerMark,
    ),
  };
}

/**
 * Docker's policy for marked packets to a node.
 *
 * @param from the address that they leave from; undefined for any
 */
export function policyTo(
  policies: XfrmPolicy[],
  {from, to}: {from?: string; to: string},
): XfrmPolicy | undefined {
  return policies.find(
    ({src, dst}) => withoutLength(dst) === to && (from === undefined || withoutLength(src) === from),
  );
}

/** What a host has to encrypt packets to another node, and to take what comes from there. */
export interface Sealing {
  /** The policy by which marked packets are encrypted, and what it asks of a state. */
  policy: XfrmPolicy;
  template: XfrmTemplate;
  /** Whether a state has the key for what the policy asks; without it the kernel drops every packet (XfrmOutNoStates). */
  out: boolean;
  /** Whether any state of Docker's takes packets of that node; without it the kernel drops them (XfrmInNoStates). */
  in: boolean;
}

/**
 * Whether packets of encrypted overlays go to a node and come from it, by Docker's own policies and states: those of
 * another tunnel between the same two addresses serve other policies, and packets with Docker's mark never use them
 * (net/xfrm/xfrm_policy.c xfrm_policy_match, xfrm_state.c xfrm_state_find: a template's reqid must be the state's).
 * Undefined where Docker has no policy for that node, so that its packets leave in clear.
 */
export function sealing(
  {states, policies}: DockerXfrm,
  ends: {from?: string; to: string},
): Sealing | undefined {
  const policy = policyTo(policies, ends);
  const template = policy?.templates[0];
  if (!policy || !template) return undefined;
  return {
    policy,
    template,
    out: states.some((state) => serves(state, template)),
    in: states.some(({src}) => src === ends.to),
  };
}

function withoutLength(cidr: string): string {
  return cidr.replace(/\/(32|128)$/, '');
}

/** Whether a state serves a policy's template (net/xfrm/xfrm_state.c xfrm_state_find): an SPI of 0 there is any. */
function serves(state: XfrmState, template: XfrmTemplate): boolean {
  return (
    state.src === template.src &&
    state.dst === template.dst &&
    state.protocol === template.protocol &&
    state.reqid === template.reqid &&
    (template.spi === 0 || template.spi === state.spi)
  );
}

/** An SPI as `ip xfrm` and packets have it. */
export function spiText(spi: number): string {
  return `0x${spi.toString(16).padStart(8, '0')}`;
}
