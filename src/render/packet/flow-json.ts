import {asciiJson} from '../../base/escape.js';
import type {FlowRow} from '../../flows/flow-report.js';
import type {Flow} from '../../flows/flow-table.js';
import {absolute, type TimeSpan} from '../../flows/time-span.js';
import type {IcmpError} from '../../flows/tunnel-errors.js';
import type {Names} from '../../packet/names.js';
import {endAddress, endMac, endVtep, type LeftOut, nameOf} from './flow-text.js';

export function epochText(span: TimeSpan, relative: number): string | undefined {
  if (span.base < 0) return undefined;
  const {seconds, nanos} = absolute(span, relative);
  return `${seconds}.${String(nanos).padStart(9, '0')}`;
}

const toSeconds = (nanos: number): number => nanos / 1e9;

/** The conversations as members of a JSON object, in pieces of text; schemas/decode-summary.json. */
export function* flowsJson(
  rows: readonly FlowRow[],
  left: LeftOut,
  span: TimeSpan,
  names: Names | undefined,
): Generator<string> {
  yield '"flows":[';
  let piece = '';
  for (const [index, row] of rows.entries()) {
    piece += `${index === 0 ? '\n' : ',\n'}${asciiJson(flowDocument(row, span, names))}`;
    if (piece.length < 65_536) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}],"overflowPackets":${left.overflow},"incompleteFragments":${left.fragments}`;
}

function flowDocument(row: FlowRow, span: TimeSpan, names: Names | undefined): object {
  const {flow, clientIsA, state, notes} = row;
  const {tcp, echo, arp} = flow;
  return {
    ...(flow.vni < 0 ? {} : {vni: flow.vni, network: names?.network(flow.vni)}),
    proto: flow.proto,
    client: endDocument(flow, clientIsA, names),
    server: endDocument(flow, !clientIsA, names),
    ...(flow.id < 0 ? {} : flow.proto === 50 ? {spi: flow.id} : {echoId: flow.id}),
    first: epochText(span, flow.first),
    last: epochText(span, flow.last),
    durationSeconds: toSeconds(flow.last - flow.first),
    notes,
    ...(tcp === undefined
      ? {}
      : {
          tcp: {
            state,
            retransmissions: tcp.retransmissions,
            outOfOrder: tcp.outOfOrder,
            capturedTwice: tcp.duplicates,
            gaps: tcp.gaps,
            keepAlives: tcp.keepAlives,
            ...(tcp.handshake < 0 ? {} : {handshakeSeconds: toSeconds(tcp.handshake)}),
          },
        }),
    ...(echo === undefined
      ? {}
      : {
          echo: {
            requests: echo.requests,
            replies: echo.replies,
            unanswered: echo.requests - echo.matched,
            capturedTwice: echo.duplicates,
            ...(echo.matched === 0
              ? {}
              : {
                  rttSeconds: {
                    min: toSeconds(echo.least),
                    mean: toSeconds(echo.sum / echo.matched),
                    max: toSeconds(echo.most),
                  },
                }),
          },
        }),
    ...(arp === undefined ? {} : {arp}),
    ...(flow.errors.length === 0 ? {} : {icmpErrors: flow.errors.map(errorDocument)}),
  };
}

/** What an ICMP error reports; the MTU where it is about that. */
export const errorDocument = ({meaning, mtu, from, packets}: IcmpError): object => ({
  meaning,
  ...(mtu < 0 ? {} : {mtu}),
  from,
  packets,
});

function endDocument(flow: Flow, isA: boolean, names: Names | undefined): object {
  const port = isA ? flow.portA : flow.portB;
  return {
    address: endAddress(flow, isA),
    ...(port < 0 ? {} : {port}),
    mac: endMac(flow, isA),
    vtep: endVtep(flow, isA),
    name: nameOf(flow, isA, names),
    packets: isA ? flow.packetsA : flow.packetsB,
    bytes: isA ? flow.bytesA : flow.bytesB,
  };
}
