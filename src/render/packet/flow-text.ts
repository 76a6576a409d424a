import type {EchoTrack} from '../../flows/echo-track.js';
import type {FlowRow} from '../../flows/flow-report.js';
import {type Flow, flowEnd} from '../../flows/flow-table.js';
import type {TcpTrack} from '../../flows/tcp-track.js';
import {absolute, type TimeSpan} from '../../flows/time-span.js';
import {errorText} from '../../flows/tunnel-errors.js';
import {addressText, macText} from '../../packet/address.js';
import type {Names} from '../../packet/names.js';
import {protoName} from '../../packet/numbers.js';
import type {Paint, Toned} from '../paint.js';
import {type Column, renderTable} from '../table.js';
import type {Terminal} from '../terminal.js';
import {bytes, plural} from '../text.js';
import {timeOfDay} from './clock.js';

const columns: Column[] = [
  {head: 'proto', priority: 9, shrink: 'never'},
  {head: 'from', priority: 10, shrink: 'never'},
  {head: 'to', priority: 10, shrink: 'never'},
  {head: 'packets', priority: 7, shrink: 'never', align: 'right'},
  {head: 'bytes', priority: 6, shrink: 'never', align: 'right'},
  {head: 'start', priority: 2, shrink: 'never'},
  {head: 'length', priority: 3, shrink: 'never', align: 'right'},
  {head: 'vteps', priority: 1, shrink: 'never'},
  {head: 'state', priority: 8, shrink: 'end'},
];

/** Nobody reads more rows than this, and a table of them all would take more memory than the conversations. */
const mostRows = 1000;

/** What the conversations don't hold. */
export interface LeftOut {
  /** Packets of conversations for which there was no room. */
  overflow: number;
  /** Fragments of datagrams that never became complete. */
  fragments: number;
}

/** The conversations of each overlay, the largest first, and what stands out in them; piece by piece. */
export async function* flowsText(
  rows: readonly FlowRow[],
  left: LeftOut,
  span: TimeSpan,
  names: Names | undefined,
  terminal: Terminal,
  paint: Paint,
): AsyncGenerator<string> {
  for (let from = 0; from < rows.length; ) {
    const vni = rows[from]?.flow.vni ?? -1;
    let to = from;
    while (to < rows.length && rows[to]?.flow.vni === vni) to++;
    const shown = rows.slice(from, Math.min(to, from + mostRows)).map((row) => cells(row, span, names));
    yield `${paint('strong', headOf(vni, to - from, names))}\n`;
    yield await renderTable(columns, shown, terminal, paint, {wideFlag: '--wide'});
    const more = to - from - shown.length;
    yield more > 0 ? `and ${plural(more, 'smaller conversation')} (--json lists all)\n\n` : '\n';
    from = to;
  }
  if (rows.length === 0) yield 'No conversations.\n';
  if (left.overflow > 0) {
    yield `${paint('warn', `${plural(left.overflow, 'packet')} of further conversations had no room in the table and are left out.`)}\n`;
  }
  if (left.fragments > 0) {
    yield `${plural(left.fragments, 'fragment')} of incomplete datagrams left out.\n`;
  }
}

function headOf(vni: number, count: number, names: Names | undefined): string {
  if (vni < 0) return `Outside any VNI: ${plural(count, 'conversation')}`;
  const name = names === undefined ? '' : ` (${names.network(vni) ?? 'unknown network'})`;
  return `VNI ${vni}${name}: ${plural(count, 'conversation')}`;
}

function cells(row: FlowRow, span: TimeSpan, names: Names | undefined): Toned[] {
  const {flow, clientIsA} = row;
  const from = endText(flow, clientIsA, names);
  const to = endText(flow, !clientIsA, names);
  const sent = clientIsA ? [flow.packetsA, flow.packetsB] : [flow.packetsB, flow.packetsA];
  const start = absolute(span, flow.first);
  return [
    protoText(flow),
    from,
    to,
    `${sent[0]}/${sent[1]}`,
    bytes(flow.bytesA + flow.bytesB),
    span.base < 0
      ? ''
      : `${timeOfDay(start.seconds)}.${String(Math.floor(start.nanos / 1e6)).padStart(3, '0')}`,
    seconds(flow.last - flow.first),
    vtepsText(flow, clientIsA, names),
    stateText(row),
  ];
}

export function protoText({proto, echo}: Flow): string {
  if (proto === 'arp') return 'ARP';
  return echo === undefined ? protoName(proto) : `${protoName(proto)} echo`;
}

function endText(flow: Flow, isA: boolean, names: Names | undefined): string {
  const address = endAddress(flow, isA);
  const port = isA ? flow.portA : flow.portB;
  const shown = port < 0 ? address : flow.version === 6 ? `[${address}]:${port}` : `${address}:${port}`;
  const name = nameOf(flow, isA, names);
  if (names === undefined || flow.vni < 0) return shown;
  return `${shown} (${name ?? '?'})`;
}

/** The name of an end, where names are known. */
export function nameOf(flow: Flow, isA: boolean, names: Names | undefined): string | undefined {
  if (names === undefined || flow.vni < 0) return undefined;
  const mac = endMac(flow, isA);
  const address = endAddress(flow, isA);
  // ARP asks with the broadcast MAC for an address.
  const known = mac === undefined || isGroupMac(flow, isA) ? undefined : mac;
  return names.endpoint(flow.vni, known, address)?.name;
}

export const endAddress = (flow: Flow, isA: boolean): string =>
  addressText(flow.ends, isA ? flowEnd.a : flowEnd.b, flow.version);

export const endMac = ({ends, hasMacs}: Flow, isA: boolean): string | undefined =>
  hasMacs ? macText(ends, isA ? flowEnd.macA : flowEnd.macB) : undefined;

const isGroupMac = ({ends}: Flow, isA: boolean): boolean =>
  ((ends[isA ? flowEnd.macA : flowEnd.macB] ?? 0) & 1) === 1;

export const endVtep = ({ends, vtepVersion}: Flow, isA: boolean): string | undefined =>
  vtepVersion === 0 ? undefined : addressText(ends, isA ? flowEnd.vtepA : flowEnd.vtepB, vtepVersion);

function vtepsText(flow: Flow, clientIsA: boolean, names: Names | undefined): string {
  const [source, target] = [endVtep(flow, clientIsA), endVtep(flow, !clientIsA)];
  if (source === undefined || target === undefined) return '';
  return `${names?.node(source) ?? source} > ${names?.node(target) ?? target}`;
}

function seconds(nanos: number): string {
  return nanos < 1e9 ? `${(nanos / 1e6).toFixed(1)} ms` : `${(nanos / 1e9).toFixed(1)} s`;
}

/** Round-trip times, in milliseconds with microseconds. */
export const milliseconds = (nanos: number): string => `${(nanos / 1e6).toFixed(3)} ms`;

function tcpParts({handshake, retransmissions, outOfOrder, duplicates}: TcpTrack): string[] {
  const parts: string[] = [];
  if (handshake >= 0) parts.push(`handshake ${milliseconds(handshake)}`);
  if (retransmissions > 0) parts.push(plural(retransmissions, 'retransmission'));
  if (outOfOrder > 0) parts.push(`${outOfOrder} out of order`);
  if (duplicates > 0) parts.push(`${duplicates} captured twice`);
  return parts;
}

function echoParts({requests, matched, least, most, sum, duplicates}: EchoTrack): string[] {
  const parts: string[] = [];
  if (matched > 0)
    parts.push(`rtt ${milliseconds(least)} / ${milliseconds(sum / matched)} / ${milliseconds(most)}`);
  if (requests > matched) parts.push(`${requests - matched} of ${requests} without an answer on this VNI`);
  if (duplicates > 0) parts.push(`${duplicates} captured twice`);
  return parts;
}

function stateText({flow, state, notes}: FlowRow): Toned {
  const {tcp, echo, arp} = flow;
  const parts: string[] = state === undefined ? [] : [state];
  if (tcp !== undefined) parts.push(...tcpParts(tcp));
  if (echo !== undefined) parts.push(...echoParts(echo));
  if (arp !== undefined)
    parts.push(arp.replies > 0 ? `answered ${arp.replies} of ${arp.requests}` : 'no answer');
  for (const error of flow.errors) parts.push(`${errorText(error)} (${plural(error.packets, 'time')})`);
  if (notes.includes('one-way')) parts.push('one way only');
  if (notes.includes('one-side-captured')) parts.push('one side captured');
  const isBad = notes.length > 0 || state === 'refused' || state === 'reset';
  return {text: parts.join(', '), tone: isBad ? 'warn' : 'plain'};
}
