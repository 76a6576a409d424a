import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Finding} from '../../../src/findings/finding.js';
import {foldFindings} from '../../../src/findings/fold.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {
  type Change,
  editTable,
  later,
  overlayOf,
  recordedEvidence,
  sectionOf,
} from '../../support/evidence.js';
import {conntrackCounters, softnetDrops} from '../../support/kernel-limits.js';
import {addToSnmp, examine, unexpected} from '../support.js';

const node1 = recordedEvidence('node1');

/** What is found when the counters of node1 have moved so within ten seconds. */
function moved(change: (draft: HostEvidence) => void, seconds = 10): Finding[] {
  return unexpected(examine(node1, later(node1, seconds, change)).findings);
}

const said = (findings: Finding[]) => findings.map(({code, severity, subject}) => [code, severity, subject]);

/** Adds to the statistics of a link as `ip -s -j` prints them. */
function addToLink(
  draft: HostEvidence,
  netns: string,
  device: string,
  by: Record<`${'rx' | 'tx'} ${string}`, number>,
): void {
  editTable(draft, netns, 'addr', (rows) => {
    const row = rows.find(({ifname}) => ifname === device);
    for (const [key, value] of Object.entries(by)) {
      const [side = '', name = ''] = key.split(' ');
      row.stats64[side][name] += value;
    }
    return rows;
  });
}

function replaceProc(draft: HostEvidence, netns: string, pattern: RegExp, text: string): void {
  const section = sectionOf(draft, netns, 'proc');
  assert.match(section.output, pattern);
  section.output = section.output.replace(pattern, text);
}

const {file: uber} = overlayOf(node1, 'uber-net');

describe('counters of two readings', () => {
  it('that stand still are no finding, and one reading says that it can not tell', () => {
    assert.deepEqual(said(moved(() => {})), []);
    const once = examine(node1);
    assert.deepEqual(
      once.notChecked.filter(({checkName: check}) => check === 'counters').map(({host}) => host),
      ['node1'],
    );
    const twice = examine(node1, later(node1, 10));
    assert.deepEqual(twice.samples, [{host: 'node1', seconds: 10, listened: 0}]);
    assert.ok(
      twice.notChecked.some(
        ({checkName: check, reason: why}) => check === 'failed-lookups' && /were not monitored/.test(why),
      ),
    );
  });

  it('are compared in whichever order the readings come', () => {
    const after = later(node1, 10, (draft) => addToSnmp(draft, '@host', 'Udp', 'InCsumErrors', 30));
    const [one, other] = [examine(node1, after), examine(after, node1)];
    assert.deepEqual(said(unexpected(one.findings)), [['udp-checksum-errors', 'warning', 'UDP of the host']]);
    assert.deepEqual(other.findings, one.findings);
    assert.deepEqual(other.samples, one.samples);
  });

  it('that rise slowly are the noise of every network', () => {
    const hour = (change: (draft: HostEvidence) => void) => said(moved(change, 3600));
    assert.deepEqual(
      hour((draft) => addToSnmp(draft, '@host', 'Udp', 'InCsumErrors', 30)),
      [],
    );
    assert.deepEqual(
      hour((draft) => addToSnmp(draft, '@host', 'Ip', 'ReasmFails', 30)),
      [],
    );
    assert.deepEqual(
      hour((draft) => addToLink(draft, uber, 'vxlan0', {'tx dropped': 300})),
      [],
    );
  });
});

describe('checksum-errors', () => {
  it('tells damaged packets of the host and damaged segments of a container', () => {
    const web1 = node1.sections.find(
      ({netns = '', name, output}) =>
        name === 'addr' && /^[0-9a-f]{12}$/.test(netns) && output.includes('10.0.1.10'),
    );
    const found = moved((draft) => addToSnmp(draft, web1?.netns ?? '', 'Tcp', 'InCsumErrors', 12));
    assert.deepEqual(said(found), [['tcp-checksum-errors', 'error', 'web1']]);
    assert.match(found[0]?.evidence[0] ?? '', /Tcp InCsumErrors 12 \(\+12 in 10 s\)/);
  });

  it('turns the offload off where the packets were sent, if there is one such host and it was read', () => {
    const after = later(node1, 10, (draft) => addToSnmp(draft, '@host', 'Udp', 'InCsumErrors', 30));
    const fixOf = (...others: HostEvidence[]) =>
      unexpected(examine(node1, after, ...others).findings).find(({code}) => code === 'udp-checksum-errors')
        ?.fix;
    const known = fixOf(recordedEvidence('node2'));
    assert.ok(known?.by === 'commands');
    assert.deepEqual(
      [known.host, known.commands, known.undo],
      ['node2', ['ethtool -K eth0 tx off'], ['ethtool -K eth0 tx on']],
    );
    assert.equal(fixOf()?.by, 'others');
  });
});

describe('vxlan-losses', () => {
  it('tells packets without a route to their VTEP', () => {
    const found = moved((draft) =>
      addToLink(draft, uber, 'vxlan0', {'tx errors': 20, 'tx carrier_errors': 20}),
    );
    assert.deepEqual(said(found), [['vxlan-tx-errors', 'error', `vxlan0 in ${uber}`]]);
    assert.equal(found[0]?.network, 'uber-net');
  });

  it('takes no broadcast for a loss: the bridge has counted it as well', () => {
    const broadcast = (draft: HostEvidence) => {
      addToLink(draft, uber, 'vxlan0', {'tx dropped': 500});
      addToLink(draft, uber, 'br0', {'rx packets': 500});
    };
    assert.deepEqual(said(moved(broadcast)), []);
    const found = moved((draft) => {
      broadcast(draft);
      addToLink(draft, uber, 'vxlan0', {'tx dropped': 40});
    });
    assert.deepEqual(said(found), [['vxlan-tx-dropped', 'warning', `vxlan0 in ${uber}`]]);
    assert.match(found[0]?.cause ?? '', /at least 40 unicast frames/);
  });
});

describe('rejected-packets', () => {
  const noPorts = (draft: HostEvidence) => addToSnmp(draft, '@host', 'Udp', 'NoPorts', 500);
  const unreachable = (draft: HostEvidence) => addToSnmp(draft, '@host', 'Icmp', 'InDestUnreachs', 500);

  it('is silent about strangers who knock, and about what this host itself calls in vain', () => {
    assert.deepEqual(said(moved(noPorts)), []);
    assert.deepEqual(said(moved(unreachable)), []);
    // The data path is in use, and answered.
    const inUse = (draft: HostEvidence) =>
      addToLink(draft, uber, 'vxlan0', {'tx packets': 9, 'rx packets': 9});
    for (const change of [noPorts, unreachable]) {
      const found = moved((draft) => {
        change(draft);
        inUse(draft);
      });
      assert.deepEqual(said(found), []);
    }
  });

  it('speaks where nothing comes back on an overlay', () => {
    const oneWay = (draft: HostEvidence) => addToLink(draft, uber, 'vxlan0', {'tx packets': 9});
    const found = moved((draft) => {
      oneWay(draft);
      noPorts(draft);
      unreachable(draft);
    });
    assert.deepEqual(said(found), [
      ['udp-no-ports', 'warning', 'UDP ports'],
      ['icmp-unreachable', 'warning', 'uber-net'],
    ]);
  });

  it('is a consequence of a row that leads to nobody: no firewall need reject it', () => {
    const [wrong, also] = ['node1', 'node2'].map((name) => recordedEvidence(`fdb-wrong-vtep/${name}`));
    assert.ok(wrong && also);
    const sent = later(wrong, 10, (draft) => {
      addToLink(draft, overlayOf(draft, 'uber-net').file, 'vxlan0', {'tx packets': 9});
      unreachable(draft);
    });
    const shown = foldFindings(unexpected(examine(wrong, also, sent).findings));
    assert.deepEqual(
      shown.map(({code}) => code),
      ['fdb-wrong-vtep'],
    );
    assert.ok(shown[0]?.folded.some(({finding: {code}}) => code === 'icmp-unreachable'));
  });

  it('proves it where the port of the vxlan devices is closed', () => {
    const closed = moved((draft) => {
      replaceProc(draft, '@host', /^(\/proc\/net\/udp6?:.*):12B5 /gm, '$1:12B6 ');
      noPorts(draft);
    });
    assert.ok(said(closed).some(([code, severity]) => code === 'udp-no-ports' && severity === 'error'));
  });
});

describe('reassembly', () => {
  it('tells packets of which pieces are missing', () => {
    const found = moved((draft) => addToSnmp(draft, '@host', 'Ip', 'ReasmFails', 4));
    assert.deepEqual(said(found), [['ip-reassembly-failed', 'warning', 'the host']]);
  });
});

describe('xfrm-counters', () => {
  it('names the counter and the encrypted networks', () => {
    const count = (name: string, by: number) => (draft: HostEvidence) =>
      replaceProc(draft, '@host', new RegExp(`${name}( +\\t| +)\\d+`), `${name} \t${by + 1000}`);
    const out = moved(count('XfrmOutNoStates', 9));
    assert.deepEqual(said(out), [['xfrm-errors', 'error', 'XfrmOutNoStates']]);
    assert.match(out[0]?.cause ?? '', /without a state.*secret-net/);
    assert.deepEqual(said(moved(count('XfrmInNoStates', 9))), [['xfrm-errors', 'warning', 'XfrmInNoStates']]);
  });
});

describe('softnet-drops', () => {
  // Derived: the counter is of the whole machine, and filling its queues would disturb everybody on it.
  it('tells packets that found a queue full', () => {
    const found = moved(softnetDrops);
    assert.deepEqual(said(found), [['softnet-drops', 'warning', 'processors']]);
  });
});

describe('conntrack-counters', () => {
  // Derived: the limit is one for all namespaces of a machine.
  const between = (first: Change, second: Change) =>
    said(unexpected(examine(later(node1, 0, first), later(node1, 10, second)).findings));

  it('tells a full table and lost races', () => {
    const none = conntrackCounters({});
    assert.deepEqual(between(none, conntrackCounters({drop: 0x20})), [
      ['conntrack-drops', 'error', 'the host'],
    ]);
    assert.deepEqual(between(none, conntrackCounters({insert_failed: 0x20})), [
      ['conntrack-insert-failed', 'warning', 'the host'],
    ]);
    assert.deepEqual(between(none, conntrackCounters({insert_failed: 3, drop: 1})), []);
    // The kernel counts a lost race as a drop as well.
    assert.deepEqual(between(none, conntrackCounters({insert_failed: 0x20, drop: 0x20})), [
      ['conntrack-insert-failed', 'warning', 'the host'],
    ]);
    assert.deepEqual(between(none, conntrackCounters({insert_failed: 2, drop: 0x22})), [
      ['conntrack-drops', 'error', 'the host'],
    ]);
  });
});

describe('uplink-drops', () => {
  it('tells losses that are more than noise', () => {
    const found = moved((draft) =>
      addToLink(draft, '@host', 'eth0', {'rx dropped': 600, 'rx packets': 5000}),
    );
    assert.deepEqual(said(found), [['uplink-drops', 'warning', 'eth0']]);
  });

  it('is silent about frames that is not used here', () => {
    const few = moved((draft) => addToLink(draft, '@host', 'eth0', {'rx dropped': 40}));
    const rare = moved((draft) =>
      addToLink(draft, '@host', 'eth0', {'rx dropped': 600, 'rx packets': 90_000}),
    );
    assert.deepEqual([...said(few), ...said(rare)], []);
  });
});
