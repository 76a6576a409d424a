import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {eachOf, ovdiag, recorded, swarm} from './support.js';

const node1 = ['--snapshot', recorded('node1')];

/** One call for each kind of mistake or failure: its status, its code, and words that the message must have. */
const kinds: readonly [args: string[], status: number, code: string, words: RegExp][] = [
  [['fbd'], 2, 'unknown-command', /Did you mean: ovdiag fdb/],
  [['namespcaes'], 2, 'unknown-command', /Did you mean: ovdiag namespaces/],
  [['xyzzy'], 2, 'unknown-command', /See: ovdiag --help/],
  [['namespaces', 'extra'], 2, 'unexpected-argument', /Usage: ovdiag namespaces \[FLAGS\]/],
  [['fdb', ...node1], 2, 'missing-argument', /uber-net\n[\s\S]*Usage: ovdiag fdb NETWORK \[FLAGS\]/],
  [['inspect'], 2, 'missing-argument', /Usage: ovdiag inspect CONTAINER/],
  [['fdb', 'one', 'two', ...node1], 2, 'unexpected-argument', /Usage: ovdiag fdb/],
  [['fdb', 'uber-net', '--stauts', 'ok', ...node1], 2, 'unknown-flag', /Did you mean: --status/],
  [['namespaces', '--snapshto', 'x'], 2, 'unknown-flag', /Did you mean: --snapshot/],
  [['fdb', 'uber-net', '--status', 'bad', ...node1], 2, 'invalid-flag', /fdb-row-missing/],
  [['fdb', 'uber-net', '--mac', 'zz', ...node1], 2, 'invalid-flag', /Example: --mac/],
  [
    ['fdb', 'uber-net', '--address', '10.0.0.0.0/8', ...node1],
    2,
    'invalid-flag',
    /neither an address nor a CIDR/,
  ],
  [['fdb', 'ubernet', ...node1], 2, 'unknown-network', /Did you mean: uber-net/],
  [['doctor', 'ubernet', ...node1], 2, 'unknown-network', /Did you mean: uber-net\n.*ovdiag networks/],
  [['trace', 'web1', 'tasks.app', ...node1], 2, 'invalid-argument', /one by one: service:app/],
  [['fdb', 'open-bridge', ...node1], 2, 'not-an-overlay', /bridge network/],
  [
    ['fdb', 'docker_gwbridge', ...swarm],
    2,
    'ambiguous-name',
    /docker_gwbridge@node1[\s\S]*docker_gwbridge@node2/,
  ],
  [['inspect', 'wbe1', ...node1], 2, 'unknown-container', /Did you mean: web1/],
  [['inspect', 'app', ...swarm], 2, 'ambiguous-name', /app\.\d\./],
  [['inspect', 'web1@node7', ...node1], 2, 'unknown-host', /Read: node1/],
  [['trace', 'web1', ...node1], 2, 'missing-argument', /ovdiag trace --published 8080\/tcp/],
  [['trace', 'web1', '--published', '80', ...node1], 2, 'invalid-argument', /client's IPv4 address/],
  [['trace', '--published', '80/sctp', ...node1], 2, 'invalid-flag', /PORT\/udp/],
  [['trace', 'web1', 'service:ap', ...node1], 2, 'unknown-service', /Did you mean: app/],
  [['trace', 'web1', 'container:app', ...node1], 2, 'unknown-container', /Containers: app\.2/],
  [['links', 'nothing-like-it', ...node1], 2, 'unknown-name', /ovdiag namespaces/],
  [['namespaces', '--host', 'ftp://x'], 2, 'invalid-host', /ssh:\/\//],
  [['namespaces', '--host', 'ssh://-oProxyCommand=x'], 2, 'invalid-host', /may not begin with "-"/],
  [['namespaces', '--host', 'x', ...node1], 2, 'host-and-snapshot', /one kind/],
  [['namespaces', '--swarm', ...node1], 2, 'host-and-snapshot', /--swarm reads live/],
  [['namespaces', '--context', 'x', '--host', 'local'], 2, 'host-and-context', /one of them/],
  [['namespaces', '--context', 'no such'], 2, 'unknown-context', /docker context ls/],
  [['namespaces', '--swarm', '--host', 'local', '--host', 'local'], 2, 'one-manager', /one --host/],
  [['namespaces', '--swarm', '--hosts-file', '/etc/hosts'], 2, 'hosts-file-and-swarm', /one of them/],
  [['namespaces', '--swarm', '--filter', 'zone=a'], 2, 'invalid-filter', /label=KEY=VALUE/],
  [['namespaces', '--swarm', '--ssh-user', '-x'], 2, 'invalid-flag', /no user name/],
  [['namespaces', '--filter', 'role=worker'], 2, 'invalid-flag', /--swarm/],
  [['namespaces', '--hosts-file', '/etc/passwd'], 2, 'invalid-hosts-file', /line 1: root/],
  [['namespaces', '--hosts-file', '/nonexistent/hosts'], 3, 'cannot-read', /no such file/],
  [['namespaces', '--host-timeout', 'soon'], 2, 'invalid-flag', /30s|10s/],
  [['namespaces', '--parallel', '0'], 2, 'invalid-flag', /parallel/],
  [['trace', 'web1', 'web2', '--probe', '--count', '0', ...node1], 2, 'invalid-flag', /Parsing --count: Exp/],
  [['graph', 'uber-nt', ...node1], 2, 'unknown-name', /container named uber-nt[\s\S]*Did you mean: uber-net/],
  [['snapshot', '--via', 'service', '--image', 'x'], 2, 'invalid-flag', /--swarm/],
  [['snapshot', '--swarm', '--via', 'service'], 2, 'invalid-flag', /--image/],
  [['snapshot', '--swarm', '--via', 'service', '--image', '-x'], 2, 'invalid-flag', /no name of an image/],
  [
    ['snapshot', '--swarm', '--via', 'service', '--image', 'x', '--netns-dir', '/a,dst=/b', '--yes'],
    2,
    'invalid-flag',
    /can't be mounted/,
  ],
  [['snapshot', '--swarm', '--via', 'service', '--image', 'x'], 2, 'needs-yes', /--yes/],
  [['capture', '--swarm'], 2, 'one-host', /one --host/],
  [['namespaces', '--swarm', '--host', 'exec:false'], 3, 'docker-unreachable', /--hosts-file/],
  [['namespaces', '--snapshot', '/nonexistent/x.json'], 3, 'cannot-read', /no such file/],
];

describe('a mistake or failure', () => {
  it('has one status and one code, with and without --json, and is told in one place', async () => {
    await eachOf(kinds, async ([args, status, code, words]) => {
      const call = `ovdiag ${args.join(' ')}`;
      const text = await ovdiag(args);
      assert.equal(text.status, status, `${call}\n${text.stderr}`);
      assert.equal(text.stdout, '', call);
      assert.match(text.stderr, words, call);
      assert.match(text.stderr, /^ovdiag: /, call);
      assert.doesNotMatch(text.stderr, /\n\s+at /, `a stack in: ${call}`);
      const json = await ovdiag([...args, '--json']);
      assert.equal(json.status, status, call);
      assert.equal(json.stderr, '', call);
      const {schemaVersion, error} = JSON.parse(json.stdout) as {
        schemaVersion: number;
        error: {code: string; message: string; suggestions: string[]};
      };
      assert.deepEqual([schemaVersion, error.code], [2, code], call);
      assert.match([error.message, ...error.suggestions].join('\n'), words, call);
    });
  });

  it('shows a stack only with --debug', async () => {
    const args = ['fdb', 'nothing', ...node1];
    assert.match((await ovdiag([...args, '--debug'])).stderr, /\n\s+at /);
    assert.equal((await ovdiag([...args, '--debug'])).status, 2);
  });

  it('of help is told like any other', async () => {
    const {status, stdout, stderr} = await ovdiag(['help', 'nspaces']);
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /Did you mean: ovdiag namespaces/);
  });
});

describe('arguments', () => {
  it('may stand before and after flags, also after those that can be repeated', async () => {
    const orders = [
      ['fdb', 'uber-net', '--status', 'ok', '--status', 'local', ...swarm],
      ['fdb', ...swarm, '--status', 'ok', '--status', 'local', 'uber-net'],
      ['fdb', '--status', 'ok', 'uber-net', '--status', 'local', ...swarm],
      ['fdb', ...swarm, '--status=ok', '--status=local', '--', 'uber-net'],
    ];
    const answers = await eachOf(orders, (args) => ovdiag(args));
    for (const [index, answer] of answers.entries()) {
      assert.equal(answer.status, 0, answer.stderr);
      assert.equal(answer.stdout, answers[0]?.stdout, orders[index]?.join(' '));
    }
  });

  it('after -- are never flags', async () => {
    const {status, stderr} = await ovdiag(['fdb', ...node1, '--', '--raw']);
    assert.equal(status, 2);
    assert.match(stderr, /No network named --raw/);
  });

  it('are not taken from standard input', async () => {
    const junk = await ovdiag(['fdb', ...node1], {input: 'uber-net\n'});
    assert.equal(junk.status, 2);
    assert.match(
      junk.stderr,
      /fdb needs an overlay network, one of these: \[missing-argument\]\n {2}ingress/,
    );
    const given = await ovdiag(['fdb', 'uber-net', ...node1], {input: 'junk '.repeat(10_000)});
    assert.equal(given.status, 0);
  });
});
