import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {usageError} from '../../src/base/errors.js';
import {describeError, errorText} from '../../src/cli/errors.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {derived, recordedEvidence, sectionOf} from '../support/evidence.js';
import {ovdiag, recorded} from './support.js';

const node1 = ['--snapshot', recorded('node1')];
const answer = (args: readonly string[], host: HostEvidence) =>
  ovdiag([...args, '--snapshot', '-'], {
    input: JSON.stringify({
      schemaVersion: 1,
      tool: {name: 'ovdiag', version: '0'},
      createdAt: '',
      hosts: [host],
    }),
  });

describe('a name with a line break in it', () => {
  it('does not begin a line of its own in an error', () => {
    const error = usageError('unknown-network', 'There is no network.', ['Did you mean: a\nsudo b']);
    assert.equal(
      errorText(describeError(error, '')),
      'ovdiag: There is no network. [unknown-network]\n  Did you mean: a\\x0asudo b\n',
    );
  });
});

describe('fdb --raw', () => {
  it('filters by the address and the status of the endpoint that a MAC is of', async () => {
    const rows = async (...args: string[]) => {
      const {stdout} = await ovdiag(['fdb', 'uber-net', '--raw', '--json', ...args, ...node1]);
      return (JSON.parse(stdout) as {rows: {mac: string; dev: string}[]}).rows;
    };
    const own = await rows('--address', '10.0.1.3');
    assert.ok(own.length > 0);
    assert.deepEqual([...new Set(own.map(({mac}) => mac))], ['02:42:0a:00:01:03']);
    const local = await rows('--status', 'local');
    assert.ok(local.length > 0 && local.every(({dev}) => dev !== 'vxlan0'));
  });

  it('takes no prefix that is none', async () => {
    const {status, stderr} = await ovdiag(['fdb', 'uber-net', '--address', '10.0.1.0/99', ...node1]);
    assert.equal(status, 2);
    assert.match(stderr, /neither an address nor a CIDR/);
  });
});

describe('a snapshot taken without rights', () => {
  it('is to be taken again, not read again with sudo', async () => {
    const unprivileged = derived(recordedEvidence('node1'), (draft) => {
      const about = sectionOf(draft, undefined, 'about');
      about.output = about.output.replace('enter=1', 'enter=0');
    });
    const {status, stderr} = await answer(['namespaces'], unprivileged);
    assert.equal(status, 3);
    assert.match(stderr, /sudo ovdiag snapshot -o FILE\n$/);
    assert.doesNotMatch(stderr, /sudo ovdiag namespaces/);
  });
});

describe("Docker's answers without the kernel's tables", () => {
  it('leave fdb without its answer', async () => {
    const docker = derived(recordedEvidence('node1'), (draft) => {
      draft.sections = [];
      draft.failure = {code: 'engine-elsewhere', message: 'there is no shell', suggestions: []};
    });
    const {status, stderr} = await answer(['fdb', 'uber-net'], docker);
    assert.equal(status, 3);
    assert.match(stderr, /no shell/);
  });
});
