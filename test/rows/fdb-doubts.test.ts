import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {hostModel} from '../../src/model/host.js';
import type {FdbEntry} from '../../src/rows/entry.js';
import {fdbEntries} from '../../src/rows/fdb.js';
import {rawFdb} from '../../src/rows/fdb-raw.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {knownHost} from '../../src/topology/known-host.js';
import {
  answerOf,
  derived,
  editAnswers,
  editTable,
  overlayOf,
  type Raw,
  recordedEvidence,
  sectionOf,
} from '../support/evidence.js';

const node1 = recordedEvidence('node1');
const node2 = recordedEvidence('node2');
const {id, file} = overlayOf(node1, 'uber-net');
const verbose = /^\/networks\/.*verbose/;

function entries(...evidence: HostEvidence[]): FdbEntry[] {
  return fdbEntries(evidence.map(hostModel), id);
}

const web2 = entries(node1, node2).find(
  ({host, endpoint}) => host === 'node1' && endpoint.name === 'web2',
) as FdbEntry & {ip: string; mac: string};

const onNode1 = (rows: FdbEntry[], ip = web2.address) =>
  rows.find((row) => row.host === 'node1' && row.address === ip);

/** Changes gossip's plain containers of uber-net as a host tells them. */
function gossip(draft: HostEvidence, change: (tasks: Raw[]) => Raw[]): void {
  editAnswers(draft, verbose, (body) => {
    if (body.Id === id) body.Services[''].Tasks = change(body.Services[''].Tasks);
  });
}

function addPair(draft: HostEvidence, last: number, vtep: string): void {
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

describe('a table of which something could not be read', () => {
  it('makes no endpoint missing', () => {
    const cut = derived(node1, (draft) => {
      const section = sectionOf(draft, file, 'fdb');
      section.output = section.output.slice(0, section.output.length / 2);
      section.truncated = true;
    });
    const odd = derived(node1, (draft) =>
      editTable(draft, file, 'fdb', (rows) =>
        rows.map((row) => (row.mac === web2.mac ? {...row, state: 'state=0x20'} : row)),
      ),
    );
    const oddNeighbour = derived(node1, (draft) =>
      editTable(draft, file, 'neigh', (rows) =>
        rows.map((row) => (row.dst === web2.address ? {...row, lladdr: 'odd'} : row)),
      ),
    );
    for (const evidence of [cut, odd, oddNeighbour]) {
      assert.deepEqual(
        entries(evidence).flatMap(({status}) => (/missing|stale/.test(status) ? [status] : [])),
        [],
      );
    }
    const row = (rows: FdbEntry[]) =>
      rows.find(({address: ip, mac}) => ip === web2.address || mac === web2.mac);
    assert.equal(row(entries(cut))?.status, 'unknown');
    assert.match(row(entries(odd))?.reason ?? '', /read in part only/);
    assert.equal(row(entries(oddNeighbour))?.status, 'unknown');
  });
});

describe('a load balancer, which gossip does not name', () => {
  const balancer = entries(node1).find(
    ({endpoint, status}) => endpoint.kind === 'load-balancer' && status === 'ok',
  );
  const lonely = derived(node1, (draft) =>
    editTable(draft, file, 'neigh', (rows) => rows.filter(({dst}) => dst !== balancer?.address)),
  );

  it('is not stale for want of its neighbour entry', () => {
    const row = entries(lonely).find(({mac}) => mac === balancer?.mac);
    assert.equal(row?.status, 'unknown');
    assert.match(row?.reason ?? '', /may be the load balancer of node2/);
    assert.equal(onNode1(entries(lonely, node2), balancer?.address ?? '')?.status, 'neighbour-missing');
  });

  it('is not presumed where gossip names the one of that node', () => {
    const ingress = overlayOf(node1, 'ingress');
    const extra = derived(node1, (draft) => {
      const lladdr = '02:42:0a:00:00:c8';
      editTable(draft, ingress.file, 'neigh', (rows) => [
        ...rows,
        {dst: '10.0.0.200', dev: 'vxlan0', lladdr, state: ['PERMANENT']},
      ]);
      editTable(draft, ingress.file, 'fdb', (rows) => [
        ...rows,
        {mac: lladdr, ifname: 'vxlan0', dst: '192.168.1.5', flags: ['self'], state: 'permanent'},
      ]);
    });
    const rows = fdbEntries([hostModel(extra)], ingress.id);
    assert.equal(rows.find(({address: ip}) => ip === '10.0.0.200')?.status, 'fdb-stale');
  });
});

describe('gossip that is not the whole truth', () => {
  it('is no proof against rows when it names two owners of one address', () => {
    const both = derived(node1, (draft) =>
      gossip(draft, (tasks) => [
        {...tasks.find(({Name}) => Name === 'web2'), Name: 'web2-old', Info: {'Host IP': '192.168.1.77'}},
        ...tasks,
      ]),
    );
    assert.equal(onNode1(entries(both))?.status, 'unknown');
    // The engine that runs it decides.
    assert.equal(onNode1(entries(both, node2))?.status, 'ok');
  });

  it('does not make rows right that the engine of that node has no endpoint for', () => {
    const gone = derived(node2, (draft) =>
      editAnswers(draft, verbose, (body) => {
        for (const [key, endpoint] of Object.entries<Raw>(body.Containers))
          if (endpoint.Name === 'web2') delete body.Containers[key];
      }),
    );
    const row = onNode1(entries(node1, gone));
    assert.equal(row?.status, 'fdb-stale');
    assert.match(row?.reason ?? '', /gossip has it on node2, whose own Docker engine has no such endpoint/);
    const without = derived(node1, (draft) => {
      editTable(draft, file, 'neigh', (rows) => rows.filter(({dst}) => dst !== web2.address));
      editTable(draft, file, 'fdb', (rows) => rows.filter(({mac}) => mac !== web2.mac));
    });
    assert.equal(onNode1(entries(without, gone))?.status, 'unknown');
  });

  it('does not make an endpoint local that the own engine has not', () => {
    const ghost = derived(node1, (draft) =>
      gossip(draft, (tasks) => [
        ...tasks,
        {Name: 'ghost', EndpointID: 'e1', EndpointIP: '10.0.1.99', Info: {'Host IP': '172.31.1.5'}},
      ]),
    );
    const row = onNode1(entries(ghost), '10.0.1.99');
    assert.equal(row?.status, 'unknown');
    assert.match(row?.reason ?? '', /gossip has it on node1, whose own Docker engine has no such endpoint/);
  });

  it('leaves open whose a VTEP is while it lists nodes without telling theirs', () => {
    const third = derived(node1, (draft) => {
      addPair(draft, 200, '10.99.0.3');
      editAnswers(draft, verbose, (body) => {
        if (body.Id === id) body.Peers = [...body.Peers, {Name: 'abcdef012345', IP: '192.168.1.9'}];
      });
    });
    assert.equal(onNode1(entries(third), '10.0.1.200')?.status, 'unknown');
  });
});

describe('the manager’s tasks', () => {
  const silent = derived(node1, (draft) =>
    editAnswers(draft, verbose, (body) => {
      delete body.Services;
    }),
  );

  it('of this very node are not missing where its engine did not list its endpoints', () => {
    const list = answerOf(node1, '/networks').body as Raw[];
    const listed = derived(silent, (draft) => {
      draft.docker.answers = draft.docker.answers.filter(({path}) => !path.startsWith(`/networks/${id}`));
      assert.ok(list.length > 0);
    });
    assert.deepEqual(
      entries(listed).filter(({status}) => status.startsWith('missing')),
      [],
    );
  });

  it('do not prove a VTEP that is not their node’s', () => {
    const astray = derived(silent, (draft) =>
      editTable(draft, file, 'fdb', (rows) =>
        rows.map((row) => (row.dst === '192.168.1.5' ? {...row, dst: '192.168.1.77'} : row)),
      ),
    );
    const app = (evidence: HostEvidence) =>
      entries(evidence).find(
        ({endpoint, status}) => endpoint.name?.startsWith('app.1.') && status !== 'local',
      );
    assert.equal(app(silent)?.status, 'ok');
    assert.equal(app(astray)?.status, 'unknown');
  });
});

describe('an endpoint without a sandbox', () => {
  it('is neither local nor missing', () => {
    const left = derived(node2, (draft) =>
      editAnswers(draft, verbose, (body) => {
        if (body.Id !== id) return;
        body.Containers['ep-0123'] = {
          Name: 'left',
          EndpointID: '0123',
          MacAddress: '',
          IPv4Address: '10.0.1.98/24',
        };
      }),
    );
    assert.deepEqual(
      entries(node1, left)
        .filter(({address: ip}) => ip === '10.0.1.98')
        .map(({status}) => status),
      ['unknown', 'unknown'],
    );
  });
});

describe('many rows without neighbours', () => {
  it('take time in proportion', () => {
    const count = 4000;
    const big = derived(node1, (draft) => {
      const made = Array.from({length: count}, (_, index) => ({
        mac: `02:42:0a:09:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`,
        ifname: 'vxlan0',
        dst: '192.168.1.5',
        flags: ['self'],
        state: 'permanent',
      }));
      editTable(draft, file, 'fdb', (rows) => [...rows, ...made]);
      gossip(draft, (tasks) => [
        ...tasks,
        ...made.map((_, index) => ({
          Name: `big${index}`,
          EndpointID: `e${index}`,
          EndpointIP: `10.0.${2 + (index >> 8)}.${index & 255}`,
          Info: {'Host IP': '192.168.1.5'},
        })),
      ]);
    });
    const model = hostModel(big);
    const start = performance.now();
    assert.ok(fdbEntries([model], id).length >= 2 * count);
    // In proportion it takes a tenth of a second, with the square of the rows half a minute.
    assert.ok(performance.now() - start < 10_000);
  });
});

describe("the kernel's own rows of one MAC with two destinations", () => {
  it('are not both given the node of the first', () => {
    const two = derived(node1, (draft) =>
      editTable(draft, file, 'fdb', (rows) => [
        ...rows,
        {mac: web2.mac, ifname: 'vxlan0', dst: '192.168.1.77', flags: ['self'], state: 'permanent'},
      ]),
    );
    const hosts = [hostModel(two)];
    const note = rawFdb(hosts, id, fdbEntries(hosts, id)).find(({vtep: dst}) => dst === '192.168.1.77')?.note;
    assert.equal(note, 'programmed: frames for web2 go to VTEP 192.168.1.77');
  });
});

describe('a sandbox file without a namespace', () => {
  it('is no sandbox of its network', () => {
    const plain = derived(node1, (draft) => {
      const listing = sectionOf(draft, undefined, 'files');
      const about = sectionOf(draft, undefined, 'about');
      const now = /^time=(\d+)$/m.exec(about.output)?.[1] ?? '';
      listing.output = listing.output
        .split('\n')
        .map((line) =>
          line.endsWith(`/${file}`) ? `1a 77 644 0 ${now} /var/run/docker/netns/${file}` : line,
        )
        .join('\n');
      draft.sections = draft.sections.filter(({netns}) => netns !== file);
    });
    const model = hostModel(plain);
    assert.equal(model.namespaces.find((namespace) => namespace.file === file)?.state, 'torn-down');
    assert.deepEqual(knownHost(model).sandboxesOf(id), []);
  });
});
