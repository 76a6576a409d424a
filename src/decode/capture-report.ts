/** Counts a capture for a report, in one pass and bounded memory: totals by VNI over time, and conversations. */
import type {CaptureFlow, CaptureReport, CaptureSeries} from '../answers/report-capture.js';
import {type FlowRow, reportFlow} from '../flows/flow-report.js';
import {newFlowTable} from '../flows/flow-table.js';
import {absolute, type TimeSpan} from '../flows/time-span.js';
import {newVniTimeline, type VniTimeline} from '../flows/vni-timeline.js';
import {Kind} from '../packet/kind.js';
import type {Names} from '../packet/names.js';
import {protoName} from '../packet/numbers.js';
import {outerOf} from '../packet/view.js';
import {endAddress, nameOf} from '../render/packet/flow-text.js';
import {decodeFiles} from './files.js';
import {readOptions} from './options.js';
import {type DecodeResult, newDecodeRun} from './run.js';
import type {PacketSink} from './view.js';

/** So many conversations are in a report, the largest first. */
const mostFlows = 500;

/** Throws nothing for files that can't be read: the report says so. */
export async function captureReport(
  files: readonly string[],
  names: Names | undefined,
  interrupt: {isStopped(): boolean; onStop(listener: () => void): void},
): Promise<CaptureReport> {
  const options = readOptions({all: true, verbose: false, hex: false, flows: true, stats: true}, false);
  const table = newFlowTable();
  const timeline = newVniTimeline();
  const sink: PacketSink = {
    packet(view, now) {
      table.note(view, now);
      const outer = outerOf(view);
      timeline.note(outer.vxlan >= 0 ? outer.vni : -1, view.length, now);
      return true;
    },
    flush: () => Promise.resolve(true),
    end: () => Promise.resolve(),
  };
  const problems: string[] = [];
  const run = newDecodeRun({options, sinks: [sink], vni: -1, isStopped: interrupt.isStopped});
  const listener = {
    problem: ({text}: {text: string}) => {
      problems.push(text);
      return Promise.resolve();
    },
    progress: () => {},
    start: () => {},
  };
  await decodeFiles(files, run, listener, interrupt);
  const rows = table.flows().map(reportFlow);
  rows.sort((a, b) => bytesOf(b) - bytesOf(a) || a.flow.first - b.flow.first);
  return {
    files: [...files],
    ...countsOf(run.result),
    ...seriesOf(timeline, names),
    flows: rows.slice(0, mostFlows).map((row) => flowOf(row, names)),
    moreFlows: Math.max(0, rows.length - mostFlows),
    problems,
  };
}

function bytesOf({flow}: FlowRow): number {
  return flow.bytesA + flow.bytesB;
}

type Counts = Pick<
  CaptureReport,
  'packets' | 'bytes' | 'first' | 'last' | 'vxlanPackets' | 'espPackets' | 'invalidPackets'
>;

function countsOf({totals, span}: DecodeResult): Counts {
  return {
    packets: totals.all.packets,
    bytes: totals.all.bytes,
    first: isoTime(span, span.first),
    last: isoTime(span, span.last),
    vxlanPackets: totals.vxlan.packets,
    espPackets: totals.other.kinds[Kind.esp]?.packets ?? 0,
    invalidPackets: totals.invalid,
  };
}

function isoTime(span: TimeSpan, relative: number): string | null {
  if (span.base < 0) return null;
  const {seconds, nanos} = absolute(span, relative);
  const milliseconds = seconds * 1000 + Math.floor(nanos / 1e6);
  // The largest time that a Date has.
  return Math.abs(milliseconds) <= 8.64e15 ? new Date(milliseconds).toISOString() : null;
}

function seriesOf(
  {rows, step, used}: VniTimeline,
  names: Names | undefined,
): Pick<CaptureReport, 'series' | 'stepSeconds'> {
  const series = rows().map(({vni, packets, bytes}): CaptureSeries => {
    const of = vni === 'other' || vni >= 0 ? vni : null;
    return {
      vni: of,
      network: typeof of === 'number' ? (names?.network(of) ?? null) : null,
      packets: Array.from(packets.subarray(0, used())),
      bytes: Array.from(bytes.subarray(0, used())),
    };
  });
  return {series, stepSeconds: step() / 1e9};
}

function flowOf({flow, clientIsA, state, notes}: FlowRow, names: Names | undefined): CaptureFlow {
  const {vni, proto, tcp, echo} = flow;
  const end = (isA: boolean) => {
    const port = isA ? flow.portA : flow.portB;
    const address = endAddress(flow, isA);
    return port < 0 ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`;
  };
  return {
    vni: vni < 0 ? null : vni,
    network: vni < 0 ? null : (names?.network(vni) ?? null),
    protocol: proto === 'arp' ? 'ARP' : protoName(proto),
    client: end(clientIsA),
    server: end(!clientIsA),
    clientName: nameOf(flow, clientIsA, names) ?? null,
    serverName: nameOf(flow, !clientIsA, names) ?? null,
    packets: flow.packetsA + flow.packetsB,
    bytes: flow.bytesA + flow.bytesB,
    seconds: (flow.last - flow.first) / 1e9,
    notes,
    state: state ?? null,
    lost: tcp ? tcp.retransmissions : echo ? echo.requests - echo.matched : 0,
    roundTripSeconds:
      tcp && tcp.handshake >= 0
        ? tcp.handshake / 1e9
        : echo && echo.matched > 0
          ? echo.sum / echo.matched / 1e9
          : null,
  };
}
