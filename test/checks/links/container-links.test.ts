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
  sectionOf,
} from '../../support/evidence.js';
import {examine, examineRecorded} from '../support.js';

const codes = [
  'endpoint-without-interface',
  'container-link-down',
  'container-address-missing',
  'container-mac-changed',
  'interface-without-endpoint',
];
const own = (findings: Finding[]) => findings.filter(({code}) => codes.includes(code));
const named = (findings: Finding[]) =>
  own(findings).map(({code, host, subject}) => `${code} ${host} ${subject}`);

const node1 = recordedEvidence('node1');
const {file} = overlayOf(node1, 'uber-net');
const uber = /^\/networks\/.*verbose/;

/** The file of web1's own namespace, and what the engine says of its endpoint. */
const web1 = (() => {
  const answer = node1.docker.answers.find(({body}) => (body as Raw)?.Name === '/web1')?.body as Raw;
  const {IPAddress, MacAddress} = answer.NetworkSettings.Networks['uber-net'];
  return {
    file: answer.NetworkSettings.SandboxKey.split('/').at(-1) as string,
    id: answer.Id as string,
    ip: IPAddress as string,
    mac: MacAddress as string,
  };
})();

describe('container-links', () => {
  for (const [recording, code] of [
    ['container-link-down', 'container-link-down'],
    ['address-gone', 'container-address-missing'],
    ['mac-changed', 'container-mac-changed'],
  ] as const) {
    it(`finds '${code}', with the container's name`, () => {
      for (const [side, host, name] of [
        ['sender', 'node1', 'web1'],
        ['receiver', 'node2', 'web2'],
      ] as const) {
        assert.deepEqual(named(examineRecorded(`trace/${recording}-${side}/${host}`).findings), [
          `${code} ${host} ${name}`,
        ]);
      }
    });
  }

  it('shows the MAC that is there beside the one that Docker gave', () => {
    const [finding] = own(examineRecorded('trace/mac-changed-sender/node1').findings);
    assert.match(
      finding?.evidence.join('\n') ?? '',
      /docker network inspect uber-net: web1 .* 02:42:0a:00:01/,
    );
    assert.match(finding?.evidence.join('\n') ?? '', /eth0: .* link\/ether 02:42:de:ad:00:01/);
  });

  it("finds 'endpoint-without-interface' where the interface and its port are gone", () => {
    const gone = derived(node1, (draft) => {
      editTable(draft, web1.file, 'addr', (rows) => rows.filter(({address}) => address !== web1.mac));
      // Both ends of a pair go together: the port is the one to whose index the interface pointed.
      const [end] = JSON.parse(
        node1.sections.find(({netns, name}) => netns === web1.file && name === 'addr')?.output ?? '[]',
      ).filter(({address}: Raw) => address === web1.mac);
      editTable(draft, file, 'addr', (rows) => rows.filter(({ifindex}) => ifindex !== end.link_index));
    });
    assert.deepEqual(named(examine(gone).findings), ['endpoint-without-interface node1 web1']);
  });

  it('warns of an endpoint that was left without a sandbox', () => {
    const left = derived(node1, (draft) =>
      editAnswers(draft, uber, (body) => {
        if (body.Name !== 'uber-net') return;
        body.Containers['ep-0123'] = {Name: 'left', EndpointID: '0123', IPv4Address: '10.0.1.98/24'};
      }),
    );
    const [finding, ...more] = own(examine(left).findings);
    assert.deepEqual(more, []);
    assert.equal(finding?.code, 'endpoint-without-interface');
    assert.equal(finding?.severity, 'warning');
    assert.equal(finding?.subject, '10.0.1.98');
  });

  it("finds 'interface-without-endpoint' behind a port that the engine does not list", () => {
    const unlisted = derived(node1, (draft) =>
      editAnswers(draft, uber, (body) => {
        if (body.Name === 'uber-net') delete body.Containers[web1.id];
      }),
    );
    const [finding, ...more] = own(examine(unlisted).findings);
    assert.deepEqual(more, []);
    assert.equal(finding?.code, 'interface-without-endpoint');
    assert.match(finding?.evidence.join('\n') ?? '', new RegExp(`${web1.file}: \\d+: eth0: .*${web1.mac}`));
  });

  it('says nothing of a port whose other end may be in a namespace that was not read', () => {
    const unread = derived(node1, (draft) =>
      editAnswers(draft, uber, (body) => {
        if (body.Name === 'uber-net') delete body.Containers[web1.id];
      }),
    );
    unread.sections = unread.sections.filter(({netns}) => netns !== web1.file);
    assert.deepEqual(named(examine(unread).findings), []);
  });

  it('says nothing of a port whose other end may be in the namespace of a container that is being started', () => {
    /** Its namespace was made after the files were listed, and its interface is no longer among the host's. */
    const startedAs = (status: string) =>
      derived(node1, (draft) => {
        draft.sections = draft.sections.filter(({netns}) => netns !== web1.file);
        const files = sectionOf(draft, undefined, 'files');
        files.output = files.output.replace(new RegExp(`^.*/${web1.file}\\n`, 'm'), '');
        editAnswers(draft, /^\/containers\/[0-9a-f]+\/json/, (body) => {
          if (body.Name === '/web1') Object.assign(body.State, {Status: status, Running: false, Pid: 0});
        });
      });
    assert.deepEqual(named(examine(startedAs('created')).findings), []);
    assert.deepEqual(
      named(examine(startedAs('exited')).findings).map((line) => line.replace(/ veth.*/, '')),
      ['interface-without-endpoint node1'],
    );
  });

  it('is silent, and says so, where the engine did not list its endpoints', () => {
    const silent = derived(recordedEvidence('trace/mac-changed-sender/node1'), (draft) =>
      editAnswers(draft, uber, (body) => {
        delete body.Containers;
      }),
    );
    const {findings, notChecked} = examine(silent);
    assert.deepEqual(named(findings), []);
    assert.ok(notChecked.some(({checkName: check}) => check === 'container-links'));
  });
});
