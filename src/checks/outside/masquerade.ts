import {device, line, prefix, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import {chainListing, countedLine} from '../../kernel/printed-rule.js';
import {rulesOf} from '../../model/rules/questions.js';
import {masquerading} from '../../services/masquerade.js';
import {gwbridgeName, gwbridgeNetwork, leavers, legOf} from '../../topology/way-out.js';
import {defineCheck} from '../check.js';

/** Whether what leaves docker_gwbridge gets the host's own address, without which no answer finds its way back. */
export const masquerade = defineCheck({
  name: 'masquerade',
  codes: ['masquerade-missing'],
  ignores: ['files'],
  perHost(host, report) {
    const {model, filter} = host;
    const network = gwbridgeNetwork(model);
    const all = leavers(model, host.sandboxes);
    if (!network || all.length === 0 || network.masquerade === false || model.engineMakesRules === false)
      return undefined;
    const subnet = network.subnets.find((one) => one.subnet.includes('.'))?.subnet;
    const bridge = gwbridgeName(model);
    const leg = all.flatMap((leaver) => legOf(leaver, bridge, host.pairs)?.link.addresses ?? []);
    const source = leg.find(({family}) => family === 'inet')?.address;
    if (subnet === undefined || source === undefined) return undefined;
    const gap = (why: string) =>
      report.notChecked({
        host: host.name,
        network: null,
        reason: `whether packets from ${subnet} (docker_gwbridge) are masqueraded: ${why}`,
        add: 'On that host, as root: iptables-save -t nat; nft list ruleset',
      });
    const found = masquerading(model, filter, {source});
    if (found.state === 'hidden') gap(found.why);
    if (found.state !== 'missing') return undefined;
    const nat = rulesOf(filter?.rulesets)
      .filter(
        ({chain: {family, table, name}}) => family === 'ip' && table === 'nat' && name === 'POSTROUTING',
      )
      .map(countedLine);
    report.found({
      code: 'masquerade-missing',
      severity: 'error',
      host: host.name,
      network: null,
      subject: subnet,
      evidence: [
        ...(nat.length > 0 ? nat.slice(0, 10) : ['nat POSTROUTING has no rule in any back end']),
        `no rule matches a packet from ${source} to the outside${found.device === undefined ? '' : ` through ${found.device}`}`,
      ],
      cause: `packets from ${subnet} are not masqueraded: outbound traffic of containers leaves with a docker_gwbridge address, and no reply comes back`,
      check: look(
        line(chainListing(filter?.rulesets ?? [], 'nat', 'POSTROUTING')),
        `no MASQUERADE for ${subnet}`,
      ),
      fix: fixBy({
        commands: [
          sh`iptables -t nat -A POSTROUTING -s ${prefix(subnet)} ! -o ${device(bridge)} -j MASQUERADE`,
        ],
        undo: [sh`iptables -t nat -D POSTROUTING -s ${prefix(subnet)} ! -o ${device(bridge)} -j MASQUERADE`],
        affects: 'one new rule, as the engine adds it; whatever flushed the table may do so again',
      }),
      basis: 'one-host',
      at: {host: host.name, netns: '@host', device: bridge},
    });
    return undefined;
  },
});
