import {device, prefix, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import type {PacketFilter} from '../../kernel/packet-filter.js';
import {countedLine} from '../../kernel/printed-rule.js';
import {chooseRoute} from '../../kernel/route.js';
import {rulesMet} from '../../kernel/rule-walk.js';
import type {HostModel} from '../../model/host.js';
import {rulesOf, tableOf} from '../../model/rules/questions.js';
import type {ActionName} from '../../model/rules/rule.js';
import {mayHideRules} from '../../services/docker-rules.js';
import {gwbridgeName, gwbridgeNetwork, leavers, legOf} from '../../topology/way-out.js';
import {defineCheck} from '../check.js';

const actions: readonly ActionName[] = ['masquerade', 'snat', 'netmap'];

/** Whether what leaves docker_gwbridge gets the host's own address, without which no answer finds its way back. */
export const masquerade = defineCheck({
  name: 'masquerade',
  codes: ['masquerade-missing'],
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
        reason: `whether packets from ${subnet} (docker_gwbridge) get the host's address on their way outside: ${why}`,
        add: 'On that host, as root: iptables-save -t nat; nft list ruleset',
      });
    const hidden = filter ? hiding(model, filter) : 'its packet filter was not read';
    if (!filter || hidden !== undefined) {
      gap(hidden ?? '');
      return undefined;
    }
    const route = model.host ? chooseRoute(model.host, '203.0.113.1').route : undefined;
    const met = filter.rulesets.flatMap((ruleset) =>
      rulesMet(
        tableOf(ruleset, 'nat'),
        {chain: 'POSTROUTING', actions},
        {
          protocol: 'tcp',
          src: source,
          dst: '203.0.113.1',
          ctState: 'NEW',
          ...(route?.device === undefined ? {} : {outInterface: route.device}),
          ipsec: false,
          dstLocal: false,
        },
      ),
    );
    if (met.length > 0) return undefined;
    const nat = rulesOf(model.host?.netfilter)
      .filter(({chain}) => chain.table === 'nat' && chain.name === 'POSTROUTING')
      .map(countedLine);
    report.found({
      code: 'masquerade-missing',
      severity: 'error',
      host: host.name,
      network: null,
      subject: subnet,
      evidence: [
        ...(nat.length > 0 ? nat.slice(0, 10) : ['nat POSTROUTING has no rule in any back end']),
        `none of it meets a packet from ${source} to outside${route?.device === undefined ? '' : ` by ${route.device}`}`,
      ],
      cause: `no rule gives packets from ${subnet} the host's own address: what containers send outside leaves with an address that is every node's, and no answer comes back`,
      check: look(sh`iptables -t nat -S POSTROUTING`, `no MASQUERADE for ${subnet}`),
      fix: fixBy({
        commands: [
          sh`iptables -t nat -A POSTROUTING -s ${prefix(subnet)} ! -o ${device(bridge)} -j MASQUERADE`,
        ],
        undo: [sh`iptables -t nat -D POSTROUTING -s ${prefix(subnet)} ! -o ${device(bridge)} -j MASQUERADE`],
        affects: 'one new rule, as the engine makes it; what flushed the table may do so again',
      }),
      basis: 'one-host',
      at: {host: host.name, netns: '@host', device: bridge},
    });
    return undefined;
  },
});

/** What keeps a rule that would do it from being seen, in words. */
function hiding(model: HostModel, {unread, foreign}: PacketFilter): string | undefined {
  if (unread || mayHideRules(model))
    return 'not all of its packet filters were read, or not whether the engine is to make rules at all';
  const beside = foreign.filter(({base}) => base?.hook === 'postrouting');
  if (beside.length === 0) return undefined;
  return `nftables chains beside those of iptables see them: ${beside.map(({family, table, name}) => `${family} ${table} ${name}`).join(', ')}`;
}
