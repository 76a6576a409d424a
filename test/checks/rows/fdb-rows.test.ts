import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {serialize} from 'node:v8';
import {fdbRows} from '../../../src/checks/rows/fdb-rows.js';
import type {Finding} from '../../../src/findings/finding.js';
import {foldFindings} from '../../../src/findings/fold.js';
import {hostModel} from '../../../src/model/host.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {knownHost} from '../../../src/topology/known-host.js';
import {
  derived,
  dropAnswers,
  editAnswers,
  editTable,
  overlayOf,
  type Raw,
  recordedEvidence,
  sectionOf,
} from '../../support/evidence.js';
import {examine, examineRecorded} from '../support.js';

const codes: readonly string[] = fdbRows.codes;
const rows = (findings: Finding[]) => findings.filter(({code}) => codes.includes(code));
const named = (findings: Finding[]) =>
  rows(findings)
    .map(({code, severity, host, subject}) => `${code} ${severity} ${host} ${subject}`)
    .sort();

const node1 = recordedEvidence('node1');
const node2 = recordedEvidence('node2');
const {id, file} = overlayOf(node1, 'uber-net');
const verbose = /^\/networks\/.*verbose/;

/** The endpoints of uber-net on a host, by the engine's own list. */
function listed(evidence: HostEvidence): {name: string; ip: string; mac: string}[] {
  const body = evidence.docker.answers.find(
    ({path, body: one}) => verbose.test(path) && (one as Raw).Name === 'uber-net',
  )?.body as Raw;
  return Object.values<Raw>(body.Containers).map(({Name, IPv4Address, MacAddress}) => ({
    name: Name,
    ip: IPv4Address.split('/')[0],
    mac: MacAddress,
  }));
}
const endpoint = (evidence: HostEvidence, name: string) => {
  const found = listed(evidence).find((one) => one.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
};
const web1 = endpoint(node1, 'web1');
const web2 = endpoint(node2, 'web2');

/** Changes what a host's engine tells of uber-net. */
function inspected(evidence: HostEvidence, change: (body: Raw) => void): HostEvidence {
  return derived(evidence, (draft) =>
    editAnswers(draft, verbose, (body) => {
      if (body.Id === id) change(body);
    }),
  );
}
const withoutTask = (body: Raw, ip: string) => {
  for (const service of Object.values<Raw>(body.Services))
    service.Tasks = service.Tasks.filter(({EndpointIP}: Raw) => EndpointIP !== ip);
};

describe('fdb-rows', () => {
  for (const [recording, code, severity] of [
    ['fdb-row-missing', 'fdb-row-missing', 'error'],
    ['neighbour-missing', 'neighbour-missing', 'error'],
    ['trace/neighbour-wrong-mac', 'neighbour-wrong-mac', 'error'],
    ['fdb-learned-only', 'fdb-learned-only', 'warning'],
    ['trace/fdb-wrong-vtep', 'fdb-wrong-vtep', 'error'],
  ] as const) {
    const finding = `${code} ${severity} node1 web2`;
    it(`finds ${code} by one host, and with both it is the first`, () => {
      assert.deepEqual(named(examineRecorded(`${recording}/node1`).findings), [finding]);
      const both = examineRecorded(`${recording}/node1`, `${recording}/node2`);
      const [first] = foldFindings(rows(both.findings));
      assert.deepEqual(first && named([first]), [finding]);
    });
  }

  it("calls rows that nobody claims 'fdb-stale' only where that is proven", () => {
    assert.deepEqual(named(examineRecorded('stale/node1').findings), [
      'fdb-stale warning node1 02:42:0a:00:01:c9',
    ]);
    assert.deepEqual(named(examineRecorded('stale/node1', 'stale/node2').findings), [
      'fdb-stale warning node1 02:42:0a:00:01:c9',
      'fdb-stale warning node1 10.0.1.200',
    ]);
    const gap = examineRecorded('stale/node1').notChecked.find(
      ({checkName: check, reason: why, network}) =>
        check === 'fdb-rows' && network === 'uber-net' && /2 endpoints/.test(why),
    );
    assert.match(gap?.reason ?? '', /one of 2 addresses at this VTEP/);
  });

  it("tells the other direction of a wrong row: 'receiver-source-stale', by both hosts", () => {
    const recording = 'trace/receiver-row-stale';
    assert.deepEqual(named(examineRecorded(`${recording}/node2`).findings), [
      'fdb-wrong-vtep error node2 web1',
    ]);
    const {findings} = examineRecorded(`${recording}/node1`, `${recording}/node2`);
    assert.deepEqual(named(findings), [
      'fdb-wrong-vtep error node2 web1',
      'receiver-source-stale error node2 web1',
    ]);
    const [folded] = foldFindings(rows(findings));
    assert.deepEqual(
      folded?.folded.map(({because, finding}) => `${because} ${finding.code}`),
      ['follows receiver-source-stale'],
    );
    // A device that does not learn does not look where frames come from.
    assert.deepEqual(
      named(examineRecorded('trace/learning-off/node1', 'trace/learning-off/node2').findings),
      ['fdb-wrong-vtep error node2 web1'],
    );
  });

  it("sees frames that were dropped between two readings in the ages: 'silent-drop-observed'", () => {
    const snat = recordedEvidence('trace/router-snat/node2');
    const sandbox = overlayOf(snat, 'uber-net').file;
    /** The same host read again: the sender's row is so old then, and the bridge's has grown older. */
    const later = (evidence: HostEvidence, seconds: number, age: number) =>
      derived(evidence, (draft) => {
        const shift = (time: string) => new Date(Date.parse(time) + seconds * 1000).toISOString();
        draft.startedAt = shift(draft.startedAt);
        for (const section of draft.sections) section.at = shift(section.at);
        editTable(draft, sandbox, 'fdb', (all) =>
          all.map((row) => ({...row, updated: row.dst && row.updated < 60 ? age : row.updated + seconds})),
        );
        editTable(draft, sandbox, 'neigh', (all) =>
          all.map((row) => ({...row, updated: row.updated + seconds})),
        );
      });
    const flushed = derived(snat, (draft) =>
      editTable(draft, sandbox, 'fdb', (all) => all.filter(({master, state}) => !master || state !== '')),
    );
    for (const evidence of [snat, flushed]) {
      // One reading is no proof: what wrote a row by hand, or flushed the bridge, leaves the same ages.
      assert.deepEqual(named(examine(evidence).findings), []);
      assert.deepEqual(examine(evidence).undecided, ['fdb-rows']);
      assert.deepEqual(named(examine(evidence, later(evidence, 10, 1)).findings), [
        'silent-drop-observed error node2 web1',
      ]);
      assert.deepEqual(named(examine(evidence, later(evidence, 10, 20)).findings), []);
    }
    const [finding] = rows(examine(snat, later(snat, 10, 1)).findings);
    assert.equal(finding?.basis, 'sample');
    assert.match(finding?.evidence[0] ?? '', /self permanent/);
    assert.match(finding?.evidence[1] ?? '', /master br0/);
    assert.deepEqual(examine(node2).undecided, []);
  });

  it("finds 'fdb-points-home', an error for an endpoint that lives elsewhere", () => {
    const home = (mac: string) =>
      derived(node1, (draft) =>
        editTable(draft, file, 'fdb', (all) =>
          all.map((row) => (row.mac === mac && row.dst ? {...row, dst: '172.31.1.5'} : row)),
        ),
      );
    assert.deepEqual(named(examine(home(web2.mac)).findings), ['fdb-points-home error node1 web2']);
  });

  it("warns of remote rows for a local endpoint: 'fdb-local-as-remote'", () => {
    const stray = derived(node1, (draft) => {
      editTable(draft, file, 'fdb', (all) => [
        ...all,
        {mac: web1.mac, ifname: 'vxlan0', dst: '192.168.1.5', flags: ['self'], state: 'permanent'},
      ]);
      editTable(draft, file, 'neigh', (all) => [
        ...all,
        {dst: web1.ip, dev: 'vxlan0', lladdr: web1.mac, state: ['PERMANENT']},
      ]);
    });
    for (const hosts of [[stray], [stray, node2]])
      assert.deepEqual(named(examine(...hosts).findings), ['fdb-local-as-remote warning node1 web1']);
  });

  it("finds 'gossip-kernel-differs' where no row leads to a node that gossip lists", () => {
    const bare = derived(node1, (draft) => {
      editTable(draft, file, 'fdb', (all) => all.filter(({dst}) => dst === undefined));
      editTable(draft, file, 'neigh', () => []);
    });
    const [first] = foldFindings(rows(examine(bare).findings));
    assert.deepEqual(first && named([first]), ['gossip-kernel-differs error node1 192.168.1.5']);
    assert.deepEqual([...new Set(first?.folded.map(({finding}) => finding.code))], ['fdb-row-missing']);
    // A node may tunnel from another address than it advertises.
    const other = JSON.parse(
      JSON.stringify(node1).replaceAll('"IP":"192.168.1.5"', '"IP":"10.99.0.5"'),
    ) as HostEvidence;
    assert.deepEqual(named(examine(other).findings), []);
  });

  it("finds 'gossip-differs' where one host has not heard of what another runs", () => {
    const deaf = inspected(node1, (body) => withoutTask(body, web2.ip));
    // Its rows are there, so one host has nothing to go by but an address more than there should be.
    assert.deepEqual(named(examine(deaf).findings), []);
    assert.deepEqual(named(examine(deaf, node2).findings), ['gossip-differs error node1 endpoints of node2']);
    const blind = derived(deaf, (draft) => {
      editTable(draft, file, 'fdb', (all) => all.filter(({mac, dst}) => !(mac === web2.mac && dst)));
      editTable(draft, file, 'neigh', (all) => all.filter(({dst}) => dst !== web2.ip));
    });
    const [first] = foldFindings(rows(examine(blind, node2).findings));
    assert.deepEqual(first && named([first]), ['gossip-differs error node1 endpoints of node2']);
    assert.deepEqual(
      first?.folded.map(({finding}) => `${finding.code} ${finding.subject}`),
      ['fdb-row-missing web2'],
    );
  });

  it('misses nothing of a container that was started when a host had been read', () => {
    const before = derived(
      inspected(node1, (body) => withoutTask(body, web2.ip)),
      (draft) => {
        editTable(draft, file, 'fdb', (all) => all.filter(({mac, dst}) => !(mac === web2.mac && dst)));
        editTable(draft, file, 'neigh', (all) => all.filter(({dst}) => dst !== web2.ip));
      },
    );
    /** node2, read 20 s after node1, with web2 so many seconds younger than that reading of node1. */
    const after = (seconds: number) =>
      derived(node2, (draft) => {
        const {clock} = hostModel(node2);
        const ahead = clock ? clock.seconds * 1000 - Date.parse(clock.arrivedAt) : 0;
        const started = Date.parse(before.startedAt) + seconds * 1000 + ahead;
        draft.startedAt = new Date(Date.parse(before.startedAt) + 20_000).toISOString();
        editAnswers(draft, /^\/containers\/[0-9a-f]+\/json/, (body) => {
          if (body.Name === '/web2') body.State.StartedAt = new Date(started).toISOString();
        });
      });
    const young = examine(before, after(5));
    assert.deepEqual(named(young.findings), []);
    assert.ok(
      young.notChecked.some(
        ({host, reason: why}) => host === 'node1' && /web2: it was started on node2 when/.test(why),
      ),
    );
    const told = (severity: string) => [
      `fdb-row-missing ${severity} node1 web2`,
      `gossip-differs ${severity} node1 endpoints of node2`,
    ];
    assert.deepEqual(named(examine(before, after(-400)).findings), told('error'));
    // Gossip may take some minutes, and entries follow it.
    assert.deepEqual(named(examine(before, after(-60)).findings), told('info'));
    // What it has heard of it should have programmed.
    const deaf = derived(node1, (draft) =>
      editTable(draft, file, 'fdb', (all) => all.filter(({mac, dst}) => !(mac === web2.mac && dst))),
    );
    assert.deepEqual(named(examine(deaf, after(5)).findings), ['fdb-row-missing error node1 web2']);
  });

  it('folds rows under the gossip that has an endpoint on another node', () => {
    const elsewhere = derived(
      inspected(node1, (body) => {
        for (const task of body.Services[''].Tasks)
          if (task.Name === 'web2') task.Info['Host IP'] = '192.168.1.77';
      }),
      (draft) =>
        editTable(draft, file, 'fdb', (all) =>
          all.map((row) => (row.mac === web2.mac && row.dst ? {...row, dst: '192.168.1.77'} : row)),
        ),
    );
    const [first, ...more] = foldFindings(rows(examine(elsewhere, node2).findings));
    assert.deepEqual(more, []);
    assert.deepEqual(first && named([first]), ['gossip-differs error node1 endpoints of node2 elsewhere']);
    assert.deepEqual(
      first?.folded.map(({finding}) => finding.code),
      ['fdb-wrong-vtep', 'receiver-source-stale'],
    );
    assert.match(first?.evidence.join('\n') ?? '', /node1: .*web2 .* on 192\.168\.1\.77/);
  });

  it('does not miss in gossip what its own host has not announced yet', () => {
    const [early, unheard] = [
      inspected(node2, (body) => withoutTask(body, web2.ip)),
      inspected(node1, (body) => withoutTask(body, web2.ip)),
    ];
    assert.deepEqual(named(examine(unheard, early).findings), []);
  });

  it('warns of endpoints that gossip still has and their host has not', () => {
    const gone = inspected(node2, (body) => {
      withoutTask(body, web2.ip);
      for (const [key, {Name}] of Object.entries<Raw>(body.Containers))
        if (Name === 'web2') delete body.Containers[key];
    });
    assert.deepEqual(named(examine(node1, gone).findings), [
      `fdb-stale warning node1 ${web2.ip}`,
      'gossip-differs warning node1 endpoints of node2 that are gone',
    ]);
  });

  it("finds 'hosts-disagree' about an endpoint of a node that was not read", () => {
    // Derived: it takes three nodes. Both hosts' gossip agrees with their own rows.
    const at = (evidence: HostEvidence, vtep: string) =>
      derived(
        inspected(evidence, (body) => {
          body.Services[''].Tasks.push({
            Name: 'far',
            EndpointID: 'far',
            EndpointIP: '10.0.1.77',
            Info: {'Host IP': vtep},
          });
          body.Peers.push({Name: 'p', IP: vtep});
        }),
        (draft) => {
          const mac = '02:42:0a:00:01:4d';
          editTable(draft, file, 'fdb', (all) => [
            ...all,
            {mac, ifname: 'vxlan0', dst: vtep, flags: ['self'], state: 'permanent'},
          ]);
          editTable(draft, file, 'neigh', (all) => [
            ...all,
            {dst: '10.0.1.77', dev: 'vxlan0', lladdr: mac, state: ['PERMANENT']},
          ]);
        },
      );
    const [one, two] = [at(node1, '192.168.1.77'), at(node2, '192.168.1.78')];
    assert.deepEqual(named(examine(one).findings), []);
    const [finding, ...more] = rows(examine(one, two).findings);
    assert.deepEqual(more, []);
    assert.equal(finding?.code, 'hosts-disagree');
    assert.equal(finding?.host, null);
    assert.match(finding?.evidence.join('\n') ?? '', /node1: entries of 10\.0\.1\.77 to 192\.168\.1\.77/);
    assert.match(finding?.evidence.join('\n') ?? '', /node2: entries of 10\.0\.1\.77 to 192\.168\.1\.78/);
  });

  it('lets another host contradict what one of them shows', () => {
    // By node1's own gossip and rows all is well; node2 has no such endpoint.
    const gone = inspected(node2, (body) => {
      for (const [key, {Name}] of Object.entries<Raw>(body.Containers))
        if (Name === 'web2') delete body.Containers[key];
    });
    assert.deepEqual(named(examine(node1).findings), []);
    assert.deepEqual(named(examine(node1, gone).findings), ['fdb-stale warning node1 web2']);
    // By node1's gossip web2 is its own; node2's engine runs it, and the rows are right.
    const moved = inspected(node1, (body) => {
      for (const task of body.Services[''].Tasks)
        if (task.Name === 'web2') task.Info['Host IP'] = '172.31.1.5';
    });
    assert.deepEqual(named(examine(moved, node2).findings), [
      'gossip-differs warning node1 endpoints of node2 elsewhere',
    ]);
  });

  it('leaves hosts of another moment out, and says so', () => {
    const gone = inspected(node2, (body) => {
      for (const [key, {Name}] of Object.entries<Raw>(body.Containers))
        if (Name === 'web2') delete body.Containers[key];
    });
    const late = derived(gone, (draft) => {
      draft.startedAt = new Date(Date.parse(node1.startedAt) + 300_000).toISOString();
    });
    const {findings, notChecked} = examine(node1, late);
    assert.deepEqual(named(findings), []);
    assert.ok(notChecked.some(({reason: why}) => /more than 60 s apart/.test(why)));
  });

  it('is silent of what is not known, and says so', () => {
    const silent = inspected(node1, (body) => {
      delete body.Services;
    });
    dropAnswers(silent, /^\/(tasks|services|nodes)/);
    assert.deepEqual(named(examine(silent).findings), []);
    const why = examine(silent).notChecked.flatMap((gap) =>
      gap.checkName === 'fdb-rows' ? [gap.reason] : [],
    );
    assert.ok(
      why.some((text) => /only gossip explains/.test(text)),
      why.join('\n'),
    );
    const blind = derived(node1, (draft) => {
      sectionOf(draft, file, 'fdb').status = 255;
    });
    assert.deepEqual(named(examine(blind).findings), []);
    assert.ok(examine(blind).notChecked.some(({reason: text}) => /FDB was not read/.test(text)));
    const engineless = derived(node1, (draft) => {
      draft.docker.answers = [];
      draft.docker.failure = 'it hangs';
    });
    assert.deepEqual(named(examine(engineless, node2).findings), []);
  });

  it('judges a host whose engine is silent by what the others say of it', () => {
    const engineless = derived(recordedEvidence('trace/fdb-missing/node1'), (draft) => {
      draft.docker.answers = [];
      draft.docker.failure = 'it hangs';
    });
    assert.deepEqual(named(examine(engineless).findings), []);
    assert.deepEqual(named(examine(engineless, recordedEvidence('trace/fdb-missing/node2')).findings), [
      'fdb-row-missing error node1 web2',
    ]);
  });

  it('tells how long a learned row has left', () => {
    const [finding] = rows(examineRecorded('fdb-learned-only/node1').findings);
    assert.match(finding?.cause ?? '', /ages out (2\d\d|300) s after it was read .*\(300 s idle\)/);
  });

  it('sums up each network', () => {
    const uber = (...evidence: HostEvidence[]) =>
      examine(...evidence).networks.find(({network}) => network === 'uber-net');
    assert.deepEqual(uber(node1, node2), {
      network: 'uber-net',
      networkId: id,
      hostCount: 2,
      endpointCount: 7,
      checked: 7,
      healthy: 7,
      unknown: 0,
    });
    // Nobody has looked at the rows of the three that live on the only host.
    assert.deepEqual(uber(node1), {
      network: 'uber-net',
      networkId: id,
      hostCount: 1,
      endpointCount: 7,
      checked: 4,
      healthy: 4,
      unknown: 3,
    });
    const missing = examineRecorded('trace/fdb-missing/node1', 'trace/fdb-missing/node2').networks.find(
      ({network}) => network === 'uber-net',
    );
    assert.equal(missing?.healthy, 6);
    const down = examineRecorded(
      'trace/container-link-down-sender/node1',
      'trace/container-link-down-sender/node2',
    );
    assert.equal(down.networks.find(({network}) => network === 'uber-net')?.healthy, 6);
  });

  it('names the hosts of a network that were not read', () => {
    const gap = examine(node1).notChecked.find(
      ({checkName: check, network, reason: why}) =>
        check === 'fdb-rows' && network === 'uber-net' && /holds? of it/.test(why),
    );
    assert.match(gap?.reason ?? '', /node2|192\.168\.1\.5/);
    assert.ok(!examine(node1, node2).notChecked.some(({reason: why}) => /holds? of it/.test(why)));
  });

  it('says nothing false of faults that are too many to be kept, and how many they are', () => {
    const count = 900;
    const made = Array.from({length: count}, (_, index) => ({
      ip: `10.9.${index >> 8}.${index & 255}`,
      mac: `02:42:0a:09:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`,
    }));
    const gossiped = (body: Raw) => {
      for (const {ip} of made)
        body.Services.app.Tasks.push({
          Name: `app.${ip}.t`,
          EndpointID: ip,
          EndpointIP: ip,
          Info: {'Host IP': '192.168.1.5'},
        });
    };
    // Docker's rows of all of them lead to a node that nobody has; or the neighbour entries are gone.
    const wrong = derived(inspected(node1, gossiped), (draft) => {
      editTable(draft, file, 'fdb', (all) => [
        ...all,
        ...made.map(({mac}) => ({
          mac,
          ifname: 'vxlan0',
          dst: '192.168.1.77',
          flags: ['self'],
          state: 'permanent',
        })),
      ]);
      editTable(draft, file, 'neigh', (all) => [
        ...all,
        ...made
          .toReversed()
          .map(({mac, ip}) => ({dst: ip, dev: 'vxlan0', lladdr: mac, state: ['PERMANENT']})),
      ]);
    });
    const lonely = derived(wrong, (draft) =>
      editTable(draft, file, 'neigh', (all) => all.filter(({dst}) => !dst.startsWith('10.9.'))),
    );
    for (const [evidence, code] of [
      [wrong, 'fdb-wrong-vtep'],
      [lonely, 'neighbour-missing'],
    ] as const) {
      const alone = examine(evidence);
      const found = rows(alone.findings).filter(({network}) => network === 'uber-net');
      assert.deepEqual(
        [...new Set(found.map((one) => one.code))].filter((one) => one !== code),
        [],
      );
      assert.ok(alone.notChecked.some(({reason: why}) => /^\d+ more endpoints/.test(why)));
      // node2 runs none of them, so with it gossip is what is wrong.
      const both = rows(examine(evidence, node2).findings).filter(({host}) => host === 'node1');
      assert.deepEqual(
        [...new Set(both.map((one) => one.code))].filter((one) => one !== code && one !== 'gossip-differs'),
        [],
      );
    }
  });

  it('keeps little of a host with many rows', () => {
    const count = 6000;
    const big = derived(node1, (draft) => {
      const made = Array.from({length: count}, (_, index) => ({
        ip: `10.9.${index >> 8}.${index & 255}`,
        mac: `02:42:0a:09:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`,
        vtep: `192.168.${2 + (index >> 12)}.${(index >> 5) & 127}`,
      }));
      editTable(draft, file, 'fdb', (all) => [
        ...all,
        ...made.map(({mac, vtep}) => ({
          mac,
          ifname: 'vxlan0',
          dst: vtep,
          flags: ['self'],
          state: 'permanent',
        })),
      ]);
      editTable(draft, file, 'neigh', (all) => [
        ...all,
        ...made.map(({mac, ip}) => ({dst: ip, dev: 'vxlan0', lladdr: mac, state: ['PERMANENT']})),
      ]);
      editAnswers(draft, verbose, (body) => {
        if (body.Id !== id) return;
        for (const {ip, vtep} of made) {
          const name = `app.${ip.replaceAll('.', '')}.abcdefghijklmnopqrstuvwxy`;
          body.Services.app.Tasks.push({Name: name, EndpointID: ip, EndpointIP: ip, Info: {'Host IP': vtep}});
        }
      });
    });
    const report = {found: () => {}, notChecked: () => {}, lookAgain: () => {}, health: () => {}};
    const digest = fdbRows.perHost?.(knownHost(hostModel(big)), report);
    assert.ok(serialize(digest).length < 100_000, `${serialize(digest).length} bytes`);
    assert.deepEqual(named(examine(big).findings), []);
  });
});
