/** IPsec policies that are not Docker's and take VXLAN packets: of a VPN between the nodes, or left behind by one. */
import {inSubnet} from '../base/subnet.js';
import type {HostModel} from '../model/host.js';
import {parseXfrmPolicies, parseXfrmStates, type XfrmPolicy, type XfrmState} from '../model/xfrm.js';

/** A VXLAN packet without a mark: in clear, or with Docker's own encryption not meant. */
export interface PlainOuter {
  direction: 'in' | 'out';
  src: string;
  dst: string;
  port: number;
}

/** A policy by which such a packet is lost, and why. */
export interface Lost {
  policy: XfrmPolicy;
  why: 'blocked' | 'no-state';
}

/**
 * What policies do to a VXLAN packet: of those that its addresses, protocol and port meet the one with the lowest priority
 * number decides (net/xfrm/xfrm_policy.c xfrm_policy_lookup_bytype). One that blocks drops it, and so does one that asks for
 * a state that is not there. Undefined where it passes, where IPsec was not read, or where a policy asks for more than is known.
 */
export function lostToIpsec({xfrm}: Pick<HostModel, 'xfrm'>, packet: PlainOuter): Lost | undefined {
  if (!xfrm) return undefined;
  const [policy] = parseXfrmPolicies(xfrm.policies)
    .filter((one) => isMet(one, packet))
    .sort((one, other) => (one.priority ?? 0) - (other.priority ?? 0));
  if (!policy) return undefined;
  if (policy.action === 'block') return {policy, why: 'blocked'};
  if (policy.optional || policy.templates.length === 0) return undefined;
  const states = parseXfrmStates(xfrm.states);
  return policy.templates.every((template) => states.some((state) => serves(state, template, packet)))
    ? undefined
    : {policy, why: 'no-state'};
}

/** One for marked packets or for an interface of its own sees none of these; nor one for a source port, which changes with each flow. */
function isMet(
  {direction, mark, narrow, src, dst, protocol, dport}: XfrmPolicy,
  packet: PlainOuter,
): boolean {
  if (direction !== packet.direction || narrow || mark) return false;
  if (protocol !== undefined && protocol !== 'udp' && protocol !== '17') return false;
  return (
    (dport === undefined || dport === packet.port) &&
    inSubnet(packet.src, withLength(src)) &&
    inSubnet(packet.dst, withLength(dst))
  );
}

const withLength = (cidr: string) => (cidr.includes('/') ? cidr : `${cidr}/32`);

/** Template ends of 0.0.0.0 are those of the packet (transport mode); an SPI and a reqid of 0 are any. */
function serves(
  state: XfrmState,
  {src, dst, protocol, spi, reqid}: XfrmPolicy['templates'][number],
  packet: PlainOuter,
): boolean {
  const from = src === '0.0.0.0' ? packet.src : src;
  const to = dst === '0.0.0.0' ? packet.dst : dst;
  return (
    state.src === from &&
    state.dst === to &&
    state.protocol === protocol &&
    (spi === 0 || spi === state.spi) &&
    (reqid === 0 || reqid === state.reqid)
  );
}
