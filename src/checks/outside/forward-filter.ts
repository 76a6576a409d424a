import {device, line, nested, plain, sh} from '../../base/command.js';
import {type Advice, fixBy, look, noFix} from '../../findings/advice.js';
import type {FilteredPacket} from '../../kernel/netfilter.js';
import {type Decision, decide} from '../../kernel/packet-filter.js';
import {chainOf} from '../../kernel/printed-rule.js';
import {chooseRoute} from '../../kernel/route.js';
import type {KnownHost} from '../../topology/known-host.js';
import {gwbridgeName, gwbridgeNetwork, leavers, legOf} from '../../topology/way-out.js';
import {defineCheck, type Report} from '../check.js';
import {ruleLines} from '../underlay/own-rules.js';

/** An address of nobody (RFC 5737), for all that lies outside. */
const outside = '203.0.113.1';

/** A port that the kernel gives to a client by itself (net.ipv4.ip_local_port_range). */
const ephemeral = 40_000;

/** What containers send outside by docker_gwbridge, or what comes back. */
interface Direction {
  what: string;
  packet: FilteredPacket;
}

/** Whether the host forwards what containers send outside by docker_gwbridge, and what answers it. */
export const forwardFilter = defineCheck({
  name: 'forward-filter',
  codes: ['forward-filtered'],
  perHost(host, report) {
    const {model} = host;
    const bridge = gwbridgeName(model);
    const all = gwbridgeNetwork(model) ? leavers(model, host.sandboxes) : [];
    const leg = all.flatMap((leaver) => legOf(leaver, bridge, host.pairs)?.link.addresses ?? []);
    const source = leg.find(({family}) => family === 'inet')?.address;
    const uplink = model.host && chooseRoute(model.host, outside).route?.device;
    if (source === undefined || uplink === undefined) return undefined;
    if (!host.filter) {
      report.notChecked(gap(host, 'its packet filter was not read'));
      return undefined;
    }
    const own = model.host?.links
      ?.find(({name}) => name === uplink)
      ?.addresses?.find(({family}) => family === 'inet')?.address;
    for (const {what, packet} of directions({bridge, source, uplink, own})) {
      const decision = decide(host.filter, 'FORWARD', packet);
      if (decision.verdict === 'unknown') {
        report.notChecked(gap(host, `what decides is not understood: ${decision.evidence.join('; ')}`));
        return undefined;
      }
      if (decision.verdict !== 'drop') continue;
      tell(host, report, {bridge, what, decision});
      // Where requests are lost, what becomes of answers is no news.
      return undefined;
    }
    return undefined;
  },
});

interface Outward {
  bridge: string;
  /** Address of a container on the bridge. */
  source: string;
  uplink: string;
  /** The uplink's own address, which answers come to. */
  own: string | undefined;
}

function directions({bridge, source, uplink, own}: Outward): Direction[] {
  const common = {protocol: 'tcp' as const, ipsec: false, dstLocal: false};
  return [
    {
      what: 'what containers send outside',
      packet: {
        ...common,
        src: source,
        dst: outside,
        ctState: 'NEW',
        inInterface: bridge,
        outInterface: uplink,
        sourceMayChange: true,
      },
    },
    // Answers come to the host's address, and get the container's back only after the raw table has seen them.
    ...(own === undefined ? [] : [answer({bridge, source, uplink, own}, common)]),
  ];
}

function answer(
  {bridge, source, uplink, own}: Outward & {own: string},
  common: Pick<FilteredPacket, 'protocol' | 'ipsec' | 'dstLocal'>,
): Direction {
  return {
    what: 'answers from outside to containers',
    packet: {
      ...common,
      src: outside,
      dst: source,
      ctState: 'ESTABLISHED',
      inInterface: uplink,
      outInterface: bridge,
      dport: ephemeral,
      before: {dst: own, dport: ephemeral},
    },
  };
}

function gap(host: KnownHost, why: string) {
  return {
    host: host.name,
    network: null,
    reason: `whether the host forwards what containers send outside by docker_gwbridge: ${why}`,
    add: 'On that host, as root: iptables-save -c; nft list ruleset',
  };
}

function tell(
  host: KnownHost,
  report: Report,
  {bridge, what, decision}: {bridge: string; what: string; decision: Decision},
): void {
  report.found({
    code: 'forward-filtered',
    severity: 'error',
    host: host.name,
    network: null,
    subject: bridge,
    evidence: ruleLines(decision),
    cause: `the packet filter of this host drops ${what} in FORWARD: containers on its overlays reach each other, and nothing outside`,
    ...adviceOf(decision, bridge),
    basis: 'one-host',
    at: {host: host.name, netns: '@host', device: bridge},
  });
}

/** Both rules that the engine makes for the bridge, ahead of the rule that drops. */
function adviceOf({by}: Decision, bridge: string): Advice {
  if (!by) return {check: look(line('nft list ruleset')), fix: noFix('not known: which rule drops them')};
  const {program, table, name} = chainOf(by);
  const rules = [
    sh`-i ${device(bridge)} ! -o ${device(bridge)} -j ACCEPT`,
    sh`-o ${device(bridge)} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
  ];
  const typed = (verb: '-I' | '-D') =>
    rules.map((rule) => nested(sh`${plain(program)} -t ${plain(table)} ${line(verb)} ${plain(name)}`, rule));
  return {
    check: look(sh`${plain(program)} -t ${plain(table)} -vnL ${plain(name)}`, 'the packets of that rule'),
    fix: fixBy({
      commands: typed('-I'),
      undo: typed('-D'),
      affects: `what is forwarded for ${bridge}; a firewall manager that writes the rules must be changed too`,
    }),
  };
}
