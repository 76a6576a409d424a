import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {pluginCall, pluginMetadata} from '../../src/plugin/call.js';

describe('a call by the docker client', () => {
  it('has our words behind our name', () => {
    assert.deepEqual(pluginCall(['ovdiag', 'fdb', 'x', '-H', 'local']), {
      words: ['fdb', 'x', '-H', 'local'],
      variables: {},
    });
    assert.deepEqual(pluginCall(['ovdiag']).words, []);
    assert.deepEqual(pluginCall(['ovdiag', 'ovdiag']).words, ['ovdiag']);
  });

  it('has the options of the client before it, in each form', () => {
    const variables = (...argv: string[]) =>
      pluginCall([...argv, 'ovdiag', 'networks', '--context', 'x']).variables;
    const far = {DOCKER_CONTEXT: 'far', DOCKER_HOST: undefined};
    for (const words of [['--context', 'far'], ['--context=far'], ['-c', 'far'], ['-c=far'], ['-cfar']])
      assert.deepEqual(variables(...words), far, words.join(' '));
    assert.deepEqual(variables('-H', 'ssh://a'), {DOCKER_HOST: 'ssh://a'});
    assert.deepEqual(variables('--host=unix:///x'), {DOCKER_HOST: 'unix:///x'});
    assert.deepEqual(variables('--config', '/c', '-D', '-l', 'debug', '--tlsverify'), {
      DOCKER_CONFIG: '/c',
      DOCKER_TLS_VERIFY: '1',
    });
    assert.equal(pluginCall(['--context', 'ovdiag', 'ovdiag', 'fdb']).variables['DOCKER_CONTEXT'], 'ovdiag');
  });

  it('passes files for TLS on where they are one directory, and refuses others', () => {
    const call = (...argv: string[]) => pluginCall([...argv, 'ovdiag', 'fdb']);
    const usual = call(
      '--tlsverify',
      '--tlscacert',
      '/c/ca.pem',
      '--tlscert=/c/cert.pem',
      '--tlskey',
      '/c/key.pem',
    );
    assert.deepEqual(usual.variables, {DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/c'});
    assert.equal(usual.refused, undefined);
    assert.equal(call('--tlscacert', '/c/other.pem').refused, '--tlscacert');
    assert.equal(call('--tlscacert', '/c/ca.pem', '--tlskey', '/d/key.pem').refused, '--tlskey');
  });

  it('may ask for a completion, also with options before the name', () => {
    assert.deepEqual(pluginCall(['__complete', 'ovdiag', 'fdb', 'u']).words, ['__complete', 'fdb', 'u']);
    assert.deepEqual(pluginCall(['ovdiag', '__complete', 'fdb', '']).words, ['__complete', 'fdb', '']);
  });
});

describe('the metadata of the plugin', () => {
  it('is what the client reads', () => {
    const {SchemaVersion, Vendor, Version} = JSON.parse(pluginMetadata('1.2.3'));
    assert.deepEqual([SchemaVersion, Version, typeof Vendor], ['0.1.0', '1.2.3', 'string']);
  });
});
