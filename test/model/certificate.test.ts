import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {describe, it} from 'node:test';
import {parseCertificate} from '../../src/model/certificate.js';
import {swarmCertificate as node} from '../support/certificate.js';

describe('the certificate of a node', () => {
  it('is read from what an engine wrote, the first of several', () => {
    const read = parseCertificate(`${node}${node.replace('MIICNj', 'AAAAAA')}`);
    assert.deepEqual(read, {
      notBefore: '2026-11-25T23:31:00.000Z',
      notAfter: '2027-02-24T00:31:00.000Z',
      subject: 'O=mv4eahax7ktuh7ag3klffaucb, OU=swarm-manager, CN=t8tdviujx7imlar8m47iz5xuk',
    });
  });

  it('is nothing where nothing of it can be read', () => {
    for (const pem of ['', 'no certificate', node.replace('MIICNj', 'AAAAAA')])
      assert.equal(parseCertificate(pem), undefined);
  });

  it('leaves out what the same file holds besides certificates', () => {
    const key = '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\n';
    const filter = '/^-----BEGIN CERTIFICATE-----$/,/^-----END CERTIFICATE-----$/p';
    const kept = execFileSync('sed', ['-n', filter], {input: `${key}${node}${key}${node}`, encoding: 'utf8'});
    assert.equal(kept, `${node}${node}`);
  });
});
