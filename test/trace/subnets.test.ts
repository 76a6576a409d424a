import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type Change, type Raw, setProc} from '../support/evidence.js';
import {
  addRule,
  all,
  deciding,
  dropEntries,
  editEntries,
  editLink,
  forward,
  hopsOf,
  sandboxOf,
} from './changed.js';

/** Bridges br1 with 10.50.1.0/24 and br0 with 10.50.2.0/24; ts1a is on the first, ts2b on the second. */
const sandbox = sandboxOf('node1', 'two-nets');
const way = (node1: Change, to = 'ts2b'): string[] => deciding(forward('ts1a', to, {node1}));
const isCached = ({dst, dev}: Raw): boolean => dst === '10.50.2.12' && dev === 'br0';
const isAnswered = ({dst, dev}: Raw): boolean => dst === '10.50.2.12' && dev === 'vxlan0';

describe('routing between two subnets of one overlay', () => {
  it('is by the bridges of the sandbox', () => {
    const hops = hopsOf(forward('ts1a', 'ts2b'));
    assert.ok(hops.includes('node1 forwarding pass'));
    assert.ok(hopsOf(forward('ts1a', 'ts1b')).every((hop) => !hop.includes('forwarding')));
  });

  it('needs ip_forward', () => {
    const set =
      (text: string | undefined): Change =>
      (draft) =>
        setProc(draft, sandbox, '/proc/sys/net/ipv4/ip_forward', text);
    assert.deepEqual(way(set('0')), ['dropped', 'node1 forwarding fail ip-forward-off']);
    assert.deepEqual(way(set(undefined)), ['undecided', 'node1 forwarding unknown']);
  });

  it('needs a route to the other subnet', () => {
    assert.deepEqual(way(dropEntries(sandbox, 'route', ({dst}) => dst === '10.50.2.0/24')), [
      'unreachable',
      'node1 forwarding fail sandbox-route-missing',
    ]);
  });

  it('passes FORWARD rules of the sandbox', () => {
    assert.deepEqual(way(addRule(sandbox, 'FORWARD', '-i br1 -o br0 -j DROP')), [
      'dropped',
      'node1 forwarding fail sandbox-filtered',
    ]);
    // Whether bridged frames meet that rule is another question.
    assert.ok(
      !way(addRule(sandbox, 'FORWARD', '-i br0 -o br1 -j DROP')).some((hop) => hop.includes('forwarding')),
    );
  });

  it('needs the MAC of the destination: cached, or answered by the vxlan device', () => {
    assert.deepEqual(way(dropEntries(sandbox, 'neigh', isCached)), deciding(forward('ts1a', 'ts2b')));
    assert.deepEqual(way(dropEntries(sandbox, 'neigh', isAnswered)), [
      'undecided',
      'node1 neighbour unknown neighbour-missing',
    ]);
    assert.deepEqual(way(dropEntries(sandbox, 'neigh', (one) => isCached(one) || isAnswered(one))), [
      'unreachable',
      'node1 neighbour fail neighbour-missing',
    ]);
    const failed = all(
      dropEntries(sandbox, 'neigh', isAnswered),
      editEntries(sandbox, 'neigh', isCached, (entry) => {
        entry.state = ['FAILED'];
      }),
    );
    assert.deepEqual(way(failed), ['unreachable', 'node1 neighbour fail neighbour-missing']);
  });

  it('ends where it has another MAC than the destination', () => {
    const wrong = editEntries(sandbox, 'neigh', isCached, (entry) => {
      entry.lladdr = '02:42:00:00:00:99';
    });
    assert.deepEqual(way(wrong), ['dropped', 'node1 neighbour fail neighbour-wrong-mac']);
  });

  it('asks an endpoint on the same host itself', () => {
    const none = dropEntries(sandbox, 'neigh', ({dev}) => dev === 'br0');
    assert.ok(!way(none, 'ts2a').some((hop) => hop.includes('fail')));
  });

  it('is not what a bridge does within its own subnet', () => {
    const wider = editLink(sandbox, 'br1', (link) => {
      link.addr_info[0].prefixlen = 16;
    });
    assert.deepEqual(way(wider), ['dropped', 'node1 bridge-fdb fail bridge-takes-mac']);
  });
});
