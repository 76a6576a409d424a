import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {describe, it} from 'node:test';
import {parseCertificate} from '../../src/model/certificate.js';
import {hostModel} from '../../src/model/host.js';
import {swarmCertificate as node} from '../support/certificate.js';
import {addCertificate} from '../support/engines.js';
import {derived, madeEvidence} from '../support/evidence.js';

describe('the certificate of a node', () => {
  it('is read from what an engine wrote, the first of several', () => {
    const read = parseCertificate(`${node}${node.replace('MIICNj', 'AAAAAA')}`);
    assert.deepEqual(read, {
      notBefore: '2026-11-25T23:31:00.000Z',
      notAfter: '2027-02-24T00:31:00.000Z',
      subject: 'O=mv4eahax7ktuh7ag3klffaucb, OU=swarm-manager, CN=t8tdviujx7imlar8m47iz5xuk',
    });
  });

  it('is told as a problem where nothing of it can be read', () => {
    for (const output of ['', 'no certificate', node.replace('MIICNj', 'AAAAAA')]) {
      const evidence = derived(madeEvidence({}), (draft) => addCertificate(draft, output));
      const {certificate, problems} = hostModel(evidence);
      assert.equal(certificate, undefined);
      assert.ok(problems.some(({subject}) => subject === 'certificate of the node'));
    }
  });

  it('leaves out what the same file holds besides certificates', () => {
    const key = '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\n';
    const filter = '/^-----BEGIN CERTIFICATE-----$/,/^-----END CERTIFICATE-----$/p';
    const kept = execFileSync('sed', ['-n', filter], {input: `${key}${node}${key}${node}`, encoding: 'utf8'});
    assert.equal(kept, `${node}${node}`);
  });
});
