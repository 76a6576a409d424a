import assert from 'node:assert/strict';
import {everything, type Part, without} from '../../src/collect/wanted.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';

/** The sections that a collector prints only where a table is wanted, by what is wanted. */
const sectionsOf: Record<string, RegExp> = {
  netfilter: /^(iptables|nft)/,
  netfilter6: /^ip6tables/,
  tc: /^tc/,
  engine: /^certificate$/,
  log: /^engine-log$/,
  hosts: /^hosts-files$/,
  nic: /^nic$/,
};

function kindOf(netns: string): 'container' | 'balancer' | 'overlay' {
  if (/^lb_|^ingress_sbox$/.test(netns)) return 'balancer';
  return netns.includes('-') ? 'overlay' : 'container';
}

/** What a collector that is asked for less would have read of the same host. */
export function lessenedBy(evidence: HostEvidence, left: readonly Part[]): HostEvidence {
  const {netns, hostTables} = without(everything, left);
  const gone = everything.hostTables.flatMap((table) =>
    hostTables.includes(table) ? [] : (sectionsOf[table] ?? assert.fail(`${table} has no section here`)),
  );
  const asksResolvers = netns.includes('resolvers');
  const sections = evidence.sections.flatMap((section) => {
    if (gone.some((pattern) => pattern.test(section.name))) return [];
    if (section.netns !== undefined && section.netns !== '@host' && !netns.includes(kindOf(section.netns)))
      return [];
    if (asksResolvers) return [section];
    if (section.name === 'resolvers') return [];
    if (section.name !== 'processes') return [section];
    return [{...section, output: section.output.replace(/^resolver\..*\n?/gm, '')}];
  });
  return {...evidence, sections};
}
