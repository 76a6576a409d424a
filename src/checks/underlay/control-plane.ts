import {number, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import type {FilteredPacket} from '../../kernel/netfilter.js';
import {dropWord} from '../../kernel/printed-rule.js';
import {waitingSockets} from '../../model/sockets.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type Report} from '../check.js';
import {nodesAt, otherNodes, remoteVteps} from '../underlay.js';
import {
  alikeToRules,
  arrivalAt,
  type Flow,
  flowWords,
  type Judged,
  judgeFlows,
  ruleAdvice,
  ruleLines,
  whoseRule,
} from './own-rules.js';

/** Gossip of the overlays (moby daemon/libnetwork/networkdb/cluster.go), not configurable. */
const gossipPort = 7946;
/** Where managers listen unless told otherwise. */
const managerPort = 2377;

/** Whether this host's own rules let the swarm speak to itself, and whether a manager listens. */
export const controlPlane = defineCheck({
  name: 'control-plane',
  codes: ['gossip-port-filtered', 'manager-port-unreachable'],
  ignores: ['containers', 'balancers', 'files'],
  perHost(host, report) {
    const {docker} = host.model;
    if (docker?.engine.swarm?.state !== 'active') return undefined;
    listener(host, report);
    const peers = peersOf(host);
    if (peers.length === 0) return undefined;
    if (!host.filter) {
      report.notChecked({
        host: host.name,
        network: null,
        reason:
          'its packet filter was not read, so whether it drops gossip or the control plane is not known',
        add: 'On that host, as root: iptables-save and nft (packages iptables, nftables)',
      });
      return undefined;
    }
    const flows = [...gossipFlows(host, peers), ...managerFlows(host, peers)];
    for (const judged of judgeFlows(host.filter, flows)) {
      // One rule may meet both, and they are told apart.
      for (const gossip of [true, false]) {
        const some = judged.flows.filter(({what}) => what.endsWith(` ${gossipPort}`) === gossip);
        if (some.length > 0) tell(host, {...judged, flows: some}, gossip, peers.length, report);
      }
    }
    return undefined;
  },
});

/** The other nodes by their control-plane addresses, else by their VTEPs. */
function peersOf(host: KnownHost): string[] {
  const nodes = otherNodes(host);
  return nodes.length > 0 ? nodes : remoteVteps(host);
}

/**
 * Both ends of UDP gossip use the same port, so that what one has sent lets the other's packets in through a rule that
 * asks for known flows: only what drops both kinds is sure to cut it off.
 */
function gossipFlows(host: KnownHost, peers: string[]): Flow[] {
  return alikeToRules(host, peers).flatMap((group) =>
    (['INPUT', 'OUTPUT'] as const).flatMap((hook): Flow[] => {
      const udp = packet(host, hook, group, {
        protocol: 'udp',
        sport: gossipPort,
        dport: gossipPort,
        ctState: 'NEW',
      });
      const tcp = packet(host, hook, group, {protocol: 'tcp', dport: gossipPort, ctState: 'NEW'});
      if (!udp || !tcp) return [];
      return [
        {what: `TCP ${gossipPort}`, hook, peers: group, packets: [tcp]},
        {what: `UDP ${gossipPort}`, hook, peers: group, packets: [udp, {...udp, ctState: 'ESTABLISHED'}]},
      ];
    }),
  );
}

/** Every other node must reach a manager, and this node the other managers. */
function managerFlows(host: KnownHost, peers: string[]): Flow[] {
  const swarm = host.model.docker?.engine.swarm;
  const own = [swarm?.nodeAddress, host.vtep?.address, host.model.swarmState?.advertiseAddress];
  const managers = (swarm?.managers ?? []).filter(
    ({address, nodeId}) => !own.includes(address) && nodeId !== swarm?.nodeId,
  );
  const listens = listenPort(host);
  const inward = swarm?.manager
    ? alikeToRules(host, peers).flatMap((group): Flow[] => {
        const form = packet(host, 'INPUT', group, {protocol: 'tcp', dport: listens, ctState: 'NEW'});
        return form ? [{what: `TCP ${listens}`, hook: 'INPUT', peers: group, packets: [form]}] : [];
      })
    : [];
  const outward = managers.flatMap(({address, port}): Flow[] => {
    const form = packet(host, 'OUTPUT', [address], {protocol: 'tcp', dport: port, ctState: 'NEW'});
    return form ? [{what: `TCP ${port}`, hook: 'OUTPUT', peers: [address], packets: [form]}] : [];
  });
  return [...inward, ...outward];
}

function listenPort({model}: KnownHost): number {
  const {managers = [], nodeId} = model.docker?.engine.swarm ?? {};
  return model.swarmState?.listenPort ?? managers.find((one) => one.nodeId === nodeId)?.port ?? managerPort;
}

type Kind = Pick<FilteredPacket, 'protocol' | 'sport' | 'dport' | 'ctState'>;

function packet(
  host: KnownHost,
  hook: 'INPUT' | 'OUTPUT',
  [peer = '']: string[],
  kind: Kind,
): FilteredPacket | undefined {
  const way = host.way(peer);
  const own = host.model.docker?.engine.swarm?.nodeAddress ?? host.vtep?.address;
  if (hook === 'OUTPUT') {
    if (way?.verdict !== 'found' || !way.route?.device) return undefined;
    const {source: src = own ?? '', selected} = way;
    const masquerade = selected === undefined ? {} : {masqueradeAs: selected};
    return {
      ...kind,
      src,
      dst: peer,
      outInterface: way.route.device,
      framed: true,
      ...masquerade,
      ipsec: false,
      dstLocal: false,
    };
  }
  if (own === undefined) return undefined;
  return {
    ...kind,
    src: peer,
    ...arrivalAt(host, own, peer),
    ipsec: false,
    dstLocal: true,
  };
}

function tell(host: KnownHost, judged: Judged, gossip: boolean, known: number, report: Report): void {
  const {verdict, decision, flows} = judged;
  const {what, direction, peers, only, subject} = flowWords(judged, {peers: known, networks: 0});
  if (verdict === 'unknown') {
    report.notChecked({
      host: host.name,
      network: null,
      reason: `whether ${subject} gets ${direction} depends on rules that are not evaluated, or on connection tracking state: ${decision.evidence.join('; ')}`,
      add: 'a capture on that host: tcpdump -ni UPLINK',
    });
    return;
  }
  const far = flows.flatMap((flow) => flow.peers);
  report.found({
    code: gossip ? 'gossip-port-filtered' : 'manager-port-unreachable',
    severity: 'error',
    host: host.name,
    network: null,
    subject,
    evidence: ruleLines(decision),
    cause: gossip
      ? `${whoseRule(decision)} ${dropWord(decision.by)} ${direction === 'in' ? 'incoming' : 'outgoing'} ${what} ${peers}: endpoints that are added, moved or removed are not announced between them, and in the end each considers the other failed`
      : direction === 'in'
        ? `${whoseRule(decision)} ${dropWord(decision.by)} ${what} ${peers}: they can't report, get no tasks, and are marked as down`
        : `${whoseRule(decision)} ${dropWord(decision.by)} ${what} ${peers}: it can't report to that manager or get tasks from it`,
    ...ruleAdvice(judged, host.filter),
    basis: 'one-host',
    at: {host: host.name, ...(only.length === 1 ? {vtep: only[0] ?? ''} : {})},
    // Others lose this host as well: what they have of it is gone in the end.
    reach: [
      {host: host.name},
      ...nodesAt(host, far),
      ...(gossip && host.vtep ? [{vtep: host.vtep.address}] : []),
    ],
  });
}

/** A manager that nobody can speak to, because nothing listens. */
function listener(host: KnownHost, report: Report): void {
  if (!host.model.docker?.engine.swarm?.manager) return;
  const port = listenPort(host);
  const sockets = waitingSockets(host.model.host?.proc, 'tcp');
  // The engine's gossip listens in the same namespace: without it these are not the engine's sockets.
  if (!sockets?.some((socket) => socket.port === gossipPort)) {
    report.notChecked({
      host: host.name,
      network: null,
      reason: `whether its manager listens on TCP ${port} was not read`,
      add: 'take a new snapshot, as root',
    });
    return;
  }
  if (sockets.some((socket) => socket.port === port)) return;
  report.found({
    code: 'manager-port-unreachable',
    severity: 'error',
    host: host.name,
    network: null,
    subject: `TCP ${port}, no listener`,
    evidence: [
      `the engine says that it is a manager, and no socket listens on TCP ${port}`,
      ...(host.model.swarmState?.lines.filter((line) => line.includes('ListenAddr')) ?? []),
    ],
    cause: `nothing listens on TCP ${port}, so no other node can report to this manager`,
    check: look(sh`ss -lntp sport = :${number(port)}`, 'no socket'),
    fix: fixBy({
      commands: [sh`systemctl restart docker`],
      affects: "this node's engine, and with it its tasks: only its start opens the port",
    }),
    basis: 'one-host',
    at: {host: host.name},
    reach: [{host: host.name}, ...nodesAt(host, otherNodes(host))],
  });
}
