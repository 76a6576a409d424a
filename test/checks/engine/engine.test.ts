import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {expired, expiring} from '../../support/certificates.js';
import {addCertificate, addRefusedTask, refusals, setVersion, setVersions} from '../../support/engines.js';
import {answerOf, derived, editAnswers, type Raw, recordedEvidence} from '../../support/evidence.js';
import {examine, find, told} from '../support.js';

const node1 = recordedEvidence('node1');
const node2 = recordedEvidence('node2');
const version = (evidence: HostEvidence, text: string) =>
  derived(evidence, (draft) => setVersion(draft, text));

describe('engine-fdb-bug (derived: no such engine was recorded)', () => {
  it('is told of the versions that have one', () => {
    const severities = (text: string) =>
      find('engine-fdb-bug', version(node1, text)).map(({severity}) => severity);
    for (const text of ['28.2.0', '28.2.2']) assert.deepEqual(severities(text), ['warning'], text);
    for (const text of ['29.0.0', '29.8.0', '25.0.13', '25.0.15'])
      assert.deepEqual(severities(text), ['info'], text);
    for (const text of ['20.10.24+dfsg1', '25.0.12', '26.1.5', '28.1.1', '28.3.0', '28.5.2', '29.9.0', 'dev'])
      assert.deepEqual(severities(text), [], text);
  });
});

describe('engine-versions-mixed (derived: no such swarm was recorded)', () => {
  const code = 'engine-versions-mixed';
  /** The nodes of the recording, as its manager would list them. */
  const manager = (one: string, two: string) =>
    derived(node1, (draft) => setVersions(draft, one, {node1: one, node2: two}));

  it('is told of an encrypted network on both sides, by a manager alone or by both hosts', () => {
    const [finding, ...others] = find(code, manager('29.1.3', '28.5.2'));
    assert.deepEqual(others, []);
    assert.deepEqual(
      [finding?.network, finding?.severity, finding?.basis],
      ['secret-net', 'error', 'one-host'],
    );
    assert.deepEqual(finding?.evidence, ['node1 29.1.3', 'node2 28.5.2']);
    const workers = [node1, node2].map((evidence, index) =>
      derived(version(evidence, ['25.0.14', '25.0.15'][index] ?? ''), (draft) => {
        draft.docker.answers = draft.docker.answers.filter(
          ({path}) => !/^\/(nodes|tasks|services)/.test(path),
        );
      }),
    );
    assert.deepEqual(find(code, workers[0] as HostEvidence), []);
    assert.deepEqual(
      find(code, ...workers).map(({basis, evidence}) => [basis, evidence]),
      [['several-hosts', ['node1 25.0.14', 'node2 25.0.15']]],
    );
  });

  it('is not told of engines of one kind', () => {
    for (const [one, two] of [
      ['29.1.3', '28.2.2'],
      ['29.2.1', '28.5.2'],
      ['20.10.24', '26.1.5'],
    ] as const)
      assert.deepEqual(find(code, manager(one, two)), [], `${one} ${two}`);
  });
});

describe('nic-offload (derived: this lab has no vmxnet3)', () => {
  const card =
    (driver: string, state: string, features = true) =>
    (draft: HostEvidence) => {
      const at = draft.startedAt;
      const output = [
        `driver: ${driver}`,
        ...(features ? ['Features for eth0:', `\ttx-checksum-ip-generic: ${state}`] : []),
      ].join('\n');
      draft.sections.push({name: 'nic', netns: '@host', command: 'ethtool -i eth0', at, status: 0, output});
      // Older than the question for routes.
      if (draft.sections.some(({name}) => name === 'route-get')) return;
      const route =
        '[{"dst":"192.168.1.5","gateway":"172.31.1.1","dev":"eth0","prefsrc":"172.31.1.5","flags":[]}]';
      draft.sections.push({
        name: 'route-get',
        netns: '@host',
        command: 'ip -j -batch -',
        at,
        status: 0,
        output: route,
      });
    };

  it('is told of the driver and the feature together', () => {
    const code = 'nic-offload';
    const [finding] = find(code, derived(node1, card('vmxnet3', 'on')));
    assert.deepEqual([finding?.subject, finding?.severity], ['eth0', 'warning']);
    for (const other of [card('vmxnet3', 'off'), card('virtio_net', 'on'), card('vmxnet3', '', false)])
      assert.deepEqual(find(code, derived(node1, other)), []);
  });

  it('is not checked without ethtool', () => {
    const evidence = derived(node1, (draft) => {
      card('vmxnet3', 'on')(draft);
      draft.sections = draft.sections.filter(({name}) => name !== 'nic');
    });
    assert.ok(examine(evidence).notChecked.some(({checkName: check}) => check === 'nic-offload'));
  });
});

describe('clock-skew', () => {
  const code = 'clock-skew';
  /** The host's clock set so many seconds ahead; the recordings are right within a second. */
  const ahead = (evidence: HostEvidence, seconds: number) =>
    derived(evidence, (draft) => {
      const about = draft.sections.find(({name}) => name === 'about');
      if (about)
        about.output = about.output.replace(
          /^time=(\d+)$/m,
          (_, time: string) => `time=${Number(time) + seconds}`,
        );
    });

  it('is told of the host that differs from the others', () => {
    for (const seconds of [7200, -7200]) {
      const found = find(code, node1, ahead(node2, seconds));
      assert.deepEqual(told(found), [`${code} node2 clock`]);
      assert.match(found[0]?.cause ?? '', seconds > 0 ? /120 min ahead/ : /120 min behind/);
    }
    assert.deepEqual(find(code, node1, node2), []);
    assert.deepEqual(find(code, node1, ahead(node2, 50)), []);
  });

  it('of one host is told without saying who is wrong', () => {
    for (const seconds of [3600, -3600])
      assert.match(find(code, ahead(node1, seconds))[0]?.cause ?? '', /one of the two is wrong/);
  });

  it('of the machine that read them is told as such where all hosts agree', () => {
    const found = find(code, ahead(node1, 600), ahead(node2, 601));
    assert.deepEqual(
      found.map(({host, severity}) => [host, severity]),
      [[null, 'info']],
    );
    assert.match(found[0]?.cause ?? '', /10 min behind/);
  });

  it('counts a slow reading for nothing: the clock was read at some time within it', () => {
    const slow = derived(node1, (draft) => {
      draft.startedAt = new Date(Date.parse(draft.startedAt) - 300_000).toISOString();
    });
    assert.deepEqual(find(code, ahead(slow, -200)), []);
    assert.equal(find(code, ahead(slow, -400)).length, 1);
  });
});

describe('the certificate of a node', () => {
  const codes = (pem: string, seconds = 0) => {
    const evidence = derived(node1, (draft) => {
      addCertificate(draft, pem);
      const about = draft.sections.find(({name}) => name === 'about');
      if (about)
        about.output = about.output.replace(
          /^time=(\d+)$/m,
          (_, time: string) => `time=${Number(time) + seconds}`,
        );
    });
    return examine(evidence).findings.filter(({code}) => code.startsWith('certificate-'));
  };

  it('is found expired, and not valid yet', () => {
    const [finding] = codes(expired);
    assert.deepEqual([finding?.code, finding?.severity], ['certificate-expired', 'error']);
    const years = (number: number) => number * 366 * 86_400;
    assert.match(codes(expired, -years(8))[0]?.cause ?? '', /not valid yet/);
  });

  it('is found overdue for renewal in its last tenth', () => {
    const [finding] = codes(expiring);
    assert.deepEqual([finding?.code, finding?.severity], ['certificate-expiring', 'warning']);
    assert.deepEqual(codes(expiring, -2 * 366 * 86_400), []);
  });

  it('is not checked where it was not read', () => {
    assert.ok(examine(node1).notChecked.some(({checkName: check}) => check === 'certificate'));
    const odd = derived(node1, (draft) => addCertificate(draft, 'no certificate'));
    assert.ok(examine(odd).notChecked.some(({reason: why}) => /could not be parsed$/.test(why)));
  });
});

describe('what the kernel of a node lacks (derived: these kernels have it)', () => {
  const refused = (code: keyof typeof refusals, runsSince = false) =>
    derived(node1, (draft) => addRefusedTask(draft, refusals[code], runsSince));

  it('is told once by any number of managers', () => {
    for (const code of ['vxlan-unsupported', 'encryption-unsupported'] as const) {
      const evidence = refused(code);
      const other = derived(evidence, (draft) => {
        const about = draft.sections.find(({name}) => name === 'about');
        if (about) about.output = about.output.replace(/^bootId=.*$/m, 'bootId=another');
      });
      const [finding, ...others] = find(code, evidence, other);
      assert.deepEqual(others, []);
      assert.equal(finding?.subject, 'node node3');
      assert.deepEqual(finding?.evidence, [`task refusedtask0: ${refusals[code].error}`]);
    }
  });

  it('is over where a task of that network runs there', () => {
    assert.deepEqual(find('vxlan-unsupported', refused('vxlan-unsupported', true)), []);
    const left = derived(refused('vxlan-unsupported'), (draft) =>
      editAnswers(draft, /^\/nodes$/, (nodes: Raw[]) => void nodes.pop()),
    );
    assert.deepEqual(find('vxlan-unsupported', left), []);
    // VXLAN is there for all overlays or for none; what encryption needs is not.
    const elsewhere = (code: keyof typeof refusals) =>
      derived(refused(code, true), (draft) =>
        editAnswers(draft, /^\/tasks$/, (tasks: Raw[]) => {
          const other = (answerOf(draft, '/networks').body as Raw[]).find(({Name}) => Name === 'quiet-net');
          const running = tasks.find(({ID}) => ID.startsWith('runningtask'));
          running.NetworksAttachments = [{Network: {ID: other.Id, Spec: {Name: 'quiet-net'}}}];
        }),
      );
    assert.deepEqual(find('vxlan-unsupported', elsewhere('vxlan-unsupported')), []);
    assert.equal(find('encryption-unsupported', elsewhere('encryption-unsupported')).length, 1);
  });
});
