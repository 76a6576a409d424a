import {device, line, sh} from '../../base/command.js';
import {type Advice, look, noFix} from '../../findings/advice.js';
import type {Decision} from '../../kernel/packet-filter.js';
import {dropWord} from '../../kernel/printed-rule.js';
import {type Forwarding, forwardedOutside} from '../../services/forwarding.js';
import type {KnownHost} from '../../topology/known-host.js';
import {gwbridgeName, gwbridgeNetwork, leavers, legOf} from '../../topology/way-out.js';
import {defineCheck, type Report} from '../check.js';
import {managersForwardFix} from '../underlay/firewall-managers.js';
import {chainCheck, fixAhead, ruleLines} from '../underlay/own-rules.js';

/** Whether the host forwards what containers send outside by docker_gwbridge, and what answers it. */
export const forwardFilter = defineCheck({
  name: 'forward-filter',
  codes: ['forward-filtered'],
  ignores: ['files'],
  perHost(host, report) {
    const {model} = host;
    const bridge = gwbridgeName(model);
    const all = gwbridgeNetwork(model) ? leavers(model, host.sandboxes) : [];
    const leg = all.flatMap((leaver) => legOf(leaver, bridge, host.pairs)?.link.addresses ?? []);
    const source = leg.find(({family}) => family === 'inet')?.address;
    if (source === undefined || !model.host) return undefined;
    if (!host.filter) {
      report.notChecked(gap(host, 'its packet filter was not read'));
      return undefined;
    }
    const lost = forwardedOutside(model.host, host.filter, {bridge, source});
    if (lost?.decision.verdict === 'unknown')
      report.notChecked(
        gap(host, `it depends on rules that are not evaluated: ${lost.decision.evidence.join('; ')}`),
      );
    else if (lost) tell(host, report, {bridge, ...lost});
    return undefined;
  },
});

function gap(host: KnownHost, why: string) {
  return {
    host: host.name,
    network: null,
    reason: `whether the host forwards outbound traffic of docker_gwbridge: ${why}`,
    add: 'On that host, as root: iptables-save -c; nft list ruleset',
  };
}

function tell(
  host: KnownHost,
  report: Report,
  {bridge, what, isAnswer, decision}: Forwarding & {bridge: string},
): void {
  report.found({
    code: 'forward-filtered',
    severity: 'error',
    host: host.name,
    network: null,
    subject: bridge,
    evidence: ruleLines(decision),
    cause: `the packet filter of this host ${dropWord(decision.by)} ${what} in FORWARD: containers on its overlays reach each other, and nothing outside`,
    ...adviceOf(host, decision, {bridge, isAnswer}),
    basis: 'one-host',
    at: {host: host.name, netns: '@host', device: bridge},
  });
}

/** Both rules that the engine makes for the bridge, ahead of the rule that drops; or the same in the words of who writes the rules. */
function adviceOf(
  {filter}: KnownHost,
  {by}: Decision,
  {bridge, isAnswer}: Pick<Forwarding, 'isAnswer'> & {bridge: string},
): Advice {
  if (!by) return {check: look(line('nft list ruleset')), fix: noFix('not known: which rule drops them')};
  const rules = {
    iptables: [
      sh`-i ${device(bridge)} ! -o ${device(bridge)} -j ACCEPT`,
      sh`-o ${device(bridge)} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    ],
    nft: [
      sh`iifname ${device(bridge)} oifname != ${device(bridge)} accept`,
      sh`oifname ${device(bridge)} ct state established,related accept`,
    ],
  };
  const managers = isAnswer ? undefined : managersForwardFix(filter, by, bridge);
  return {check: chainCheck(by), fix: managers ?? fixAhead(by, rules, `what is forwarded for ${bridge}`)};
}
