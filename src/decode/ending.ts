import {kindRows, portRows} from '../flows/totals-report.js';
import {plural} from '../render/text.js';
import type {DecodeResult} from './run.js';

/** What stderr says after the packets: what was shown, what was not, and why it might be the wrong port. */
export function endingLines({totals, shown, seen, scanner}: DecodeResult, {all}: {all: boolean}): string[] {
  const lines: string[] = [];
  const {packets} = totals.all;
  const other = kindRows(totals.other, totals).filter(({name}) => all || name !== 'ESP');
  if (packets === 0) return [seen === 0 ? 'No packets.' : `None of ${plural(seen, 'packet')} matches.`];
  if (totals.vxlan.packets === 0) {
    lines.push(`No VXLAN among ${plural(packets, 'packet')}. There were: ${listKinds(other)}.`);
    const ports = portRows(totals).map(({proto, port, packets: count}) => `${proto} ${port} (${count})`);
    if (ports.length > 0) lines.push(`Ports: ${ports.join(', ')}.`);
  } else if (shown < packets) {
    const rest = all || other.length === 0 ? '' : `; not shown: ${listKinds(other)} (--all shows them)`;
    lines.push(`${plural(packets, 'packet')}, ${shown} shown${rest}.`);
  }
  const like = portRows(totals).filter(({likeVxlan}) => likeVxlan > 0);
  for (const {port, likeVxlan} of like.slice(0, 3)) {
    lines.push(
      `${plural(likeVxlan, 'packet')} to UDP port ${port} ${likeVxlan === 1 ? 'looks' : 'look'} like VXLAN: try --vxlan-port ${port}.`,
    );
  }
  lines.push(...fragmentLines(scanner));
  return lines;
}

function listKinds(rows: readonly {name: string; packets: number}[]): string {
  const shown = rows.slice(0, 6).map(({name, packets}) => `${packets} ${name}`);
  if (rows.length > 6) shown.push('others');
  return shown.length === 0 ? 'none' : shown.join(', ');
}

function fragmentLines({fragments, waitingFragments}: DecodeResult['scanner']): string[] {
  const lines: string[] = [];
  const missing = fragments.abandoned + waitingFragments();
  if (missing > 0) lines.push(`${plural(missing, 'fragmented datagram')} never became complete.`);
  if (fragments.overlapping > 0) {
    lines.push(
      `${plural(fragments.overlapping, 'fragmented datagram')} dropped: the fragments overlap (RFC 5722).`,
    );
  }
  return lines;
}
