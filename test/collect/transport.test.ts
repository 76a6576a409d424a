import assert from 'node:assert/strict';
import {afterEach, describe, it} from 'node:test';
import fc from 'fast-check';
import {parseHost, splitWords} from '../../src/collect/transport.js';

function target(text: string): {host: string; user?: string; port?: string} {
  const {argv} = parseHost(text);
  const end = argv.indexOf('--');
  const value = (flag: string) => (argv.includes(flag) ? argv[argv.indexOf(flag) + 1] : undefined);
  const [user, port] = [value('-l'), value('-p')];
  return {
    host: argv[end + 1] ?? '',
    ...(user === undefined ? {} : {user}),
    ...(port === undefined ? {} : {port}),
  };
}

describe('--host ssh://', () => {
  const env = process.env['OVDIAG_SSH'];
  afterEach(() => {
    if (env === undefined) delete process.env['OVDIAG_SSH'];
    else process.env['OVDIAG_SSH'] = env;
  });

  it('takes users, ports and every kind of address', () => {
    const cases: [string, ReturnType<typeof target>][] = [
      ['ssh://node1', {host: 'node1'}],
      ['ssh://node1/', {host: 'node1'}],
      ['ssh://ops@node1.example:2222', {host: 'node1.example', user: 'ops', port: '2222'}],
      ['ssh://192.168.1.5:22', {host: '192.168.1.5', port: '22'}],
      ['ssh://[fd00::5]:65535', {host: 'fd00::5', port: '65535'}],
      ['ssh://u@[fe80::1%eth0]', {host: 'fe80::1%eth0', user: 'u'}],
      ['ssh://DOMAIN\\user@h', {host: 'h', user: 'DOMAIN\\user'}],
    ];
    for (const [text, expected] of cases) assert.deepEqual(target(text), expected, text);
  });

  it('ends in one host and one constant command behind --', () => {
    const {argv, kind, label} = parseHost('ssh://ops@node1');
    assert.deepEqual([kind, label], ['ssh', 'ssh://ops@node1']);
    assert.equal(argv.length - argv.indexOf('--'), 3);
    assert.ok(argv.includes('BatchMode=yes'));
    assert.ok(!argv.some((word) => /StrictHostKeyChecking|UserKnownHostsFile/.test(word)));
  });

  it('refuses what ssh or a shell could take for something else', () => {
    for (const text of [
      'ssh://-oProxyCommand=touch$IFS/tmp/x',
      'ssh://-oProxyCommand=x@h',
      'ssh://u@-oProxyCommand=x',
      'ssh://[-oProxyCommand=x]',
      'ssh://-',
      'ssh://',
      'ssh://:22',
      'ssh://u@',
      'ssh://@h',
      'ssh://h:0',
      'ssh://h:65536',
      'ssh://h:99999999',
      'ssh://h:x',
      'ssh://h:-1',
      'ssh://u:secret@h',
      'ssh://::1',
      'ssh://[::1',
      'ssh://[::g]',
      'ssh://[]',
      'ssh://h/path',
      'ssh://h h',
      'ssh://h\n',
      'ssh://h\nHost x',
      'ssh://%h',
      'ssh://$(id)',
      'ssh://h;id',
      'ssh://u;id@h',
      'ssh://u u@h',
      'ssh://hä',
      'SSH://h',
      'ssh:h',
      'h',
      '',
      'tcp://h:2375',
      '-oProxyCommand=x',
    ]) {
      assert.throws(() => parseHost(text), {code: 'invalid-host', exit: 2}, JSON.stringify(text));
    }
  });

  it('lets nothing but one plain word through', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary', maxLength: 30}), (text) => {
        let found: ReturnType<typeof target>;
        try {
          found = target(`ssh://${text}`);
        } catch (error) {
          assert.equal((error as {code?: string}).code, 'invalid-host');
          return;
        }
        assert.match(found.host, /^[A-Za-z0-9_.:][A-Za-z0-9_.:%-]*$/);
        if (found.user !== undefined) assert.match(found.user, /^[^-\s'"$`;&|][^\s'"$`;&|]*$/);
      }),
      {numRuns: 2000},
    );
  });

  it('escapes what it quotes', () => {
    assert.throws(
      () => parseHost('ssh://\u001b]0;x\u0007'),
      (error: Error) => !error.message.includes('\u001b') && error.message.includes('\\x1b'),
    );
  });

  it('takes another ssh from OVDIAG_SSH', () => {
    process.env['OVDIAG_SSH'] = "ssh -F '/a b/config'";
    assert.deepEqual(parseHost('ssh://h').argv.slice(0, 3), ['ssh', '-F', '/a b/config']);
    process.env['OVDIAG_SSH'] = '  ';
    assert.equal(parseHost('ssh://h').argv[0], 'ssh');
  });
});

describe('--host exec:', () => {
  it('puts the shell behind the words of the prefix', () => {
    const {argv, kind} = parseHost("exec:docker exec -i 'my node'");
    assert.equal(kind, 'exec');
    assert.deepEqual(argv, ['docker', 'exec', '-i', 'my node', 'sh', '-s']);
  });

  it('needs a command, and closed quotes', () => {
    for (const text of ['exec:', 'exec:  \t', "exec:a 'b", 'exec:"'])
      assert.throws(() => parseHost(text), {code: 'invalid-host', exit: 2}, text);
  });
});

describe('splitWords', () => {
  it('knows quotes and backslashes, and expands nothing', () => {
    const cases: [string, string[]][] = [
      ['', []],
      ['  a\tb\nc ', ['a', 'b', 'c']],
      ['\'a b\'c "d e"', ['a bc', 'd e']],
      ['\'\' ""', ['', '']],
      ["a\\ b \\'", ['a b', "'"]],
      ["'a\\b'", ['a\\b']],
      ['"a\\"b"', ['a"b']],
      ['$HOME `id` $(id) * ~ a;b', ['$HOME', '`id`', '$(id)', '*', '~', 'a;b']],
      ['a\\', ['a']],
    ];
    for (const [text, expected] of cases) assert.deepEqual(splitWords(text), expected, text);
  });

  it('gives back any words that were quoted', () => {
    const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
    fc.assert(
      fc.property(fc.array(fc.string({unit: 'binary'})), (words) => {
        assert.deepEqual(splitWords(words.map(quoted).join(' ')), words);
      }),
    );
  });
});
