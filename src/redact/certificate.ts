import {X509Certificate} from 'node:crypto';
import {Refusal} from './lines.js';
import type {Tokens} from './tokens.js';

/** Tags of ASN.1 (X.690) as X.509 uses them: texts, a name in an extension, and what is numbers or bits. */
const texts = new Set([0x0c, 0x13, 0x16, 0x82]);
const bits = new Set([0x02, 0x03]);
const octetString = 0x04;

/** Names that a swarm gives itself (swarmkit ca/certificates.go). */
const swarmsOwn = new Set(['swarm-node', 'swarm-manager', 'swarm-worker', 'swarm-ca', 'swarm-root-ca']);

/**
 * A certificate of the same form and validity, in which every name and id is another of the same length, and all keys,
 * numbers and signatures are noise. It proves nothing any more; it only says until when the real one holds.
 */
export function redactCertificates(pem: string, tokens: Tokens): string {
  return pem.replace(
    /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----|[^-\s][^\n]*/g,
    (_, base64: string | undefined) => {
      if (base64 === undefined) throw new Refusal('a certificate is not understood');
      const der = Buffer.from(base64, 'base64');
      redactDer(der, tokens);
      try {
        new X509Certificate(der);
      } catch {
        throw new Refusal('a certificate can be read no more once it is redacted');
      }
      const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
      return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----`;
    },
  );
}

/** Writes over the contents of all primitive values; lengths stay as they are. */
function redactDer(der: Buffer, tokens: Tokens): void {
  for (let at = 0; at < der.length; ) {
    const tag = der[at] ?? 0;
    const {length, start} = lengthAt(der, at + 1);
    const content = der.subarray(start, start + length);
    if (content.length !== length) throw new Refusal('a certificate is cut');
    const isConstructed = (tag & 0x20) !== 0;
    if (isConstructed || (tag === octetString && holdsDer(content))) redactDer(content, tokens);
    else if (texts.has(tag)) content.write(sameLength(content.toString('latin1'), tokens), 'latin1');
    // A short number is a version or an exponent.
    else if ((bits.has(tag) && length > 3) || tag === octetString || tag === 0x80)
      noise(content, tag, tokens);
    at = start + length;
  }
}

function lengthAt(der: Buffer, at: number): {length: number; start: number} {
  const first = der[at] ?? 0;
  if (first < 0x80) return {length: first, start: at + 1};
  const count = first & 0x7f;
  if (count === 0 || count > 3) throw new Refusal('a certificate is not understood');
  return {length: der.readUIntBE(at + 1, count), start: at + 1 + count};
}

/** Extensions are DER within an octet string. */
function holdsDer(content: Buffer): boolean {
  if (content.length < 2 || ![0x30, 0x04, 0x03].includes(content[0] ?? 0)) return false;
  const {length, start} = lengthAt(content, 1);
  return start + length === content.length;
}

function sameLength(text: string, {id, opaque}: Tokens): string {
  if (swarmsOwn.has(text)) return text;
  return /^[0-9a-z]{25}$/.test(text) ? id(text) : opaque(text);
}

/** The first octet of bits says how many are unused, that of a number whether it is negative, that of a point its form. */
function noise(content: Buffer, tag: number, {opaque}: Tokens): void {
  const kept = tag === 0x03 ? 2 : 1;
  const random = Buffer.from(opaque(content.toString('hex')), 'latin1');
  for (let at = kept; at < content.length; at++) content[at] = (random[at * 2] ?? 0) ^ (random[at] ?? 0);
}
