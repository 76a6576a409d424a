import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Change, Raw} from '../support/evidence.js';
import {
  addRule,
  all,
  deciding,
  dropEntries,
  editEntries,
  editLink,
  forward,
  hopsOf,
  setDown,
  unread,
} from './changed.js';

const way = (node1: Change): string[] => deciding(forward('web1', 'web2', {node1}));
const mtu = (bytes: number): Change =>
  editLink('@host', 'eth0', (link) => {
    link.mtu = bytes;
  });
const router = (state: string): Change =>
  editEntries(
    '@host',
    'neigh',
    ({dst}: Raw) => dst === '172.31.1.1',
    (entry) => {
      entry.state = [state];
      if (state !== 'STALE') delete entry.lladdr;
    },
  );
/** Each node knows the other's VTEP by the default route. */
const isDefault = ({dst}: Raw): boolean => dst === 'default';

describe('the outer packet on the sending host', () => {
  it('needs a route to the VTEP', () => {
    assert.deepEqual(way(dropEntries('@host', 'route', isDefault)), [
      'dropped',
      'node1 underlay-route fail vtep-route-missing',
    ]);
  });

  it('needs an uplink that is up', () => {
    assert.deepEqual(way(setDown('@host', 'eth0')), ['dropped', 'node1 underlay-route fail uplink-down']);
    const carrier = editLink('@host', 'eth0', (link) => {
      link.flags = [...link.flags.filter((flag: string) => flag !== 'LOWER_UP'), 'NO-CARRIER'];
    });
    assert.deepEqual(way(carrier), ['dropped', 'node1 underlay-route fail uplink-down']);
  });

  it('must leave from the address that the node is known by', () => {
    const other = editEntries('@host', 'route', isDefault, (route) => {
      route.prefsrc = '172.18.0.1';
    });
    assert.deepEqual(way(other), ['dropped', 'node1 underlay-route fail outer-source-mismatch']);
  });

  it('takes a static entry of the next hop for no proof, and a wrong one for a loss where the other end is known', () => {
    const fixed = (ip: string, lladdr: string): Change =>
      editEntries(
        '@host',
        'neigh',
        ({dst}: Raw) => dst === '172.31.1.1',
        (entry) => Object.assign(entry, {dst: ip, lladdr, state: ['PERMANENT']}),
      );
    assert.deepEqual(way(fixed('172.31.1.1', '02:42:de:ad:00:01')), [
      'delivered',
      'node1 underlay-neighbour unknown',
    ]);
    const onLink: Change = (draft) => {
      unread('@host', 'route-get')(draft);
      editEntries('@host', 'route', isDefault, (route) => {
        delete route.gateway;
      })(draft);
    };
    assert.deepEqual(way(all(onLink, fixed('192.168.1.5', '02:42:de:ad:00:01'))), [
      'dropped',
      'node1 underlay-neighbour fail next-hop-mac-wrong',
    ]);
  });

  it('fits to the byte: 1450 and 50 into 1500', () => {
    assert.deepEqual(way(mtu(1500)), ['delivered']);
    assert.deepEqual(way(mtu(1499)), ['limited', 'node1 underlay-mtu fail mtu-too-small']);
  });

  it('needs a next hop that answers; one that was just asked is open', () => {
    assert.deepEqual(way(router('FAILED')), ['dropped', 'node1 underlay-neighbour fail vtep-unreachable']);
    assert.deepEqual(way(router('INCOMPLETE')), [
      'undecided',
      'node1 underlay-neighbour unknown vtep-unreachable',
    ]);
    assert.deepEqual(way(router('STALE')), ['delivered']);
  });

  it('says nothing of a next hop without an entry', () => {
    const none = dropEntries('@host', 'neigh', ({dst}) => dst === '172.31.1.1');
    const walk = forward('web1', 'web2', {node1: none});
    assert.deepEqual(deciding(walk), ['delivered']);
    assert.ok(!hopsOf(walk).some((hop) => hop.startsWith('node1 underlay-neighbour')));
  });

  it('passes the rules of the host', () => {
    assert.deepEqual(way(addRule('@host', 'OUTPUT', '-p udp -m udp --dport 4789 -j DROP')), [
      'dropped',
      'node1 filter-out fail data-path-filtered-out',
    ]);
    assert.deepEqual(way(addRule('@host', 'OUTPUT', '-p udp -m udp --dport 4790 -j DROP')), ['delivered']);
  });

  it("is not known where the host's own tables were not read", () => {
    assert.ok(way(unread('@host')).includes('node1 underlay-route unknown'));
    assert.equal(way(unread('@host'))[0], 'undecided');
  });

  it('needs IPsec states of an encrypted network, and is open where they were not read', () => {
    const encrypted = (node1?: Change) => deciding(forward('secret1', 'secret2', node1 ? {node1} : {}));
    assert.deepEqual(encrypted(), ['dropped', 'node1 encryption fail xfrm-state-missing']);
    assert.equal(encrypted(unread('@host', 'xfrm-state', 'xfrm-policy'))[1], 'node1 encryption unknown');
    // ESP takes 26 bytes more than VXLAN alone, for which Docker makes the MTU of 1424.
    assert.deepEqual(encrypted(mtu(1500)), encrypted());
    assert.deepEqual(encrypted(mtu(1499)), [
      'dropped',
      'node1 underlay-mtu fail mtu-too-small',
      'node1 encryption fail xfrm-state-missing',
    ]);
  });
});
