import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type Change, editTable, sectionOf, setProc} from '../support/evidence.js';
import {refuseTables, withHidden} from '../support/refused.js';
import {
  addRule,
  deciding,
  dropEntries,
  editLink,
  forward,
  hopsOf,
  netnsOf,
  setDown,
  unread,
} from './changed.js';

const web1 = netnsOf('node1', 'web1');
const away = '198.51.100.1';
const way = (from: string, to: string, node1: Change = () => {}): string[] =>
  deciding(forward(from, to, {node1}));

describe('the way to an address on none of the networks', () => {
  it('is docker_gwbridge, the route of the host and its FORWARD rules', () => {
    assert.deepEqual(hopsOf(forward('web1', away)), [
      'node1 route pass',
      'node1 veth pass',
      'node1 underlay-route pass',
      'node1 filter-out pass',
      '- outside unknown',
    ]);
    assert.equal(forward('web1', away).disposition, 'sent-outside');
  });

  it('needs a route of the container', () => {
    assert.deepEqual(
      way(
        'web1',
        away,
        dropEntries(web1, 'route', ({dst}) => dst === 'default'),
      ),
      ['unreachable', 'node1 route fail container-route-missing'],
    );
  });

  it('needs its interface up', () => {
    assert.deepEqual(way('web1', away, setDown(web1, 'eth1')), [
      'unreachable',
      'node1 interface fail container-link-down',
    ]);
  });

  it('needs a route of the host', () => {
    assert.deepEqual(
      way(
        'web1',
        away,
        dropEntries('@host', 'route', ({dst}) => dst === 'default'),
      ),
      ['unreachable', 'node1 underlay-route fail host-route-missing'],
    );
  });

  it("passes the host's FORWARD rules", () => {
    assert.deepEqual(way('web1', away, addRule('@host', 'FORWARD', `-d ${away}/32 -j DROP`)), [
      'dropped',
      'node1 filter-out fail forward-filtered',
    ]);
    assert.deepEqual(way('web1', away, addRule('@host', 'FORWARD', '-i docker0 -j DROP')), ['sent-outside']);
  });

  it('is none from internal networks: an overlay has no route, a bridge is shut by the host', () => {
    assert.deepEqual(way('quiet1', away), ['isolated', 'node1 route fail internal-network']);
    assert.deepEqual(way('closed1', away), ['isolated', 'node1 filter-out fail internal-network']);
  });

  it('quotes the rules that shut it in the words of nft, where iptables-nft-save refuses their table', () => {
    const walk = forward('closed1', away, {
      node1: (draft) => {
        const bridge =
          /-o (br-\S+) -j DROP/.exec(sectionOf(draft, '@host', 'iptables-nft').output)?.[1] ?? '';
        refuseTables(draft, {
          every: (text) => text.replaceAll('br-7ab9b2151d5a', bridge).replaceAll('172.30.1.0', '172.30.9.0'),
        });
      },
    });
    const {evidence = [], cause} = walk.hops.at(-1) ?? {};
    assert.equal(cause, 'the rules above drop it');
    assert.match(evidence.join(), /^ip filter DOCKER-ISOLATION-STAGE-1: .*172\.30\.9\.0\/24.* drop$/);
  });

  it('is not known where nft leaves out what a rule asks for, which is quoted', () => {
    for (const [table, chain, action] of [
      ['filter', 'FORWARD', {drop: null}],
      ['nat', 'POSTROUTING', {accept: null}],
    ] as const) {
      const walk = forward('web1', away, {
        node1: (draft) => refuseTables(draft, {json: withHidden(table, chain, action)}),
      });
      assert.equal(walk.disposition, 'undecided', chain);
      const doubts = walk.hops.filter(({verdict, layer}) => verdict === 'unknown' && layer === 'filter-out');
      assert.match(doubts[0]?.evidence.join() ?? '', new RegExp(`^nft: ip ${table} ${chain}: xt match set `));
    }
  });

  it('is not known where the namespace was not read', () => {
    assert.deepEqual(way('web1', away, unread(web1)), ['undecided', 'node1 route unknown']);
  });
});

describe("the way to an address of the container's own host", () => {
  it('ends at the INPUT rules', () => {
    assert.deepEqual(way('web1', '172.31.1.5'), ['deliverable']);
    assert.deepEqual(way('web1', '172.31.1.5', addRule('@host', 'INPUT', '-i docker_gwbridge -j DROP')), [
      'dropped',
      'node1 filter-in fail host-filtered',
    ]);
    assert.deepEqual(way('web1', '172.31.1.5', addRule('@host', 'INPUT', '-i docker0 -j DROP')), [
      'deliverable',
    ]);
  });

  it('is none of a macvlan endpoint', () => {
    // Within the subnet of its network, and beyond it.
    assert.deepEqual(way('mac1', '172.31.1.5'), ['isolated', 'node1 parent fail own-host-apart']);
    assert.deepEqual(way('mac1', '172.18.0.1'), ['isolated', 'node1 parent fail own-host-apart']);
  });

  it('is not known where the other end of its interface was not found', () => {
    const lost = editLink(web1, 'eth1', (link) => {
      link.link_index = 4000;
    });
    assert.deepEqual(way('web1', '172.31.1.5', lost), ['undecided', 'node1 veth unknown']);
  });

  it('needs the bridge: up, with its address, and a host that forwards and translates', () => {
    const bridge = 'docker_gwbridge';
    const gone = (name: string) => (draft: Parameters<Change>[0]) =>
      editTable(draft, '@host', 'addr', (rows) =>
        rows.map((row) => (row.ifname === name ? {...row, addr_info: []} : row)),
      );
    for (const [change, hop] of [
      [setDown('@host', bridge), 'node1 bridge fail gwbridge-missing'],
      [gone(bridge), 'node1 bridge fail gwbridge-address-missing'],
      [
        (draft: Parameters<Change>[0]) => setProc(draft, '@host', '/proc/sys/net/ipv4/ip_forward', '0'),
        'node1 forwarding fail ip-forward-off',
      ],
      [
        (draft: Parameters<Change>[0]) => {
          for (const section of draft.sections)
            if (section.netns === '@host' && /^iptables-/.test(section.name))
              section.output = section.output.replaceAll(/^.*-j MASQUERADE.*\n/gm, '');
        },
        'node1 filter-out fail masquerade-missing',
      ],
    ] as const)
      assert.deepEqual(way('web1', away, change), ['dropped', hop]);
  });
});
