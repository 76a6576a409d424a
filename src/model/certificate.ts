import {X509Certificate} from 'node:crypto';

/** A node's own certificate in its swarm (moby swarmkit ca/certificates.go): CN is the node, OU its role, O the swarm. */
export interface NodeCertificate {
  /** ISO 8601. */
  notBefore: string;
  notAfter: string;
  /** `CN=…` and the like, joined by commas. */
  subject: string;
}

/** Reads the first certificate of a PEM text, which is the node's own; undefined where there is none that can be read. */
export function parseCertificate(pem: string): NodeCertificate | undefined {
  const [first] = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(pem) ?? [];
  if (first === undefined) return undefined;
  try {
    const {validFrom, validTo, subject} = new X509Certificate(first);
    return {
      notBefore: new Date(validFrom).toISOString(),
      notAfter: new Date(validTo).toISOString(),
      subject: subject.split('\n').join(', '),
    };
  } catch {
    return undefined;
  }
}
