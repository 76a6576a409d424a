import type {TimeSpan} from '../../flows/time-span.js';
import type {Totals} from '../../flows/totals.js';
import {kindRows, portRows} from '../../flows/totals-report.js';
import {addressText} from '../../packet/address.js';
import {checksumNames} from '../../packet/checksum.js';
import type {Names} from '../../packet/names.js';
import {epochText, errorDocument} from './flow-json.js';

/** Totals as data; schemas/decode-summary.json. */
export function statsDocument(totals: Totals, span: TimeSpan, names: Names | undefined): object {
  const {timeline} = totals;
  const used = timeline.counts.findLastIndex((count) => count > 0) + 1;
  const vnis = totals.byVni.toSorted((a, b) => a.vni - b.vni);
  return {
    packets: totals.all.packets,
    bytes: totals.all.bytes,
    first: epochText(span, span.first),
    last: epochText(span, span.last),
    vxlanPackets: totals.vxlan.packets,
    invalidVni: totals.invalid,
    cutPackets: totals.cut,
    vnis: vnis.map(({vni, packets, bytes}) => ({
      ...(vni < 0 ? {} : {vni, network: names?.network(vni)}),
      packets,
      bytes,
    })),
    vteps: totals.pairs.map(({src, dst, version, packets, bytes, esp, checksums}) => {
      const [source, target] = [addressText(src, 0, version), addressText(dst, 0, version)];
      return {
        src: source,
        dst: target,
        srcNode: names?.node(source),
        dstNode: names?.node(target),
        packets,
        bytes,
        espPackets: esp.packets,
        espBytes: esp.bytes,
        ...(checksums === undefined
          ? {}
          : {checksums: {outer: checksumCounts(checksums.outer), inner: checksumCounts(checksums.inner)}}),
      };
    }),
    ...(totals.tunnelErrors.length === 0
      ? {}
      : {
          icmpErrors: totals.tunnelErrors.map((error) => ({
            ...errorDocument(error),
            src: error.src,
            dst: error.dst,
          })),
        }),
    inner: kindRows(totals.inner, totals).map(({name, packets, bytes}) => ({kind: name, packets, bytes})),
    other: kindRows(totals.other, totals).map(({name, packets, bytes}) => ({kind: name, packets, bytes})),
    ports: portRows(totals),
    timeline: {stepSeconds: timeline.step / 1e9, packets: Array.from(timeline.counts.subarray(0, used))},
  };
}

/** Packets by what their checksums say; those without one to verify are left out. */
const checksumCounts = (counts: Uint32Array): Record<string, number> =>
  Object.fromEntries(
    checksumNames
      .map((name, status) => [name, counts[status] ?? 0] as const)
      .filter(([name, count]) => name !== '' && count > 0),
  );
