import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {sortReadings} from '../../src/hosts/readings.js';
import {hostModel} from '../../src/model/host.js';
import type {FdbEntry} from '../../src/rows/entry.js';
import {fdbEntries} from '../../src/rows/fdb.js';
import {rawFdb} from '../../src/rows/fdb-raw.js';
import {settle} from '../../src/rows/settle.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {
  derived,
  dropAnswers,
  dropSections,
  editAnswers,
  editTable,
  overlayOf,
  type Raw,
  recordedEvidence,
  sectionOf,
} from '../support/evidence.js';

function entries(...evidence: HostEvidence[]): FdbEntry[] {
  return fdbEntries(evidence.map(hostModel), overlayOf(recordedEvidence('node1'), 'uber-net').id);
}

/** The entries that are neither ok nor local: what a reader would look at. */
function odd(rows: FdbEntry[]): string[] {
  return rows
    .filter(({status}) => status !== 'ok' && status !== 'local')
    .map(({host, address: ip, mac, endpoint, status}) => `${host} ${ip ?? mac} ${endpoint.name} ${status}`)
    .sort();
}

/** web2's address and MAC by its own engine. */
function web2(): {ip: string; mac: string} {
  for (const {path, body} of recordedEvidence('node2').docker.answers) {
    if (!path.startsWith('/containers/') || (body as Raw).Name !== '/web2') continue;
    const {IPAddress, MacAddress} = (body as Raw).NetworkSettings.Networks['uber-net'];
    return {ip: IPAddress, mac: MacAddress};
  }
  throw new Error('web2 is not in the recording');
}

const {ip, mac} = web2();
const find = (rows: FdbEntry[], address = ip) =>
  rows.find((row) => row.host === 'node1' && row.address === address);

describe('what a sandbox holds about each endpoint', () => {
  it('is whole on the healthy swarm, seen from one host or two', () => {
    for (const hosts of [['node1'], ['node2'], ['node1', 'node2']]) {
      const rows = entries(...hosts.map(recordedEvidence));
      assert.deepEqual(odd(rows), []);
      // Two web, two app, one site and two load balancers.
      assert.equal(rows.length, 7 * hosts.length);
      assert.equal(rows.filter(({endpoint}) => endpoint.kind === 'load-balancer').length, 2 * hosts.length);
    }
  });

  it('tells of web2 all that the sources tell', () => {
    const row = find(entries(recordedEvidence('node1')));
    assert.deepEqual(
      {...row, usedSeconds: null, updatedSeconds: null, reason: ''},
      {
        host: 'node1',
        netns: overlayOf(recordedEvidence('node1'), 'uber-net').file,
        vni: 4097,
        mac,
        address: ip,
        vtep: '192.168.1.5',
        node: 'node2',
        endpoint: {kind: 'container', name: 'web2', id: null},
        self: 'permanent',
        master: 'vxlan0',
        neighbour: 'PERMANENT',
        usedSeconds: null,
        updatedSeconds: null,
        status: 'ok',
        reason: '',
      },
    );
  });

  for (const status of [
    'fdb-row-missing',
    'neighbour-missing',
    'fdb-wrong-vtep',
    'fdb-learned-only',
  ] as const) {
    it(`is ${status} where that was done to web2's rows, and nothing else is`, () => {
      for (const hosts of [[`${status}/node1`], [`${status}/node1`, `${status}/node2`]]) {
        assert.deepEqual(odd(entries(...hosts.map(recordedEvidence))), [`node1 ${ip} web2 ${status}`]);
      }
    });
  }

  it('needs the other host to call a consistent pair of rows stale, but not a lonely row', () => {
    const one = entries(recordedEvidence('stale/node1'));
    const balancer = entries(recordedEvidence('node1')).find(
      ({endpoint, status}) => endpoint.kind === 'load-balancer' && status === 'ok',
    );
    assert.deepEqual(
      odd(one),
      [
        'node1 02:42:0a:00:01:c9 null fdb-stale',
        `node1 ${balancer?.address} null unknown`,
        'node1 10.0.1.200 null unknown',
      ].sort(),
    );
    const two = entries(recordedEvidence('stale/node1'), recordedEvidence('stale/node2'));
    assert.deepEqual(odd(two), ['node1 02:42:0a:00:01:c9 null fdb-stale', 'node1 10.0.1.200 null fdb-stale']);
    assert.match(find(two, '10.0.1.200')?.reason ?? '', /node2, whose Docker engine has no such endpoint/);
  });

  it('has no row left of web2 when vxlan0 and its rows are gone', () => {
    const {file} = overlayOf(recordedEvidence('node1'), 'uber-net');
    const bare = derived(recordedEvidence('node1'), (draft) => {
      editTable(draft, file, 'fdb', (rows) => rows.filter((row) => row.dst === undefined));
      editTable(draft, file, 'neigh', () => []);
    });
    const remote = entries(bare).filter(({status}) => status !== 'local');
    assert.deepEqual(
      remote.map(({status}) => status),
      remote.map(() => 'fdb-row-missing'),
    );
    assert.match(find(remote)?.reason ?? '', /no FDB entry and no neighbour entry/);
    const noDevice = derived(bare, (draft) =>
      editTable(draft, file, 'addr', (rows) => rows.filter((row) => row.ifname !== 'vxlan0')),
    );
    assert.equal(find(entries(noDevice))?.status, 'fdb-row-missing');
  });
});

describe('what is not known', () => {
  const {file} = overlayOf(recordedEvidence('node1'), 'uber-net');

  it('is unknown, not missing, where a table could not be read', () => {
    for (const table of ['fdb', 'neigh']) {
      const unread = derived(recordedEvidence('node1'), (draft) => {
        sectionOf(draft, file, table).status = 255;
      });
      const rows = entries(unread).filter(({status}) => status !== 'local');
      assert.ok(rows.length > 0);
      assert.deepEqual(
        rows.map(({status}) => status),
        rows.map(() => 'unknown'),
        table,
      );
    }
    const closed = derived(recordedEvidence('node1'), (draft) =>
      dropSections(draft, ({netns}) => netns === file),
    );
    assert.equal(find(entries(closed))?.status, 'unknown');
  });

  it('is unknown where gossip was not read, for rows that nobody else names', () => {
    const silent = derived(recordedEvidence('node1'), (draft) => {
      editAnswers(draft, /^\/networks\/.*verbose/, (body) => {
        delete body.Services;
      });
      dropAnswers(draft, /^\/(tasks|services|nodes)/);
    });
    const row = find(entries(silent));
    assert.equal(row?.status, 'unknown');
    assert.match(row?.reason ?? '', /gossip was not read/);
    // The manager's tasks still name what they can.
    const managed = derived(recordedEvidence('node1'), (draft) =>
      editAnswers(draft, /^\/networks\/.*verbose/, (body) => {
        delete body.Services;
      }),
    );
    const app = entries(managed).find(({endpoint}) => endpoint.name?.startsWith('app.1.'));
    assert.equal(app?.status, 'ok');
    assert.match(app?.reason ?? '', /the manager/);
  });

  it('expects no rows of a task whose host gossip does not tell yet', () => {
    const early = derived(recordedEvidence('node1'), (draft) => {
      editAnswers(draft, /^\/networks\/.*verbose/, (body) => {
        body.Services ??= {};
        body.Services[''] ??= {Tasks: []};
        if (body.Name === 'uber-net') {
          body.Services[''].Tasks.push({Name: 'late', EndpointID: 'e', EndpointIP: '10.0.1.77', Info: null});
        }
      });
    });
    assert.equal(find(entries(early), '10.0.1.77')?.status, 'unknown');
    const told = derived(early, (draft) =>
      editAnswers(draft, /^\/networks\/.*verbose/, (body) => {
        for (const task of body.Services[''].Tasks)
          if (task.Name === 'late') task.Info = {'Host IP': '192.168.1.5'};
      }),
    );
    assert.equal(find(entries(told), '10.0.1.77')?.status, 'fdb-row-missing');
  });

  it('leaves a lonely row with a MAC that a user may have given to an endpoint without rows', () => {
    const given = '02:de:ad:be:ef:01';
    const change = (to: string) =>
      derived(recordedEvidence('node1'), (draft) => {
        editTable(draft, file, 'neigh', (rows) => rows.filter(({dst}) => dst !== ip));
        editTable(draft, file, 'fdb', (rows) =>
          rows.map((row) => (row.mac === mac && row.dst ? {...row, mac: to} : row)),
        );
      });
    const row = entries(change(given)).find((one) => one.mac === given);
    assert.equal(row?.status, 'unknown');
    assert.match(row?.reason ?? '', /web2/);
    // One in Docker's own form is of an address, and that address is nobody's.
    assert.equal(
      entries(change('02:42:0a:00:01:fe')).find((one) => one.mac === '02:42:0a:00:01:fe')?.status,
      'fdb-stale',
    );
  });
});

describe('a pair of rows that no source names', () => {
  const {file} = overlayOf(recordedEvidence('node1'), 'uber-net');
  const withPairs = (vtep: string, ...hosts: number[]) =>
    derived(recordedEvidence('node1'), (draft) => {
      for (const last of hosts) {
        const lladdr = `02:42:0a:00:01:${last.toString(16)}`;
        editTable(draft, file, 'neigh', (rows) => [
          ...rows,
          {dst: `10.0.1.${last}`, dev: 'vxlan0', lladdr, state: ['PERMANENT']},
        ]);
        editTable(draft, file, 'fdb', (rows) => [
          ...rows,
          {mac: lladdr, ifname: 'vxlan0', dst: vtep, flags: ['self'], state: 'permanent'},
        ]);
      }
    });

  it('is presumed a load balancer, but only one behind each VTEP', () => {
    const healthy = entries(recordedEvidence('node1')).filter(
      ({endpoint, status}) => endpoint.kind === 'load-balancer' && status === 'ok',
    );
    assert.deepEqual(
      healthy.map(({vtep}) => vtep),
      ['192.168.1.5'],
    );
    assert.match(healthy[0]?.reason ?? '', /^presumably the load balancer/);
    const two = entries(withPairs('192.168.1.5', 200)).filter(({status}) => status === 'unknown');
    assert.deepEqual(two.map((row) => row.address).sort(), [healthy[0]?.address, '10.0.1.200'].sort());
    assert.match(two[0]?.reason ?? '', /^one of 2 addresses/);
  });

  it('is stale towards a VTEP that no node has, and towards this very host', () => {
    assert.equal(find(entries(withPairs('203.0.113.9', 200)), '10.0.1.200')?.status, 'fdb-stale');
    const own = find(entries(withPairs('172.31.1.5', 200)), '10.0.1.200');
    assert.equal(own?.status, 'fdb-stale');
    assert.match(own?.reason ?? '', /points to this host/);
  });

  it('is confirmed by the engine that runs it', () => {
    const rows = entries(recordedEvidence('node1'), recordedEvidence('node2'));
    const balancer = rows.find(
      ({host, endpoint, status}) => host === 'node1' && endpoint.kind === 'load-balancer' && status === 'ok',
    );
    assert.match(balancer?.reason ?? '', /node2's Docker engine/);
  });
});

describe('a neighbour entry with a MAC that the endpoint does not have', () => {
  const folder = 'trace/neighbour-wrong-mac';
  const uber = overlayOf(recordedEvidence(`${folder}/node1`), 'uber-net').id;

  it('is one fault, by one host as by both: the row of the right MAC is part of it', () => {
    for (const names of [['node1'], ['node1', 'node2']]) {
      const hosts = names.map((name) => hostModel(recordedEvidence(`${folder}/${name}`)));
      const rows = fdbEntries(hosts, uber).filter(({host}) => host === 'node1');
      assert.deepEqual(
        rows.filter(({status}) => status !== 'ok' && status !== 'local').map(({status}) => status),
        ['neighbour-wrong-mac'],
      );
      const row = rows.find(({status}) => status === 'neighbour-wrong-mac');
      assert.equal(row?.mac, '02:42:de:ad:00:01');
      assert.match(row?.reason ?? '', /02:42:0a:00:01:/);
    }
  });
});

describe('two hosts that contradict each other', () => {
  it('believe the engine that runs the endpoint', () => {
    const moved = derived(recordedEvidence('node1'), (draft) =>
      editAnswers(draft, /^\/networks\/.*verbose/, (body) => {
        for (const task of body.Services?.['']?.Tasks ?? []) {
          if (task.Name === 'web2') task.Info['Host IP'] = '172.31.1.5';
        }
      }),
    );
    // By its gossip alone web2 would be node1's own; node2's engine says otherwise.
    assert.equal(find(entries(moved, recordedEvidence('node2')))?.status, 'ok');
    assert.notEqual(find(entries(moved))?.status, 'ok');
  });

  it('tell of a MAC that is not the one its engine gave', () => {
    const other = derived(recordedEvidence('node2'), (draft) =>
      editAnswers(draft, /^\/networks\/.*verbose/, (body) => {
        for (const endpoint of Object.values<Raw>(body.Containers)) {
          if (endpoint.Name === 'web2') endpoint.MacAddress = '02:de:ad:be:ef:02';
        }
      }),
    );
    const row = find(entries(recordedEvidence('node1'), other));
    assert.equal(row?.status, 'neighbour-wrong-mac');
    assert.match(row?.reason ?? '', /02:de:ad:be:ef:02 according to node2's Docker engine/);
  });

  it('make a container that is gone there a stale row here', () => {
    const gone = derived(recordedEvidence('node2'), (draft) => {
      editAnswers(draft, /^\/networks\/.*verbose/, (body) => {
        for (const [id, endpoint] of Object.entries<Raw>(body.Containers)) {
          if (endpoint.Name === 'web2') delete body.Containers[id];
        }
        const plain = body.Services?.[''];
        if (plain) plain.Tasks = plain.Tasks.filter(({Name}: Raw) => Name !== 'web2');
      });
    });
    const forgotten = derived(recordedEvidence('node1'), (draft) =>
      editAnswers(draft, /^\/networks\/.*verbose/, (body) => {
        const plain = body.Services?.[''];
        if (plain) plain.Tasks = plain.Tasks.filter(({Name}: Raw) => Name !== 'web2');
      }),
    );
    assert.equal(find(entries(forgotten, gone))?.status, 'fdb-stale');
  });
});

describe('rows of endpoints that live here', () => {
  it('are stale when they name one as remote', () => {
    const evidence = recordedEvidence('node1');
    const {file} = overlayOf(evidence, 'uber-net');
    const own = entries(evidence).find(({endpoint}) => endpoint.name === 'web1');
    assert.equal(own?.status, 'local');
    const remote = derived(evidence, (draft) => {
      editTable(draft, file, 'fdb', (rows) => [
        ...rows,
        {mac: own.mac, ifname: 'vxlan0', dst: '192.168.1.5', flags: ['self'], state: 'permanent'},
      ]);
      editTable(draft, file, 'neigh', (rows) => [
        ...rows,
        {dst: own.address, dev: 'vxlan0', lladdr: own.mac, state: ['PERMANENT']},
      ]);
    });
    const rows = entries(remote).filter((row) => row.address === own.address);
    assert.deepEqual(rows.map(({status}) => status).sort(), ['fdb-local-as-remote', 'local']);
  });
});

describe('a neighbour entry that is NOARP', () => {
  const of = (mac: (entry: {lladdr: string}) => string) => {
    const {file, id} = overlayOf(recordedEvidence('node1'), 'uber-net');
    const host = derived(recordedEvidence('node1'), (draft) =>
      editTable(draft, file, 'neigh', (rows) =>
        rows.map((row) =>
          row.state.includes('PERMANENT') ? {...row, state: ['NOARP'], lladdr: mac(row)} : row,
        ),
      ),
    );
    return fdbEntries([host, recordedEvidence('node2')].map(hostModel), id)
      .filter(({host: name}) => name === 'node1')
      .map(({status}) => status);
  };

  it("answers ARP as a permanent one does, unless it is the kernel's own for multicast", () => {
    assert.ok(!of(({lladdr}) => lladdr).includes('neighbour-missing'));
    assert.ok(of(() => '01:00:5e:00:00:16').includes('neighbour-missing'));
  });
});

describe('two readings', () => {
  const model = (name: string) => hostModel(recordedEvidence(name));
  const {id} = overlayOf(recordedEvidence('transient/node1-first'), 'uber-net');

  it('make what only the second shows transient', () => {
    const {hosts, before} = sortReadings([model('transient/node1-second'), model('transient/node1-first')]);
    assert.equal(hosts.length, 1);
    assert.ok(before);
    const settled = settle(fdbEntries(hosts, id), fdbEntries(before, id));
    assert.deepEqual(odd(settled), [`node1 ${ip} web2 transient`]);
    assert.match(
      settled.find(({status}) => status === 'transient')?.reason ?? '',
      /^fdb-row-missing in the last reading only/,
    );
  });

  it('confirm what both show', () => {
    const rows = fdbEntries([model('transient/node1-second')], id);
    assert.deepEqual(odd(settle(rows, rows)), [`node1 ${ip} web2 fdb-row-missing`]);
  });

  it('leave alone what is no fault', () => {
    const rows = fdbEntries([model('node1')], overlayOf(recordedEvidence('node1'), 'uber-net').id);
    assert.deepEqual(settle(rows, []), rows);
  });
});

describe('a network with two sandboxes, one left by an earlier epoch', () => {
  it('has the rows of each, by the file they are in', () => {
    const {id, file} = overlayOf(recordedEvidence('node1'), 'uber-net');
    const second = `2-${id.slice(0, 10)}`;
    const two = derived(recordedEvidence('node1'), (draft) => {
      const listing = sectionOf(draft, undefined, 'files');
      const line = listing.output.split('\n').find((row) => row.endsWith(`/${file}`)) ?? '';
      const [device, , ...rest] = line.replace(file, second).split(' ');
      listing.output += `${[device, '4026999999', ...rest].join(' ')}\n`;
      for (const section of draft.sections.filter(({netns}) => netns === file))
        draft.sections.push({...section, netns: second});
      editTable(draft, second, 'fdb', (rows) => rows.filter((row) => row.mac !== mac));
    });
    const rows = entries(two).filter((row) => row.address === ip);
    assert.deepEqual(rows.map(({netns, status}) => [netns, status]).sort(), [
      [file, 'ok'],
      [second, 'fdb-row-missing'],
    ]);
  });
});

describe("the kernel's own rows", () => {
  it('are all there, each with what it means', () => {
    const evidence = recordedEvidence('node1');
    const {id, file} = overlayOf(evidence, 'uber-net');
    const hosts = [hostModel(evidence)];
    const rows = rawFdb(hosts, id, fdbEntries(hosts, id));
    const printed = JSON.parse(sectionOf(evidence, file, 'fdb').output) as Raw[];
    assert.deepEqual(
      rows.map(({mac, device: dev}) => [mac, dev]),
      printed.map((row) => [row.mac, row.ifname]),
    );
    const note = (want: (row: (typeof rows)[number]) => boolean) => rows.find(want)?.note ?? '';
    assert.equal(
      note((row) => row.mac === mac && row.plane === 'self'),
      'programmed: frames for web2 go to VTEP 192.168.1.5 (node2)',
    );
    assert.equal(
      note((row) => row.mac === mac && row.plane === 'master'),
      'bridge learned web2 on vxlan0',
    );
    assert.match(
      note((row) => row.plane === 'master' && row.state === 'permanent'),
      /^own MAC of /,
    );
    assert.match(
      note((row) => row.mac.startsWith('33:33')),
      /multicast/,
    );
  });
});
