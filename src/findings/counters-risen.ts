import {type Finding, findingKey} from './finding.js';

/** A line of evidence with the counters of a rule, as iptables-save -c prints them: `[PACKETS:BYTES]`. */
const counted = /^(.*?)\[(\d+):(\d+)\](.*)$/;

/**
 * Findings whose rules have met packets between two readings say so: a counter that rose is proof that the rule acts now. One
 * that fell was set back, and tells nothing.
 *
 * @param before findings of earlier readings
 */
export function withRisenCounters(findings: readonly Finding[], before: readonly Finding[]): Finding[] {
  const packetsBefore = new Map<string, number>();
  for (const finding of before)
    for (const line of finding.evidence) {
      const {key, packets} = countedLine(finding, line) ?? {};
      if (key === undefined || packets === undefined) continue;
      packetsBefore.set(key, Math.min(packets, packetsBefore.get(key) ?? packets));
    }
  if (packetsBefore.size === 0) return [...findings];
  return findings.map((finding) => {
    const evidence = finding.evidence.map((line) => {
      const {key = '', packets = 0} = countedLine(finding, line) ?? {};
      const risen = packets - (packetsBefore.get(key) ?? packets);
      return risen > 0
        ? `${line} (${risen} more ${risen === 1 ? 'packet' : 'packets'} than at the reading before)`
        : line;
    });
    return {...finding, evidence};
  });
}

function countedLine(finding: Finding, line: string): {key: string; packets: number} | undefined {
  const [, head, packets, , rest] = counted.exec(line) ?? [];
  return packets === undefined
    ? undefined
    : {key: JSON.stringify([findingKey(finding), head, rest]), packets: Number(packets)};
}
