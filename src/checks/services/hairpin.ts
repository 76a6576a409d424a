import {device, line, number, plain, sh} from '../../base/command.js';
import {look} from '../../findings/advice.js';
import {type Decision, decide} from '../../kernel/packet-filter.js';
import {dropWord} from '../../kernel/printed-rule.js';
import {
  hostSteps,
  type IngressPort,
  ingressPorts,
  type Request,
  type Translated,
} from '../../services/ingress.js';
import {chainOn} from '../../services/step.js';
import type {KnownHost} from '../../topology/known-host.js';
import {gwbridgeName, leavers, legOf} from '../../topology/way-out.js';
import {defineCheck, type Report} from '../check.js';
import {chainCheck, fixAhead, ruleLines} from '../underlay/own-rules.js';
import {listed} from '../words.js';

/**
 * Published ports asked from the node's own containers, by the node's address: they come in and go out by docker_gwbridge, whose
 * containers are kept apart otherwise, so that the engine accepts them before (moby libnetwork service_linux.go programIngress).
 */
export const hairpin = defineCheck({
  name: 'hairpin',
  codes: ['hairpin-filtered'],
  perHost(host, report) {
    const bridge = gwbridgeName(host.model);
    const leg = leavers(host.model, host.sandboxes)
      .filter(({file}) => file !== 'ingress_sbox')
      .flatMap((leaver) => legOf(leaver, bridge, host.pairs)?.link.addresses ?? [])
      .find(({family}) => family === 'inet')?.address;
    const own = host.vtep?.address;
    if (leg === undefined || own === undefined) return undefined;
    const lost = new Map<string, Lost>();
    for (const port of ingressPorts([host.model])) {
      const decision = walk(host, {bridge, leg, own}, port);
      if (decision?.verdict !== 'drop') continue;
      const key = decision.evidence.join('\n');
      const known = lost.get(key) ?? {decision, ports: []};
      known.ports.push(port);
      lost.set(key, known);
    }
    for (const one of lost.values()) tell(host, report, bridge, one);
    return undefined;
  },
});

interface Lost {
  decision: Decision;
  ports: IngressPort[];
}

interface Hairpin {
  bridge: string;
  /** Address of a container on the bridge. */
  leg: string;
  /** The node's address that is asked. */
  own: string;
}

/** Undefined where the host's rules do not translate the request: then nothing is forwarded. */
function walk(
  host: KnownHost,
  {bridge, leg, own}: Hairpin,
  {published, protocol}: IngressPort,
): Decision | undefined {
  if (protocol !== undefined && protocol !== 'tcp' && protocol !== 'udp') return undefined;
  const request: Request = {
    port: published,
    protocol: protocol ?? 'tcp',
    src: leg,
    dst: own,
    inInterface: bridge,
  };
  const to = translated(host, request);
  if (!to || !host.filter) return undefined;
  return decide(host.filter, 'FORWARD', {
    protocol: request.protocol,
    src: leg,
    dst: to.address,
    dport: to.port,
    ctState: 'NEW',
    inInterface: bridge,
    outInterface: bridge,
    ipsec: false,
    dstLocal: false,
    srcLocal: false,
    before: {dst: own, dport: published},
  });
}

function translated(host: KnownHost, request: Request): Translated | undefined {
  const chain = chainOn(host.model);
  const to = hostSteps(chain, host.model, request, 'ingress');
  return chain.broken() ? undefined : to;
}

function tell(host: KnownHost, report: Report, bridge: string, {decision, ports}: Lost): void {
  const [first] = ports;
  if (!first) return;
  const what = listed(ports.map(({service, published}) => `${published} (${service})`));
  const {by} = decision;
  const protocol = first.protocol ?? 'tcp';
  report.found({
    code: 'hairpin-filtered',
    severity: 'warning',
    host: host.name,
    network: null,
    subject: ports.length === 1 ? `port ${first.published}` : `${ports.length} ports`,
    evidence: [...ports.slice(0, 5).map(({text}) => text), ...ruleLines(decision)],
    cause: `the packet filter of this host ${dropWord(by)} requests of its own overlay containers to published ${ports.length === 1 ? 'port' : 'ports'} ${what} at the address of the node: only those of other hosts arrive`,
    check: by ? chainCheck(by) : look(line('iptables-save')),
    fix: by
      ? fixAhead(
          by,
          {
            iptables: ports.map(
              ({published}) =>
                sh`-i ${device(bridge)} -o ${device(bridge)} -p ${plain(protocol)} --dport ${number(published)} -j ACCEPT`,
            ),
            nft: ports.map(
              ({published}) =>
                sh`iifname ${device(bridge)} oifname ${device(bridge)} ${plain(protocol)} dport ${number(published)} accept`,
            ),
          },
          `requests of containers of this node to published ports`,
        )
      : {by: 'unknown', reason: 'not known: which rule drops them'},
    basis: 'one-host',
    at: {host: host.name, netns: '@host', device: bridge},
  });
}
