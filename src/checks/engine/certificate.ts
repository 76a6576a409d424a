import {line} from '../../base/command.js';
import {fixBy, fixByOthers, look} from '../../findings/advice.js';
import type {Finding} from '../../findings/finding.js';
import {type NodeCertificate, parseCertificate} from '../../model/certificate.js';
import {defineCheck, type Gap} from '../check.js';

/**
 * A node renews its certificate at a random moment after half and before four fifths of its time (moby swarmkit
 * ca/certificates.go, calculateRandomExpiry). From here on that has failed.
 */
const overdue = 0.9;

const expiry = look(
  line('openssl x509 -noout -enddate -in /var/lib/docker/swarm/certificates/swarm-node.crt'),
  'in the data root of the engine',
);
const setClock = fixBy({
  commands: [line('timedatectl set-ntp true')],
  affects: 'the clock of the node',
});
const joinAnew = fixByOthers(
  'administrator of a manager',
  'docker swarm join-token worker (or manager) prints the join command; run docker swarm leave --force on this node and then that command: its tasks and overlay networks are recreated',
);
const rotate = fixByOthers(
  'administrator of a manager',
  'run docker swarm ca --rotate there while the node is still connected: the certificates of all nodes are renewed one by one. The node must reach a manager on TCP 2377',
);

const states = {
  early: {
    code: 'certificate-expired',
    severity: 'error',
    cause: `the certificate is not valid yet by the node's own clock, which is most likely behind: managers and nodes refuse each other`,
    check: look(line('date')),
    fix: setClock,
  },
  expired: {
    code: 'certificate-expired',
    severity: 'error',
    cause:
      'the certificate has expired: managers refuse the node, so it gets no tasks, no keys and no updates',
    check: expiry,
    fix: joinAnew,
  },
  overdue: {
    code: 'certificate-expiring',
    severity: 'warning',
    cause:
      'the certificate should have been renewed by now and was not: the node cannot reach a manager, or is refused by it; once it has expired the node cannot rejoin by itself',
    check: expiry,
    fix: rotate,
  },
} satisfies Record<string, Pick<Finding, 'code' | 'severity' | 'cause' | 'check' | 'fix'>>;

/** What is wrong with a certificate at a time in milliseconds; undefined where nothing is. */
function stateOf({notBefore, notAfter}: NodeCertificate, now: number): keyof typeof states | undefined {
  const [from, to] = [Date.parse(notBefore), Date.parse(notAfter)];
  if (now < from) return 'early';
  if (now > to) return 'expired';
  return now < from + (to - from) * overdue ? undefined : 'overdue';
}

function unread(host: string, pem: string | undefined, own: NodeCertificate | undefined): Gap {
  return {
    host,
    network: null,
    reason:
      pem === undefined || own
        ? "the node's certificate in the swarm was not read"
        : "the node's Swarm certificate file could not be parsed",
    add: `Read ${host} as root; by hand: openssl x509 -noout -dates -in /var/lib/docker/swarm/certificates/swarm-node.crt`,
  };
}

/** The node's certificate against its own clock. */
export const certificate = defineCheck({
  name: 'certificate',
  codes: ['certificate-expired', 'certificate-expiring'],
  perHost(host, report) {
    const {certificate: pem, clock, docker} = host.model;
    const own = pem === undefined ? undefined : parseCertificate(pem);
    if (!own || !clock) {
      if (docker?.engine.swarm?.state === 'active') report.notChecked(unread(host.name, pem, own));
      return undefined;
    }
    const now = clock.seconds * 1000;
    const state = stateOf(own, now);
    if (state === undefined) return undefined;
    const {code, severity, cause, check, fix} = states[state];
    report.found({
      code,
      severity,
      host: host.name,
      network: null,
      subject: 'certificate of the node',
      evidence: [
        `swarm-node.crt: ${own.subject}`,
        `valid from ${own.notBefore} to ${own.notAfter}`,
        `clock of ${host.name}: ${new Date(now).toISOString()}`,
      ],
      cause,
      check,
      fix,
      basis: 'one-host',
      at: {host: host.name},
    });
    return undefined;
  },
});
