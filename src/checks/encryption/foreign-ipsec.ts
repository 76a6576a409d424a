import {line, nested, plain, prefix, sh} from '../../base/command.js';
import {type Fix, fixBy, look} from '../../findings/advice.js';
import type {XfrmPolicy} from '../../model/xfrm.js';
import {type Lost, lostToIpsec} from '../../services/foreign-ipsec.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type Report} from '../check.js';
import {nodesAt, otherNodes, remoteVteps} from '../underlay.js';
import {listed} from '../words.js';

/** Policies of IPsec that are not Docker's and drop the packets of overlays that it does not encrypt. */
export const foreignIpsec = defineCheck({
  name: 'foreign-ipsec',
  codes: ['ipsec-policy-foreign'],
  ignores: ['containers', 'balancers', 'rules', 'files'],
  perHost(host, report) {
    const {vtep} = host;
    const port = host.tunnels.find(({network}) => !network.encrypted)?.port;
    if (!vtep || port === undefined) return undefined;
    const others = [...new Set([...remoteVteps(host), ...otherNodes(host)])];
    for (const direction of ['out', 'in'] as const) {
      const lost = new Map<string, {lost: Lost; peers: string[]}>();
      for (const peer of others) {
        const [src, dst] = direction === 'out' ? [vtep.address, peer] : [peer, vtep.address];
        const found = lostToIpsec(host.model, {direction, src, dst, port});
        if (!found) continue;
        const key = `${found.policy.text} ${found.policy.direction}`;
        lost.set(key, {lost: found, peers: [...(lost.get(key)?.peers ?? []), peer]});
      }
      for (const {lost: one, peers} of lost.values()) tell(host, report, one, {peers, port});
    }
    return undefined;
  },
});

function tell(
  host: KnownHost,
  report: Report,
  {policy, why}: Lost,
  {peers, port}: {peers: string[]; port: number},
): void {
  const own = host.vtep?.address;
  const toward = policy.direction === 'out' ? 'to' : 'from';
  report.found({
    code: 'ipsec-policy-foreign',
    severity: 'error',
    host: host.name,
    network: null,
    subject: `UDP ${port} ${toward} ${listed(peers)}`,
    evidence: [
      `${policy.text} dir ${policy.direction} action ${policy.action ?? '?'} priority ${policy.priority ?? '?'}`,
    ],
    cause:
      why === 'blocked'
        ? `an IPsec policy that is not Docker's blocks packets ${toward} ${listed(peers)}: no frame of an overlay passes`
        : `an IPsec policy that is not Docker's asks for a security association for packets ${toward} ${listed(peers)}, and there is none: no frame of an overlay passes`,
    check: look(line('ip xfrm policy list; ip xfrm state list nokeys'), policy.text),
    fix: deletion(policy),
    basis: 'one-host',
    at: {host: host.name, netns: '@host'},
    reach: [{host: host.name}, ...nodesAt(host, peers), ...(own === undefined ? [] : [{vtep: own}])],
  });
}

function deletion({src, dst, protocol, dport, direction}: XfrmPolicy): Fix {
  const upper =
    protocol === undefined
      ? sh``
      : dport === undefined
        ? sh` proto ${plain(protocol)}`
        : sh` proto ${plain(protocol)} dport ${plain(String(dport))}`;
  const ends = sh`src ${prefix(withLength(src))} dst ${prefix(withLength(dst))}`;
  return fixBy({
    commands: [
      nested(sh`ip xfrm policy delete`, {
        text: `${ends.text}${upper.text} dir ${direction}`,
        ...(ends.problem === undefined ? {} : {problem: ends.problem}),
      }),
    ],
    affects:
      'what the policy was made for: find the program that made it (strongSwan, Libreswan), which may make it again',
  });
}

const withLength = (cidr: string) => (cidr.includes('/') ? cidr : `${cidr}/32`);
