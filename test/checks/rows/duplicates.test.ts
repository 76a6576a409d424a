import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Finding} from '../../../src/findings/finding.js';
import {
  derived,
  editAnswers,
  editTable,
  overlayOf,
  type Raw,
  recordedEvidence,
} from '../../support/evidence.js';
import {examine} from '../support.js';

const node1 = recordedEvidence('node1');
const node2 = recordedEvidence('node2');
const {file} = overlayOf(node1, 'uber-net');
const verbose = /^\/networks\/.*verbose/;
const own = (findings: Finding[]) => findings.filter(({code}) => code.startsWith('duplicate-'));

const inspected = node2.docker.answers.find(
  ({path, body}) => verbose.test(path) && (body as Raw).Name === 'uber-net',
)?.body as Raw;
const web2 = Object.values<Raw>(inspected.Containers).find(({Name}) => Name === 'web2');
const ip = (web2.IPv4Address as string).split('/')[0] as string;

const web1 = (() => {
  const answer = node1.docker.answers.find(({body}) => (body as Raw)?.Name === '/web1')?.body as Raw;
  return {
    file: answer.NetworkSettings.SandboxKey.split('/').at(-1) as string,
    mac: answer.NetworkSettings.Networks['uber-net'].MacAddress as string,
  };
})();

describe('duplicates', () => {
  it("finds 'duplicate-address' where an interface took the address of another endpoint", () => {
    const taken = derived(node1, (draft) =>
      editTable(draft, web1.file, 'addr', (rows) =>
        rows.map((row) =>
          row.address === web1.mac
            ? {...row, addr_info: [...row.addr_info, {family: 'inet', local: ip, prefixlen: 24}]}
            : row,
        ),
      ),
    );
    for (const hosts of [[taken], [taken, node2]]) {
      const [finding, ...more] = own(examine(...hosts).findings);
      assert.deepEqual(more, []);
      assert.equal(finding?.code, 'duplicate-address');
      assert.equal(finding?.subject, ip);
      assert.equal(finding?.severity, 'error');
      assert.match(finding?.cause ?? '', /eth0 of web1/);
      assert.match(finding?.cause ?? '', /web2/);
    }
  });

  it('calls two owners in gossip alone a warning', () => {
    const both = derived(node1, (draft) =>
      editAnswers(draft, verbose, (body) => {
        if (body.Name === 'uber-net')
          body.Services[''].Tasks.push({Name: 'ghost', EndpointID: 'ghost', EndpointIP: ip, Info: null});
      }),
    );
    const [finding] = own(examine(both).findings);
    assert.deepEqual([finding?.code, finding?.severity], ['duplicate-address', 'warning']);
    assert.match(finding?.evidence.join('\n') ?? '', /ghost/);
  });

  it('finds an endpoint at the VIP of a service', () => {
    const clash = derived(node1, (draft) =>
      editAnswers(draft, verbose, (body) => {
        if (body.Name === 'uber-net') body.Services.app.VIP = ip;
      }),
    );
    const [finding] = own(examine(clash).findings);
    assert.match(finding?.cause ?? '', /the VIP of app/);
  });

  it("finds 'duplicate-mac' by the engines of two hosts, and by one host's own rows", () => {
    const given = '02:de:ad:be:ef:01';
    const change = (evidence: typeof node1, name: string) =>
      derived(evidence, (draft) =>
        editAnswers(draft, verbose, (body) => {
          if (body.Name !== 'uber-net') return;
          for (const endpoint of Object.values<Raw>(body.Containers))
            if (endpoint.Name === name) endpoint.MacAddress = given;
        }),
      );
    const two = own(examine(change(node1, 'web1'), change(node2, 'web2')).findings);
    assert.deepEqual(
      two.map(({code, host, subject, basis}) => [code, host, subject, basis]),
      [['duplicate-mac', null, given, 'several-hosts']],
    );
    // The device has one entry for the MAC of both.
    const rows = derived(node1, (draft) => {
      editTable(draft, file, 'neigh', (all) =>
        all.map((row) => (row.state?.includes('PERMANENT') ? {...row, lladdr: given} : row)),
      );
      editTable(draft, file, 'fdb', (all) => {
        const [first] = all.filter(({dst}) => dst !== undefined);
        return [...all.filter(({dst}) => dst === undefined), {...first, mac: given}];
      });
    });
    const one = own(examine(rows).findings);
    assert.deepEqual(
      one.map(({code, host, subject, basis}) => [code, host, subject, basis]),
      [['duplicate-mac', 'node1', given, 'one-host']],
    );
    assert.match(
      one[0]?.evidence[0] ?? '',
      new RegExp(`${file}: 10\\.0\\.1\\.\\d+ dev vxlan0 lladdr ${given}`),
    );
  });

  it('says where gossip was not read', () => {
    const silent = derived(node1, (draft) =>
      editAnswers(draft, verbose, (body) => {
        delete body.Services;
      }),
    );
    assert.ok(examine(silent).notChecked.some(({checkName: check}) => check === 'duplicates'));
  });

  it('takes no neighbour entry for proof of a MAC: one that is wrong is that, and nothing else', () => {
    const {Containers: containers} = inspected as {Containers: Record<string, Raw>};
    const remote = Object.values(containers).find(({Name}) => /^app\./.test(Name))?.MacAddress as string;
    for (const mac of [remote, web1.mac]) {
      const wrong = derived(node1, (draft) =>
        editTable(draft, file, 'neigh', (rows) =>
          rows.map((row) =>
            row.dst === ip && row.state.includes('PERMANENT') ? {...row, lladdr: mac} : row,
          ),
        ),
      );
      for (const hosts of [[wrong], [wrong, node2]]) {
        const {findings} = examine(...hosts);
        assert.deepEqual(own(findings), [], mac);
        if (hosts.length > 1)
          assert.ok(
            findings.some(({code}) => code === 'neighbour-wrong-mac'),
            mac,
          );
      }
    }
  });
});
