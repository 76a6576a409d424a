import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type Change, editTable} from '../support/evidence.js';
import {
  addRule,
  all,
  deciding,
  dropEntries,
  editEntries,
  editLink,
  forward,
  netnsOf,
  setDown,
  unread,
} from './changed.js';

const web1 = netnsOf('node1', 'web1');
const way = (node1: Change): string[] => deciding(forward('web1', 'web2', {node1}));

describe('the way out of the source', () => {
  it('passes where nothing was changed', () => {
    assert.deepEqual(deciding(forward('web1', 'web2')), ['delivered']);
  });

  it('ends at an interface that is down', () => {
    assert.deepEqual(way(setDown(web1, 'eth0')), ['unreachable', 'node1 interface fail container-link-down']);
  });

  it('names an interface that is down though it has lost its address too', () => {
    const bare = editLink(web1, 'eth0', (link) => {
      link.addr_info = [];
    });
    assert.deepEqual(way(all(setDown(web1, 'eth0'), bare)), [
      'unreachable',
      'node1 interface fail container-link-down',
    ]);
  });

  it('ends at an interface without its address', () => {
    const bare = editLink(web1, 'eth0', (link) => {
      link.addr_info = [];
    });
    assert.deepEqual(way(bare), ['unreachable', 'node1 interface fail container-address-missing']);
  });

  it('ends where the route leads out by another interface, which is named', () => {
    const lost = dropEntries(web1, 'route', ({dst}) => dst === '10.0.1.0/24');
    assert.deepEqual(way(lost), ['unreachable', 'node1 route fail container-route-missing']);
    const {hops} = forward('web1', 'web2', {node1: lost});
    assert.match(
      hops.at(-1)?.summary ?? '',
      /^web1 has no route to 10\.0\.1\.9 on eth0 and uses "default via 172\.18\.0\.1 /,
    );
  });

  it('ends where there is no route', () => {
    const none = dropEntries(
      web1,
      'route',
      ({dst, table}) => table === 'main' && (dst === 'default' || dst === '10.0.1.0/24'),
    );
    assert.deepEqual(way(none), ['unreachable', 'node1 route fail container-route-missing']);
  });

  it('is not known where the route gives another source address', () => {
    const other = editEntries(
      web1,
      'route',
      ({dst}) => dst === '10.0.1.0/24',
      (route) => {
        route.prefsrc = '10.0.1.99';
      },
    );
    assert.deepEqual(way(other), ['undecided', 'node1 route unknown']);
  });

  it('is not known where the route depends on whether a program binds its address', () => {
    const ruled: Change = (draft) => {
      editTable(draft, web1, 'rule', (rules) => [...rules, {priority: 100, src: '10.0.1.10', table: '100'}]);
      editTable(draft, web1, 'route', (routes) => [
        ...routes,
        {
          type: 'unicast',
          dst: '10.0.1.0/24',
          dev: 'eth0',
          table: '100',
          protocol: 'boot',
          scope: 'link',
          flags: [],
        },
      ]);
    };
    assert.deepEqual(way(ruled), ['undecided', 'node1 route unknown']);
  });

  it('ends at rules of the namespace', () => {
    assert.deepEqual(way(addRule(web1, 'OUTPUT', '-d 10.0.1.9/32 -j DROP')), [
      'dropped',
      'node1 source-filter fail source-filtered',
    ]);
    assert.deepEqual(way(addRule(web1, 'OUTPUT', '-d 10.0.1.8/32 -j DROP')), ['delivered']);
  });

  it('is not known where the namespace, its routes or its neighbours were not read', () => {
    assert.deepEqual(way(unread(web1)), ['undecided', 'node1 route unknown']);
    assert.deepEqual(way(unread(web1, 'route')), ['undecided', 'node1 route unknown']);
    assert.deepEqual(way(unread(web1, 'neigh')), ['undecided', 'node1 neighbour unknown']);
  });
});
