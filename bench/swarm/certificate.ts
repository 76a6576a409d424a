/**
 * A node's certificate as swarmkit's authority makes them, by its form: the names, the times and an Ed25519 key. Nobody signed it,
 * and the key has no other half.
 */
import type {Chance} from './chance.js';

export interface CertificateFacts {
  node: string;
  role: 'swarm-manager' | 'swarm-worker';
  cluster: string;
  from: Date;
  to: Date;
}

/** Tags of X.690 (DER). */
const tag = {
  integer: 2,
  bits: 3,
  objectId: 6,
  utf8: 12,
  utcTime: 23,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
};
/** Object ids: 2.5.4.3 (CN), 2.5.4.10 (O), 2.5.4.11 (OU), 1.3.101.112 (Ed25519). */
const ids = {commonName: '550403', organisation: '55040a', unit: '55040b', ed25519: '2b6570'};

export function certificatePem(lot: Chance, {node, role, cluster, from, to}: CertificateFacts): string {
  const algorithm = der(tag.sequence, objectId(ids.ed25519));
  const body = der(
    tag.sequence,
    der(tag.version, der(tag.integer, Buffer.from([2]))),
    der(tag.integer, Buffer.from(`01${lot.hex(`serial ${node}`, 30)}`, 'hex')),
    algorithm,
    names([[ids.commonName, 'swarm-ca']]),
    der(tag.sequence, time(from), time(to)),
    names([
      [ids.organisation, cluster],
      [ids.unit, role],
      [ids.commonName, node],
    ]),
    der(tag.sequence, algorithm, bits(lot.hex(`key ${node}`, 64))),
  );
  const signature = lot.hex(`signature ${node}`, 64).repeat(2);
  const text = der(tag.sequence, body, algorithm, bits(signature)).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${text.replace(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`;
}

function der(kind: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const {length} = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([kind, ...size]), content]);
}

function objectId(hex: string): Buffer {
  return der(tag.objectId, Buffer.from(hex, 'hex'));
}

function names(pairs: [id: string, value: string][]): Buffer {
  return der(
    tag.sequence,
    ...pairs.map(([id, value]) =>
      der(tag.set, der(tag.sequence, objectId(id), der(tag.utf8, Buffer.from(value)))),
    ),
  );
}

function bits(hex: string): Buffer {
  return der(tag.bits, Buffer.from(`00${hex}`, 'hex'));
}

/** YYMMDDHHMMSSZ */
function time(date: Date): Buffer {
  return der(tag.utcTime, Buffer.from(`${date.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));
}
