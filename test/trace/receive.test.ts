import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type Change, dropAnswers, type Raw, setProc} from '../support/evidence.js';
import {
  addRule,
  all,
  deciding,
  editEntries,
  editLink,
  forward,
  netnsOf,
  sandboxOf,
  setDown,
  unread,
} from './changed.js';

const uber = sandboxOf('node2', 'uber-net');
const web2 = netnsOf('node2', 'web2');
const way = (node2: Change): string[] => deciding(forward('web1', 'web2', {node2}));
const device = 'vxlan0';

describe('the receiving host', () => {
  it("passes its own rules for the data path's port", () => {
    assert.deepEqual(way(addRule('@host', 'INPUT', '-p udp -m udp --dport 4789 -j DROP')), [
      'dropped',
      'node2 filter-in fail data-path-filtered-in',
    ]);
    assert.deepEqual(way(addRule('@host', 'INPUT', '-s 172.31.1.6/32 -p udp -m udp --dport 4789 -j DROP')), [
      'delivered',
    ]);
  });

  it('needs a vxlan device that is up, with the VNI and the port of the sender', () => {
    assert.deepEqual(way(setDown(uber, device)), ['dropped', 'node2 vxlan fail vxlan-down']);
    const vni = editLink(uber, device, (link) => {
      link.linkinfo.info_data.id = 77;
    });
    assert.deepEqual(way(vni), ['dropped', 'node2 vni fail vni-missing']);
    const port = editLink(uber, device, (link) => {
      link.linkinfo.info_data.port = 4790;
    });
    assert.deepEqual(way(port), ['dropped', 'node2 data-path-port fail data-path-port-differs']);
  });

  it('needs an open port, and is open itself where sockets were not read', () => {
    const closed: Change = (draft) =>
      setProc(draft, '@host', '/proc/net/udp', '  sl  local_address rem_address   st');
    assert.deepEqual(way(closed), ['dropped', 'node2 data-path-port fail data-path-port-closed']);
    const unknown: Change = (draft) => {
      setProc(draft, '@host', '/proc/net/udp', undefined);
      setProc(draft, '@host', '/proc/net/udp6', undefined);
    };
    assert.deepEqual(way(unknown), ['undecided', 'node2 data-path-port unknown']);
  });

  it('is not known where the sandbox was not read', () => {
    assert.deepEqual(way(unread(uber)), ['undecided', 'node2 vni unknown']);
  });

  it('needs its vxlan device in a bridge', () => {
    const unplugged = editLink(uber, device, (link) => {
      delete link.master;
    });
    assert.deepEqual(way(unplugged), ['dropped', 'node2 bridge fail vxlan-not-in-bridge']);
  });

  it('drops what comes from another VTEP than its own entry for the sender names', () => {
    const other = editEntries(
      uber,
      'fdb',
      ({mac, dst}: Raw) => mac === '02:42:0a:00:01:0a' && dst !== undefined,
      (entry) => {
        entry.dst = '172.31.1.77';
      },
    );
    assert.deepEqual(way(other), ['dropped', 'node2 source-row fail receiver-source-stale']);
  });

  it('needs the address of the VTEP, which may be translated on the way', () => {
    const bare = editLink('@host', 'eth0', (link) => {
      link.addr_info = [];
    });
    assert.deepEqual(way(bare), ['undecided', 'node2 filter-in unknown']);
  });

  it('may refuse what would be answered by another interface, with strict source checks', () => {
    const strict: Change = (draft) => setProc(draft, '@host', '/proc/sys/net/ipv4/conf/all/rp_filter', '1');
    assert.deepEqual(way(strict), ['delivered']);
    const elsewhere = editEntries(
      '@host',
      'route',
      ({dst}) => dst === 'default',
      (route) => {
        route.dev = 'docker0';
        delete route.gateway;
      },
    );
    assert.equal(way(all(strict, elsewhere))[1], 'node2 filter-in unknown');
    assert.deepEqual(way(elsewhere), ['delivered']);
  });

  it("needs the destination's interface as Docker made it", () => {
    assert.deepEqual(way(setDown(web2, 'eth0')), ['dropped', 'node2 endpoint fail container-link-down']);
    const moved = editLink(web2, 'eth0', (link) => {
      link.addr_info = [];
    });
    assert.equal(way(moved).at(-1), 'node2 endpoint fail container-address-missing');
  });

  it("passes the rules of the destination's namespace", () => {
    assert.deepEqual(way(addRule(web2, 'INPUT', '-p icmp -j DROP')), [
      'dropped',
      'node2 endpoint-filter fail endpoint-filtered',
    ]);
  });

  it('shows that frames did arrive only by an age of its entry for the sender', () => {
    const old = editEntries(
      uber,
      'fdb',
      ({mac}: Raw) => mac === '02:42:0a:00:01:0a',
      (entry) => {
        entry.used = 5000;
        entry.updated = 5000;
      },
    );
    assert.deepEqual(way(old), ['deliverable']);
  });
});

describe('the last frame that arrived', () => {
  const [mac1, mac2, balancer] = ['02:42:0a:00:01:0a', '02:42:0a:00:01:09', '02:42:0a:00:01:04'];
  const aged = (table: 'fdb' | 'neigh', netns: string, mac: string, ages: Partial<Raw>): Change =>
    editEntries(
      netns,
      table,
      (entry: Raw) => (entry.mac ?? entry.lladdr) === mac,
      (entry) => Object.assign(entry, ages),
    );
  /** Seconds before node2 was read when web1's last frame arrived, and before node1 was read when web2's row was last used. */
  const walked = (arrived: number, used: number | undefined, ...changes: Change[]) => {
    const walk = forward('web1', 'web2', {
      node1: aged('fdb', sandboxOf('node1', 'uber-net'), mac2, {used}),
      node2: (draft) => {
        for (const change of [aged('fdb', uber, mac1, {updated: arrived}), ...changes]) change(draft);
      },
    });
    return [walk.disposition, walk.hops.at(-1)?.summary.replace(/^.* collection/, '')];
  };
  // Node 2 was read 2.1 s after node 1.

  it('proves the way where its host has not used its row since', () => {
    assert.deepEqual(walked(5, 2), ['delivered', '']);
    assert.deepEqual(walked(6, 2), ['deliverable', ', but its host has used its FDB entry since']);
  });

  it('proves the way where something of its host came since, from another endpoint', () => {
    assert.deepEqual(walked(30, 0, aged('fdb', uber, balancer, {updated: 3})), ['delivered', '']);
    const written = aged('neigh', uber, balancer, {updated: 3});
    assert.deepEqual(
      walked(30, 0, aged('fdb', uber, balancer, {updated: 3}), written),
      ['deliverable', ', but its host has used its FDB entry since'],
      'Docker wrote the row, and no frame came',
    );
  });

  it('proves the way where its host uses the row on after the receiver was read', () => {
    const early: Change = (draft) => {
      for (const section of draft.sections)
        section.at = new Date(Date.parse(section.at) - 10_000).toISOString();
    };
    assert.deepEqual(walked(1, 0, early), ['delivered', '']);
    assert.deepEqual(walked(20, 0, early), ['deliverable', ', but its host has used its FDB entry since']);
  });

  it('proves nothing where it is not known whether its host has used its FDB entry since', () => {
    assert.deepEqual(walked(9, undefined), [
      'deliverable',
      ', and it is not known whether its host has used its FDB entry since',
    ]);
  });
});

describe('the receiving host, not read', () => {
  it('leaves it at sent', () => {
    const gone: Change = (draft) => {
      draft.sections = draft.sections.filter(({netns}) => netns === undefined);
      dropAnswers(draft, /./);
    };
    assert.equal(forward('web1', '10.0.1.9', {node2: gone}).disposition, 'sent-receiver-unknown');
  });
});
