import {device, line, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import {decide} from '../../kernel/packet-filter.js';
import {chainListing} from '../../kernel/printed-rule.js';
import type {KnownHost} from '../../topology/known-host.js';
import {gwbridgeName, gwbridgeNetwork, leavers, legOf} from '../../topology/way-out.js';
import {defineCheck} from '../check.js';

/** An address of no host (RFC 5737), and the port of discard. */
const outside = '192.0.2.1';
const unpublished = 9;

/** Whether others on the underlay reach containers by their addresses on docker_gwbridge, other than by published ports. */
export const gatewayOpen = defineCheck({
  name: 'gateway-open',
  codes: ['gwbridge-open'],
  perHost(host, report) {
    const {model} = host;
    const bridge = gwbridgeName(model);
    const [leaver, address] = gwbridgeNetwork(model) ? someLeg(host, bridge) : [];
    const uplink = model.host?.routes?.find(
      ({dst, table, family}) => dst === 'default' && table === 'main' && family === 'inet',
    )?.device;
    if (!leaver || address === undefined || !host.filter || uplink === undefined) return undefined;
    const {verdict} = decide(host.filter, 'FORWARD', {
      protocol: 'tcp',
      src: outside,
      dst: address,
      dport: unpublished,
      ctState: 'NEW',
      inInterface: uplink,
      outInterface: bridge,
      ipsec: false,
      dstLocal: false,
      srcLocal: false,
    });
    if (verdict !== 'accept') return undefined;
    const policy = host.filter.rulesets.flatMap(({hooked}) => hooked.get('forward') ?? []);
    report.found({
      code: 'gwbridge-open',
      severity: 'info',
      host: host.name,
      network: null,
      subject: bridge,
      evidence: [
        `a new connection from ${uplink} to ${address} (${leaver}), port ${unpublished}, passes all rules`,
        ...policy
          .slice(0, 3)
          .map(
            ({program, table, name, policy: word}) =>
              `${program}: ${table}: -P ${name} ${(word ?? 'accept').toUpperCase()}`,
          ),
      ],
      cause: `ports of containers that are not published can be reached on their ${bridge} addresses by any host of the underlay that routes to them through this node: the policy of FORWARD accepts what no rule drops`,
      check: look(line(chainListing(host.filter.rulesets, 'filter', 'FORWARD')), '-P FORWARD ACCEPT'),
      fix: fixBy({
        commands: [
          sh`iptables -I DOCKER-USER -i ${device(uplink)} -o ${device(bridge)} -m conntrack --ctstate NEW -m conntrack ! --ctstate DNAT -j DROP`,
        ],
        undo: [
          sh`iptables -D DOCKER-USER -i ${device(uplink)} -o ${device(bridge)} -m conntrack --ctstate NEW -m conntrack ! --ctstate DNAT -j DROP`,
        ],
        affects: `new connections from ${uplink} to containers by their ${bridge} addresses: those to published ports pass as before`,
      }),
      basis: 'one-host',
      at: {host: host.name, netns: '@host', device: bridge},
    });
    return undefined;
  },
});

function someLeg(host: KnownHost, bridge: string): [string, string] | [] {
  for (const leaver of leavers(host.model, host.sandboxes)) {
    const leg = legOf(leaver, bridge, host.pairs)?.link.addresses?.find(({family}) => family === 'inet');
    if (leg) return [leaver.name, leg.address];
  }
  return [];
}
