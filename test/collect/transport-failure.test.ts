import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {localTransport, parseHost} from '../../src/collect/transport.js';
import {explainFailure, type TransportEnd} from '../../src/collect/transport-failure.js';

const nothing: TransportEnd = {code: undefined, exitCode: 255, stderr: '', stalled: undefined, begun: false};
const ssh = parseHost('ssh://ops@node1:2222');

describe('explainFailure', () => {
  it('knows what ssh says', () => {
    const cases: [string, string][] = [
      ['ssh: connect to host node1 port 2222: Connection refused', 'ssh-refused'],
      ['ssh: connect to host node1 port 22: Connection timed out', 'ssh-unreachable'],
      ['ssh: connect to host node1 port 22: No route to host', 'ssh-unreachable'],
      ['Timeout, server node1 not responding.', 'ssh-unreachable'],
      ['ssh: Could not resolve hostname node1: Name or service not known', 'ssh-unknown-host'],
      ['ssh: Could not resolve hostname node1: Temporary failure in name resolution', 'ssh-unknown-host'],
      ['ops@node1: Permission denied (publickey,password).', 'ssh-permission-denied'],
      [
        'Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures',
        'ssh-permission-denied',
      ],
      [
        'No ED25519 host key is known for [node1]:2222 and you have requested strict checking.\nHost key verification failed.',
        'ssh-host-key-unknown',
      ],
      [
        '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.',
        'ssh-host-key-changed',
      ],
      ['kex_exchange_identification: Connection closed by remote host', 'ssh-closed'],
      ['client_loop: send disconnect: Broken pipe', 'ssh-closed'],
    ];
    for (const [stderr, code] of cases) {
      const failure = explainFailure(ssh, {...nothing, stderr});
      assert.equal(failure.code, code, stderr);
      assert.match(failure.message, /^ssh:\/\/ops@node1:2222: .+\(it said: .+\)\.$/);
      assert.ok(failure.suggestions.length > 0, code);
    }
  });

  it('suggests commands that work when pasted', () => {
    const {suggestions} = explainFailure(ssh, {...nothing, stderr: 'Connection refused'});
    assert.ok(
      suggestions.some((text) => text.endsWith('ssh -v -p 2222 ops@node1 true')),
      suggestions.join('\n'),
    );
    const changed = explainFailure(ssh, {...nothing, stderr: 'REMOTE HOST IDENTIFICATION HAS CHANGED'});
    assert.ok(changed.suggestions.some((text) => text.includes("ssh-keygen -R '[node1]:2222'")));
    const six = explainFailure(parseHost('ssh://[fd00::5]'), {...nothing, stderr: 'Connection refused'});
    assert.ok(
      six.suggestions.some((text) => text.endsWith('ssh -v fd00::5 true')),
      six.suggestions.join('\n'),
    );
  });

  it('takes what the far shell says for what it is', () => {
    const failure = explainFailure(ssh, {...nothing, exitCode: 1, stderr: 'sh: 1: x: Permission denied'});
    assert.equal(failure.code, 'host-failed');
    const closed = explainFailure(ssh, {
      ...nothing,
      exitCode: 1,
      stderr: 'This account is currently not available.',
    });
    assert.equal(closed.code, 'host-failed');
    assert.match(closed.message, /not available/);
  });

  it('tells programs that are missing, stalls and cuts', () => {
    const prefix = parseHost('exec:no-such-prog x');
    assert.equal(explainFailure(prefix, {...nothing, code: 'ENOENT'}).code, 'program-missing');
    assert.match(explainFailure(prefix, {...nothing, code: 'ENOENT'}).message, /no-such-prog/);
    assert.match(explainFailure(ssh, {...nothing, code: 'ENOENT'}).suggestions[0] ?? '', /openssh-client/);
    assert.equal(explainFailure(localTransport, {...nothing, stalled: 'fdb of 1-x'}).code, 'host-stalled');
    assert.equal(explainFailure(localTransport, {...nothing, begun: true}).code, 'host-cut');
    assert.equal(explainFailure(prefix, {...nothing, exitCode: 1}).code, 'host-failed');
    assert.match(
      explainFailure(prefix, {...nothing, exitCode: 1}).suggestions[0] ?? '',
      /docker exec needs -i/,
    );
  });

  it('lets no control character through', () => {
    const failure = explainFailure(ssh, {...nothing, stderr: 'Connection refused\u001b[2J\u0007'});
    assert.doesNotMatch(JSON.stringify(failure), /\\u001b|\\u0007/);
  });
});
