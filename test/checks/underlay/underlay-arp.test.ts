import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {
  type Change,
  derived,
  dropSections,
  editAnswers,
  editTable,
  type Raw,
  recordedEvidence,
  setProc,
} from '../../support/evidence.js';
import {examine, fixOf} from '../support.js';

const [node1, node2] = ['node1', 'node2'].map((name) => recordedEvidence(name)) as [
  HostEvidence,
  HostEvidence,
];
const found = (...hosts: HostEvidence[]) =>
  examine(...hosts).findings.filter(({code}) =>
    ['uplink-arp-off', 'next-hop-mac-wrong', 'next-hop-static'].includes(code),
  );
const inShort = (...hosts: HostEvidence[]) =>
  found(...hosts).map(({code, severity, host, subject}) => `${severity} ${code} ${host} ${subject}`);
const path = (name: string) => `/proc/sys/net/ipv4/conf/${name}/arp_ignore`;
const ignore = (settings: Record<string, string>) =>
  derived(node1, (draft) => {
    for (const [name, value] of Object.entries(settings)) setProc(draft, '@host', path(name), value);
  });
const wrong = '02:42:de:ad:00:01';
const gateway = '172.31.1.1';
const entry =
  (lladdr: string | undefined, state = 'PERMANENT', ip = gateway): Change =>
  (draft) =>
    editTable(draft, '@host', 'neigh', (rows) => [
      ...rows.filter(({dst}) => dst !== ip),
      {dst: ip, dev: 'eth0', lladdr: lladdr ?? rows.find(({dst}) => dst === ip)?.lladdr, state: [state]},
    ]);
/** The other node's VTEP is on the link of this one. */
const onLink: Change = (draft) => {
  dropSections(draft, ({name}) => name === 'route-get');
  editTable(draft, '@host', 'route', (rows) => [
    {type: 'unicast', dst: '192.168.1.5', dev: 'eth0', table: 'main', scope: 'link', flags: []},
    ...rows,
  ]);
};
const all =
  (...changes: Change[]): Change =>
  (draft) => {
    for (const change of changes) change(draft);
  };

describe('ARP of a host', () => {
  it("is off by arp_ignore 8, for all interfaces or for the uplink: 'uplink-arp-off'", () => {
    assert.deepEqual(inShort(ignore({all: '8'})), ['error uplink-arp-off node1 eth0']);
    assert.deepEqual(fixOf(found(ignore({all: '8'}))[0]), ['sysctl -w net/ipv4/conf/all/arp_ignore=0']);
    assert.deepEqual(fixOf(found(ignore({eth0: '8', all: '1'}))[0]), [
      'sysctl -w net/ipv4/conf/eth0/arp_ignore=0',
    ]);
    for (const settings of [{all: '2'}, {eth0: '1'}, {docker0: '8'}, {all: '9', eth0: '8'}])
      assert.deepEqual(inShort(ignore(settings as Record<string, string>)), []);
  });
});

describe('a static entry for the next hop', () => {
  it("has another MAC than the host that has the address: 'next-hop-mac-wrong'", () => {
    const one = derived(node1, all(onLink, entry(wrong, 'PERMANENT', '192.168.1.5')));
    const [finding, ...others] = found(one, node2);
    assert.deepEqual([others, finding?.code, finding?.severity], [[], 'next-hop-mac-wrong', 'error']);
    assert.match(
      finding?.cause ?? '',
      /has a static neighbour entry with 02:42:de:ad:00:01 for 192\.168\.1\.5/,
    );
    assert.deepEqual(fixOf(finding), ['ip neigh del 192.168.1.5 dev eth0']);
    const mac = (
      JSON.parse(
        node2.sections.find(({name, netns}) => name === 'addr' && netns === '@host')?.output ?? '',
      ) as Raw[]
    ).find(({ifname}) => ifname === 'eth0').address;
    assert.deepEqual(inShort(derived(node1, all(onLink, entry(mac, 'PERMANENT', '192.168.1.5'))), node2), []);
  });

  it('proves nothing by itself: a hint, and more where a node behind it is lost', () => {
    const one = derived(node1, entry(wrong));
    assert.deepEqual(inShort(one, node2), [`info next-hop-static node1 next hop ${gateway} on eth0`]);
    const lost = derived(one, (draft) =>
      editAnswers(draft, /^\/nodes$/, (nodes: Raw[]) => {
        for (const {Status} of nodes) if (Status.Addr === '192.168.1.5') Status.State = 'down';
      }),
    );
    assert.deepEqual(inShort(lost), [`warning next-hop-static node1 next hop ${gateway} on eth0`]);
    assert.deepEqual(inShort(derived(node1, entry(wrong, 'REACHABLE')), node2), []);
  });

  it('is compared with the answer that another host got', () => {
    // Another node on the same link, which asked the router.
    const third = derived(node1, (draft) => {
      const about = draft.sections.find(({name}) => name === 'about');
      if (about)
        about.output = about.output
          .replace(/^bootId=.*$/m, 'bootId=other')
          .replace(/^hostname=.*$/m, 'hostname=node3');
      editAnswers(draft, /^\/info$/, (info: Raw) => {
        info.Swarm.NodeID = 'third';
      });
      entry(undefined, 'REACHABLE')(draft);
    });
    assert.deepEqual(
      inShort(derived(node1, entry(wrong)), third).filter((text) => !text.includes('node3')),
      [`warning next-hop-mac-wrong node1 next hop ${gateway} on eth0`],
    );
  });
});
