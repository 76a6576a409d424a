import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {describe, it} from 'node:test';
import {parseCertificate} from '../../src/model/certificate.js';
import {hostModel} from '../../src/model/host.js';
import {derived, madeEvidence} from '../support/evidence.js';

/** What an engine 20.10 wrote for a manager of a swarm that is gone. */
const node = `-----BEGIN CERTIFICATE-----
MIICNjCCAdugAwIBAgIUVgIVikSCpb0cQArC5mKJo0zVCfkwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAxMIc3dhcm0tY2EwHhcNMjYxMTI1MjMzMTAwWhcNMjcwMjI0MDAz
MTAwWjBgMSIwIAYDVQQKExltdjRlYWhheDdrdHVoN2FnM2tsZmZhdWNiMRYwFAYD
VQQLEw1zd2FybS1tYW5hZ2VyMSIwIAYDVQQDExl0OHRkdml1ang3aW1sYXI4bTQ3
aXo1eHVrMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjcz3Q38lu5gWk/gIkj2N
71k2u49m5U4uA//cdT2n144lgVs3gM9yPgeMT4O8fj5zQxI20kR+E36U2AeSe5be
CKOBvzCBvDAOBgNVHQ8BAf8EBAMCBaAwHQYDVR0lBBYwFAYIKwYBBQUHAwEGCCsG
AQUFBwMCMAwGA1UdEwEB/wQCMAAwHQYDVR0OBBYEFOtIHNnU/s3tfVW91C37tnI/
eVd5MB8GA1UdIwQYMBaAFIh+gXIVjJl3q48G2VHikfzNdOh6MD0GA1UdEQQ2MDSC
DXN3YXJtLW1hbmFnZXKCGXQ4dGR2aXVqeDdpbWxhcjhtNDdpejV4dWuCCHN3YXJt
LWNhMAoGCCqGSM49BAMCA0kAMEYCIQDxrmlzV2mloTyCUonJjb7tOwVdp322Pnzn
7hbLmIrC9wIhAJDTPyX3BS15oWl8xj0KW1HgfX12hF00isGjU0ak44cH
-----END CERTIFICATE-----
`;

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
      const evidence = derived(madeEvidence({}), (draft) => {
        draft.sections.push({name: 'certificate', command: 'sed', at: draft.startedAt, status: 0, output});
      });
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
