import {type Command, device, line, named, plain, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import {callsIptables, throughBridgeChains} from '../../kernel/bridge-chains.js';
import type {FilteredPacket} from '../../kernel/netfilter.js';
import {type Decision, decide, packetFilter} from '../../kernel/packet-filter.js';
import {chainOf, dropWord, ruleLine, savedBy} from '../../kernel/printed-rule.js';
import type {Network} from '../../model/docker-types.js';
import type {Namespace} from '../../model/host.js';
import {mayDrop} from '../../services/container-filter.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type Report} from '../check.js';
import {fixAhead, ruleLines} from '../underlay/own-rules.js';

/** Rules in the sandboxes of overlays, in which Docker sets none: of nftables' bridge family, and those of iptables that bridged frames pass. */
export const sandboxChains = defineCheck({
  name: 'sandbox-chains',
  codes: ['bridge-filtered'],
  perHost(host, report) {
    for (const {network, sandboxes} of host.overlays)
      for (const {namespace} of sandboxes) {
        bridgeFamily(host, report, network, namespace);
        bridged(host, report, network, namespace);
      }
    return undefined;
  },
});

function bridgeFamily(host: KnownHost, report: Report, network: Network, {file, tables}: Namespace): void {
  const {verdict, by} = throughBridgeChains(
    tables?.nftables,
    (tables?.links ?? []).flatMap(({name, master}) => (master === undefined ? [] : [name])),
  );
  const [first] = by;
  if (verdict === 'passes' || !first) return;
  const {family, table, name} = chainOf(first);
  const shown = within(host.model, file, sh`nft -a list table ${plain(family)} ${named(table)}`);
  if (verdict === 'perhaps') {
    report.notChecked({
      host: host.name,
      network: network.name,
      reason: `whether frames of ${network.name} pass the nftables chain ${table}/${name} in ${file}: its rules are not evaluated`,
      add: shown.text,
    });
    return;
  }
  report.found({
    code: 'bridge-filtered',
    severity: 'error',
    host: host.name,
    network: network.name,
    subject: `${table}/${name} in ${file}`,
    evidence: by.map((one) => `${file}: ${ruleLine(one)}`),
    cause: `the nftables chain ${table}/${name} in the sandbox of ${network.name} drops all IPv4 frames between its ports: no endpoint of ${host.name} reaches others there, or is reached; Docker sets none`,
    check: look(shown, 'the rule that drops'),
    fix: fixBy({
      commands: [within(host.model, file, sh`nft delete table ${plain(family)} ${named(table)}`)],
      affects: `all rules of that table in the sandbox of ${network.name}: find the program that made it`,
    }),
    basis: 'one-host',
    at: {host: host.name, networkId: network.id, netns: file},
  });
}

/** Peers that are asked for: rules that tell them apart are rare in a sandbox. */
const mostPeers = 16;

/** With br_netfilter the rules for routed packets see frames between two ports as well (net/bridge/br_netfilter_hooks.c). */
function bridged(host: KnownHost, report: Report, network: Network, {file, tables}: Namespace): void {
  const filter = tables && packetFilter(tables);
  if (!filter || !mayDrop(filter.rulesets)) return;
  if (callsIptables(host.model.host?.proc, tables.proc) !== '1') return;
  const inside = (command: Command) => within(host.model, file, command);
  const own = (host.endpoints(network) ?? []).find(({ip, port}) => ip !== undefined && port?.netns === file);
  const bridge = own?.port?.link.master;
  const peers = (tables.neighbours ?? []).flatMap(({address, state}) =>
    state.includes('PERMANENT') && address !== own?.ip ? [address] : [],
  );
  if (!own?.ip || bridge === undefined || peers.length === 0) return;
  const lost = (protocol: 'tcp' | 'icmp') =>
    lostBetween(own.ip ?? '', peers, {protocol, bridge}, (packet) => decide(filter, 'FORWARD', packet));
  const [tcp, icmp] = [lost('tcp'), lost('icmp')];
  const decision = tcp ?? icmp;
  if (!decision?.by) return;
  const dev = device(bridge);
  report.found({
    code: 'bridge-filtered',
    severity: tcp ? 'error' : 'info',
    host: host.name,
    network: network.name,
    subject: `${chainOf(decision.by).name} in ${file}`,
    evidence: ruleLines(decision).map((text) => `${file}: ${text}`),
    cause: `the packet filter in the sandbox of ${network.name} ${dropWord(decision.by)} ${tcp ? 'what' : 'pings that'} ${bridge} forwards between its ports, as br_netfilter shows it bridged frames; Docker sets no rules there`,
    check: look(inside(line(savedBy(decision.by, 'iptables-save -c'))), 'the packets of that rule'),
    fix: fixAhead(
      decision.by,
      {
        iptables: [sh`-i ${dev} -o ${dev} -j ACCEPT`],
        nft: [sh`iifname ${dev} oifname ${dev} accept`],
      },
      `frames between endpoints of ${network.name} on ${host.name}`,
      inside,
    ),
    basis: 'one-host',
    at: {host: host.name, networkId: network.id, netns: file},
  });
}

/** What is dropped between an endpoint and any of its peers, in either direction. */
function lostBetween(
  own: string,
  peers: readonly string[],
  {protocol, bridge}: {protocol: 'tcp' | 'icmp'; bridge: string},
  decided: (packet: FilteredPacket) => Decision,
): Decision | undefined {
  const base = {
    protocol,
    ctState: 'NEW',
    ...(protocol === 'icmp' ? {icmpType: 8} : {}),
    inInterface: bridge,
    outInterface: bridge,
    ipsec: false,
    dstLocal: false,
  } as const;
  return peers
    .slice(0, mostPeers)
    .flatMap((peer) => [
      {src: own, dst: peer},
      {src: peer, dst: own},
    ])
    .map((ends) => decided({...base, ...ends}))
    .find(({verdict}) => verdict === 'drop');
}
