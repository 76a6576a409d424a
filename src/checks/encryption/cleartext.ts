import {address, line, number, plain, sh} from '../../base/command.js';
import {type Fix, fixBy, fixByOthers, look, noFix} from '../../findings/advice.js';
import {atLeast, engineVersion, within} from '../../model/engine-version.js';
import {dockerXfrm, type EncryptedVni, encryptedVnis, policyTo} from '../../services/encryption.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type Report} from '../check.js';

/** Packets of encrypted overlays that no policy takes, and engines that let some out or in unencrypted. */
export const cleartext = defineCheck({
  name: 'cleartext',
  codes: ['cleartext-risk'],
  perHost(host, report) {
    const encrypted = encryptedVnis(host.overlays).filter(({vteps}) => vteps.length > 0);
    const policies = dockerXfrm(host.model)?.policies;
    for (const sealed of policies ? encrypted : []) {
      for (const vtep of sealed.vteps) {
        const policy = policyTo(policies ?? [], {to: vtep});
        if (!policy) {
          reportClear(host, report, sealed, vtep, {
            evidence: [`no policy out to ${vtep} with mark 0xd0c4e3`],
            why: 'there is no policy for this node',
          });
        } else if (policy.dport !== undefined && policy.dport !== sealed.port) {
          reportClear(host, report, sealed, vtep, {
            evidence: [policy.text, `the data path uses port ${sealed.port}`],
            why: `the policy is for port ${policy.dport} and not for the data path port (engines before 23.0.7 and 24.0.3)`,
          });
        }
      }
    }
    if (encrypted.length > 0) oldEngine(host, report, encrypted);
    return undefined;
  },
});

function reportClear(
  host: KnownHost,
  report: Report,
  {network, vni, port}: EncryptedVni,
  vtep: string,
  {evidence, why}: {evidence: string[]; why: string},
): void {
  report.found({
    code: 'cleartext-risk',
    severity: 'error',
    host: host.name,
    network: network.name,
    subject: `VTEP ${vtep}`,
    evidence: [
      `${network.name} (VNI ${vni}) is encrypted, and has entries that point to ${vtep}`,
      ...evidence,
    ],
    cause: `packets of ${network.name} to ${vtep} are marked for encryption, and ${why}: they leave this host unencrypted, and the other node drops them`,
    check: look(line('ip xfrm policy list'), `no policy out to ${vtep} for UDP ${port} with mark 0xd0c4e3`),
    fix: policyFix(host, network.name, port, vtep),
    basis: 'one-host',
    at: {host: host.name, networkId: network.id, netns: '@host', vtep},
  });
}

/**
 * The policy as the engine makes it (moby overlay encryption.go, programSP). The SPI is left out, so that any state of
 * Docker's to that node serves it (net/xfrm/xfrm_state.c, xfrm_state_find); the engine sets it at the next change of keys.
 */
function policyFix({vtep: own}: KnownHost, network: string, port: number, vtep: string): Fix {
  if (own === undefined) return noFix("not known: this node's own VTEP");
  const [src, dst] = [address(own.address), address(vtep)];
  const [source, target] = [`${own.address}/32`, `${vtep}/32`].map(plain);
  if (!source || !target) return noFix('not known: the two VTEPs');
  const selector = sh`src ${source} dst ${target} proto udp dport ${number(port)} dir out mark 0xd0c4e3 mask 0xffffffff`;
  return fixBy({
    commands: [
      sh`ip xfrm policy update ${selector} tmpl src ${src} dst ${dst} proto esp reqid 13681891 mode transport`,
    ],
    undo: [sh`ip xfrm policy delete ${selector}`],
    affects: `packets of encrypted networks such as ${network} to ${vtep}: they are encrypted from then on`,
  });
}

/** CVE-2023-28840, -28841 and -28842: rules appended behind others, made late, and errors merely logged. */
function oldEngine(host: KnownHost, report: Report, encrypted: EncryptedVni[]): void {
  const text = host.model.docker?.engine.version;
  const version = engineVersion(text);
  const old = version && (!atLeast(version, '20.10.24') || within(version, '23.0.0', '23.0.2'));
  if (!old) return;
  report.found({
    code: 'cleartext-risk',
    severity: 'warning',
    host: host.name,
    network: null,
    subject: `engine ${text}`,
    evidence: [
      `GET /version: ${text}`,
      `encrypted networks here: ${[...new Set(encrypted.map(({network}) => network.name))].join(', ')}`,
    ],
    cause:
      'this engine appends its rules for encrypted overlays after existing ones, adds them late, and continues if that fails: packets may be sent or accepted unencrypted (CVE-2023-28840, -28841, -28842)',
    check: look(line('docker version')),
    fix: fixByOthers(
      'administrator of the engine',
      'install 20.10.24, 23.0.3 or later; every container of the host is restarted',
    ),
    basis: 'one-host',
    at: {host: host.name},
  });
}
