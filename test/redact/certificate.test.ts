import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {describe, it} from 'node:test';
import {swarmCertificate} from '../support/certificate.js';
import {all, section} from './section.js';

describe('a redacted certificate', () => {
  it('says until when, for whom in other words, and is of the same length', () => {
    const redacted = section('certificate', swarmCertificate);
    const [before, after] = [new X509Certificate(swarmCertificate), new X509Certificate(redacted)];
    assert.deepEqual([after.validFrom, after.validTo], [before.validFrom, before.validTo]);
    assert.equal(after.raw.length, before.raw.length);
    const words = Object.fromEntries(
      before.subject.split('\n').map((line) => line.split('=') as [string, string]),
    );
    assert.equal(
      after.subject,
      `O=${all.id(words['O'] ?? '')}\nOU=${words['OU']}\nCN=${all.id(words['CN'] ?? '')}`,
    );
    assert.match(after.subjectAltName ?? '', new RegExp(all.id(words['CN'] ?? '')));
    const real = before.raw.toString('latin1');
    for (const secret of [words['O'] ?? '', words['CN'] ?? ''])
      assert.ok(!after.raw.toString('latin1').includes(secret));
    assert.ok(!after.raw.includes(before.raw.subarray(-60)), 'the signature');
    assert.notEqual(after.serialNumber, before.serialNumber);
    assert.ok(real.length > 500);
  });

  it('that is none is refused', () => {
    assert.throws(() => section('certificate', 'anything else'), /certificate/);
    assert.throws(() => section('certificate', swarmCertificate.replace('MIIC', 'MIIZ')), /certificate/);
  });
});
