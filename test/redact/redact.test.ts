import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {hostModel} from '../../src/model/host.js';
import {redactor} from '../../src/redact/redact.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {derived, madeEvidence, recordedEvidence, sectionOf} from '../support/evidence.js';
import {all, key, mapped} from './section.js';

const redact = redactor(key);

describe('what is not understood', () => {
  const refusedOf = (evidence: HostEvidence) => {
    const result = redact(evidence);
    assert.ok('refused' in result, 'it was redacted');
    return result.refused.map(({what, reason}) => `${what}: ${reason}`);
  };
  const node1 = recordedEvidence('node1');

  it('is refused by its name, and nothing of the host is given', () => {
    const file = node1.sections.find(({netns}) => netns?.startsWith('1-'))?.netns ?? '';
    const odd = derived(node1, (draft) => {
      draft.sections.push({name: 'later-table', netns: file, command: 'x', at: '', status: 0, output: 'x'});
      sectionOf(draft, '@host', 'addr').output = '[{"ifname": "eth0"';
      sectionOf(draft, '@host', 'nft').output = '{}x';
      sectionOf(draft, file, 'fdb').truncated = true;
      const proc = sectionOf(draft, file, 'proc');
      proc.output += '/proc/net/route:eth0 0001000A 00000000\n';
      draft.docker.answers.push({path: '/secrets', at: '', status: 200, body: []});
    });
    assert.deepEqual(refusedOf(odd).sort(), [
      "Docker's answer to /secrets: answers of this path are not known",
      'addr of @host: it is not the JSON that it should be',
      `fdb of ${file}: it was too long and is cut`,
      `later-table of ${file}: sections of this name are not known`,
      'nft of @host: it is not the JSON that it should be',
      `proc of ${file}: /proc/net/route is not known`,
    ]);
  });
});

describe('what is told of a host', () => {
  it('keeps its form: where it was read, what failed, what a manager said of it', () => {
    const evidence: HostEvidence = {
      ...madeEvidence({hostname: 'berlin-7', source: 'ssh://admin@berlin-7.corp.example:2222'}),
      node: {
        id: 'am6ra10ofbf4l433n5pn837fx',
        name: 'berlin-7',
        address: '10.0.1.9',
        role: 'worker',
        availability: 'active',
        state: 'ready',
      },
      failure: {
        code: 'ssh-refused',
        message: 'ssh: connect to host berlin-7.corp.example port 22: Connection refused',
        suggestions: ['Try: ssh admin@berlin-7.corp.example'],
      },
    };
    const result = redact(evidence);
    assert.ok('evidence' in result);
    const text = JSON.stringify(result.evidence);
    assert.doesNotMatch(text, /berlin|corp|admin|10\.0\.1\.9|am6ra10/);
    const {source, node, failure} = result.evidence;
    assert.equal(source, `ssh://${all.name('admin')}@${all.name('berlin-7.corp.example')}:2222`);
    assert.deepEqual(node, {
      ...evidence.node,
      id: all.id('am6ra10ofbf4l433n5pn837fx'),
      name: all.name('berlin-7'),
      address: mapped,
    });
    assert.equal(failure?.code, 'ssh-refused');
    assert.match(failure?.message ?? '', /^ssh: connect to host x\w+ port 22: Connection refused$/);
    assert.equal(hostModel(result.evidence).name, all.name('berlin-7'));
  });
});
