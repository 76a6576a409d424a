import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {hostFromEvidence} from '../../src/topology/host-from-evidence.js';
import {findContainer} from '../../src/topology/names.js';
import {trace} from '../../src/trace/trace.js';
import {derived, dropSections, editTable} from '../support/evidence.js';
import {onIpv6} from '../support/ipv6-underlay.js';
import {deciding} from './changed.js';

/** web1 to web2 over an underlay of IPv6 that takes 20 bytes more than the default MTU of overlays needs. */
function way(rules: {node1?: string[]; node2?: string[]} = {}, mtu = 1520, unread = false): string[] {
  const hosts = (['node1', 'node2'] as const).map((name) =>
    hostFromEvidence(
      derived(onIpv6(name, rules[name]), (draft) => {
        editTable(draft, '@host', 'addr', (links) =>
          links.map((link) => (link['ifname'] === 'eth0' ? {...link, mtu} : link)),
        );
        if (unread) dropSections(draft, ({name: section}) => section === 'ip6tables-nft');
      }),
    ),
  );
  return deciding(trace(hosts, findContainer(hosts, 'web1'), findContainer(hosts, 'web2')).forward);
}

describe('the outer packet over IPv6', () => {
  it('is followed by the route that the kernel told, and by the rules of IPv6', () => {
    assert.match(way().join(), /^delivered$|^deliverable$/);
    const drop = (chain: string) => [`-A ${chain} -p udp -m udp --dport 4789 -j DROP`];
    assert.deepEqual(way({node1: drop('OUTPUT')}), [
      'dropped',
      'node1 filter-out fail data-path-filtered-out',
    ]);
    assert.deepEqual(way({node2: drop('INPUT')}), ['dropped', 'node2 filter-in fail data-path-filtered-in']);
    assert.match(
      way({
        node2: drop('INPUT').map((rule) => rule.replace('-p udp', '-s 2001:db8:9::/48 -p udp')),
      }).join(),
      /^deliver/,
    );
  });

  it('needs 20 bytes more than over IPv4', () => {
    assert.deepEqual(way({}, 1519), ['limited', 'node1 underlay-mtu fail mtu-too-small']);
  });

  it('is not decided by rules that were not read', () => {
    assert.deepEqual(way({}, 1520, true), [
      'undecided',
      'node1 filter-out unknown',
      'node2 filter-in unknown',
    ]);
  });
});
