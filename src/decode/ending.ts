import type {Totals} from '../flows/totals.js';
import {kindRows, portRows} from '../flows/totals-report.js';
import {errorText} from '../flows/tunnel-errors.js';
import {plural} from '../render/text.js';
import type {DecodeResult} from './run.js';

/** What stderr says after the packets: what was shown, what was not, and why it might be the wrong port. */
export function endingLines({totals, shown, seen, scanner}: DecodeResult, {all}: {all: boolean}): string[] {
  const lines: string[] = [];
  const {packets} = totals.all;
  const other = all ? kindRows(totals.other, totals) : unshownKinds(totals);
  if (packets === 0) return [seen === 0 ? 'No packets.' : `None of ${plural(seen, 'packet')} matches.`];
  if (totals.vxlan.packets === 0 && totals.tunnelErrors.length === 0) {
    lines.push(`No VXLAN among ${plural(packets, 'packet')}. There were: ${listKinds(other)}.`);
    const ports = portRows(totals).map(({proto, port, packets: count}) => `${proto} ${port} (${count})`);
    if (ports.length > 0) lines.push(`Ports: ${ports.join(', ')}.`);
  } else if (shown < packets) {
    const rest = all || other.length === 0 ? '' : `; not shown: ${listKinds(other)} (--all shows them)`;
    lines.push(`${plural(packets, 'packet')}, ${shown} shown${rest}.`);
  }
  lines.push(...errorLines(totals), ...portHints(totals));
  lines.push(...fragmentLines(scanner));
  return lines;
}

function errorLines({tunnelErrors}: Totals): string[] {
  return tunnelErrors
    .slice(0, 3)
    .map(
      (error) =>
        `${plural(error.packets, 'ICMP error')} about ${error.src} > ${error.dst}: ${errorText(error)}.`,
    );
}

function portHints(totals: Totals): string[] {
  return portRows(totals)
    .filter(({likeVxlan}) => likeVxlan > 0)
    .slice(0, 3)
    .map(
      ({port, likeVxlan}) =>
        `${plural(likeVxlan, 'packet')} to UDP port ${port} ${likeVxlan === 1 ? 'looks' : 'look'} like VXLAN: try --vxlan-port ${port}.`,
    );
}

/** Kinds of packets outside tunnels that are not listed without --all. */
function unshownKinds(totals: Totals): {name: string; packets: number}[] {
  return kindRows(totals.other, totals)
    .map(({name, packets}) => ({
      name,
      packets: packets - (totals.errorPackets[name] ?? 0),
    }))
    .filter(({name, packets}) => packets > 0 && name !== 'ESP');
}

function listKinds(rows: readonly {name: string; packets: number}[]): string {
  const shown = rows.slice(0, 6).map(({name, packets}) => `${packets} ${name}`);
  if (rows.length > 6) shown.push('others');
  return shown.length === 0 ? 'none' : shown.join(', ');
}

function fragmentLines({fragments, incompleteFragments}: DecodeResult['scanner']): string[] {
  const lines: string[] = [];
  const {datagrams} = incompleteFragments();
  if (datagrams > 0) lines.push(`${plural(datagrams, 'fragmented datagram')} never became complete.`);
  if (fragments.overlapping > 0) {
    lines.push(
      `${plural(fragments.overlapping, 'fragmented datagram')} dropped: the fragments overlap (RFC 5722).`,
    );
  }
  return lines;
}
