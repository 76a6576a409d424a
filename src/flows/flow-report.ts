import {Proto} from '../packet/numbers.js';
import {type Flow, flowEnd} from './flow-table.js';
import {isOneSideCaptured, type TcpState, tcpState} from './tcp-track.js';

/** What stands out in a conversation. */
export type FlowNote =
  | 'one-way'
  | 'one-side-captured'
  | 'no-answer'
  | 'unanswered'
  | 'retransmissions'
  | 'icmp-error';

/** One conversation as views show it, from its starter's side. */
export interface FlowRow {
  flow: Flow;
  /** Whether end `a` is the one that started (or asked). */
  clientIsA: boolean;
  state: TcpState | undefined;
  notes: FlowNote[];
}

/**
 * The starter is who sent the SYN or the first echo request; otherwise who sent the first packet seen. Where a
 * capture began in the middle, the higher port is most likely the client's.
 */
function startedByA(flow: Flow): boolean {
  const {tcp} = flow;
  if (tcp !== undefined) {
    const [a, b] = tcp.sides;
    if (a.syn !== b.syn) return a.syn;
    if (!a.syn && flow.portA !== flow.portB) return flow.portA > flow.portB;
  }
  return flow.startedByA;
}

export function reportFlow(flow: Flow): FlowRow {
  const clientIsA = startedByA(flow);
  const state = flow.tcp === undefined ? undefined : tcpState(flow.tcp);
  const answer = answerNote(flow, state);
  const notes: FlowNote[] = answer === undefined ? [] : [answer];
  if (flow.tcp !== undefined && flow.tcp.retransmissions > 0) notes.push('retransmissions');
  if (flow.errors.length > 0) notes.push('icmp-error');
  return {flow, clientIsA, state, notes};
}

/** What is missing of an answer; undefined where nothing is. */
function answerNote(flow: Flow, state: TcpState | undefined): FlowNote | undefined {
  const {arp, echo, packetsA, packetsB} = flow;
  if (arp !== undefined) return arp.replies === 0 && !isSameAddress(flow) ? 'no-answer' : undefined;
  if (echo !== undefined && echo.requests > echo.matched) return 'unanswered';
  // No packet at all: the conversation is only known from an ICMP error.
  if (packetsA > 0 === packetsB > 0) return undefined;
  if (echo !== undefined) return 'one-way';
  if (!isTwoWayProtocol(flow)) return undefined;
  if (flow.tcp !== undefined && isOneSideCaptured(flow.tcp)) return 'one-side-captured';
  return state === 'no-answer' ? 'no-answer' : 'one-way';
}

/**
 * Multicast and broadcast have no answer to miss, nor have ICMP's errors and advertisements, and each direction of ESP
 * is a conversation of its own.
 */
function isTwoWayProtocol({proto, version, ends}: Flow): boolean {
  if (proto === Proto.esp || proto === Proto.icmp || proto === Proto.icmpv6) return false;
  const isGroup = (at: number): boolean => {
    const first = ends[at] ?? 0;
    return version === 6 ? first === 0xff : first >= 224;
  };
  return !isGroup(flowEnd.a) && !isGroup(flowEnd.b);
}

/** A host that announces its own address asks for nobody. */
const isSameAddress = ({ends}: Flow): boolean =>
  ends.compare(ends, flowEnd.b, flowEnd.macA, flowEnd.a, flowEnd.b) === 0;

/** Overlays in order of their VNI, and in each the largest conversations first. */
export function reportFlows(flows: readonly Flow[]): FlowRow[] {
  return flows
    .map(reportFlow)
    .sort(
      (x, y) =>
        x.flow.vni - y.flow.vni ||
        y.flow.bytesA + y.flow.bytesB - x.flow.bytesA - x.flow.bytesB ||
        x.flow.first - y.flow.first,
    );
}
