import {isIPv4} from 'node:net';
import {Args, Flags} from '@oclif/core';
import {exitStatus, usageError} from '../base/errors.js';
import {escapeText, quoteText} from '../base/escape.js';
import {HostCommand} from '../cli/host-command.js';
import type {HostFlags} from '../cli/host-flags.js';
import {everything, type Wanted} from '../collect/wanted.js';
import type {HostModel} from '../model/host.js';
import type {ProbeReport} from '../probe/probe.js';
import {renderPublished, renderTrace} from '../render/trace.js';
import {findContainer, findDestination} from '../topology/names.js';
import type {Traffic} from '../trace/filter.js';
import type {Disposition} from '../trace/hop.js';
import {type Naming, traceName, withName} from '../trace/naming.js';
import {mayPass, settle, settleEntries} from '../trace/settle.js';
import type {Trace as Answer, TraceEnd, TraceTarget} from '../trace/targets.js';
import {trace} from '../trace/trace.js';

const wanted: Wanted = everything;

const passing: ReadonlySet<Disposition> = new Set(['delivered', 'deliverable', 'sent-outside']);
const open: ReadonlySet<Disposition> = new Set(['sent-receiver-unknown', 'undecided', 'not-on-this-host']);

export default class Trace extends HostCommand {
  static override summary =
    'Walk the path of a frame between two endpoints, both ways, and show where it would be lost';

  static override description = [
    `Follows what the kernels would decide, from evidence: the name, route, neighbour, veth, bridge, forwarding database, the underlay's route and rules, and on the receiver the silent check of the sender's row. Of a service its virtual address and each task; with --published a request from outside, on every host that is read. Nothing is sent.`,
    `Dispositions: delivered (both hosts pass it and frames did arrive lately), deliverable (both hosts pass it), sent-receiver-unknown (only the sender was read), sent-outside, limited (large packets are lost), refused (nothing listens), unresolved (the name gives no address, or a wrong one), dropped, unreachable, isolated, undecided, no-such-endpoint, not-on-this-host. Status: 0 delivered, deliverable or sent-outside; 1 proven not; 3 undecidable. Only IPv4 is walked.`,
  ].join('\n\n');

  static override usage = [
    '<%= command.id %> SOURCE DESTINATION [FLAGS]',
    '<%= command.id %> [CLIENT] --published PORT/tcp [FLAGS]',
  ];

  static override examples = [
    {
      description: 'Both hosts at once: the only way to be sure',
      command:
        '<%= config.bin %> <%= command.id %> web1 web2 --host ssh://root@node1 --host ssh://root@node2',
    },
    {
      description: 'As far as this host can see',
      command: 'sudo <%= config.bin %> <%= command.id %> web1 web2',
    },
    {
      description: 'To an address, from snapshots, with all evidence',
      command:
        '<%= config.bin %> <%= command.id %> web1 10.0.1.9 -s node1.json.gz -s node2.json.gz --verbose',
    },
    {
      description: 'To port 80 of a service: its virtual address, then each of its tasks',
      command:
        '<%= config.bin %> <%= command.id %> web1 service:app --port 80/tcp -s node1.json.gz -s node2.json.gz',
    },
    {
      description: 'A published port: what becomes of a request, by each host',
      command: '<%= config.bin %> <%= command.id %> --published 8080/tcp -s node1.json.gz -s node2.json.gz',
    },
    {
      description: 'The same for one client, where a rule looks at its address',
      command:
        '<%= config.bin %> <%= command.id %> 203.0.113.9 --published 8080/tcp -s node1.json.gz -s node2.json.gz',
    },
    {
      description: 'With real packets, and the largest size that passes',
      command:
        '<%= config.bin %> <%= command.id %> web1 web2 --probe --mtu --host ssh://root@node1 --host ssh://root@node2',
    },
  ];

  static override args = {
    source: Args.string({
      description:
        "Container that sends: name, id prefix, task:NAME, service:NAME, address or NAME@HOST; with --published the client's address",
      ignoreStdin: true,
    }),
    destination: Args.string({
      description: 'Container, task, service or address that it sends to',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    network: Flags.string({
      description: 'Walk on this network, where they share several',
      helpValue: 'NETWORK',
    }),
    port: Flags.string({
      description: 'Walk a TCP or UDP packet to this port instead of an ICMP echo',
      helpValue: 'PORT/tcp',
    }),
    published: Flags.string({
      description: 'Walk a request from outside to this published port instead, on every host that is read',
      helpValue: 'PORT/tcp',
      exclusive: ['network', 'port', 'probe'],
    }),
    probe: Flags.boolean({
      description:
        'Prove it with real packets: a question for the name, ICMP echoes, or TCP connections with --port; needs root and live hosts',
    }),
    mtu: Flags.boolean({
      description: 'With --probe, find the largest packet that passes unfragmented',
      dependsOn: ['probe'],
    }),
    verbose: Flags.boolean({description: 'Show the rows, links and rules behind every hop'}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Trace);
    if (flags.published !== undefined) {
      await this.published(flags, flags.published, args);
      return;
    }
    const {source: from, destination: to} = args;
    if (from === undefined || to === undefined) throw endsMissing();
    const traffic = trafficOf('--port', flags.port);
    if (flags.probe) checkProbe(flags.snapshot, traffic);
    let readings = await this.readHosts(flags, wanted);
    const walk = (hosts: HostModel[]) => {
      const source = findContainer(hosts, from);
      const {target, name} = findDestination(hosts, to);
      const modelled = trace(hosts, source, target, {network: flags.network, traffic});
      const naming = name === undefined ? undefined : traceName(source, target, modelled, name);
      return {source, target, modelled, naming, whole: naming ? withName(modelled, naming) : modelled};
    };
    let walked = walk(readings.hosts);
    // Real packets tell more than a second look at the tables.
    if (this.live && !flags.probe && mayPass(walked.whole)) {
      readings = await this.secondLook(flags, wanted);
      walked = walk(readings.hosts);
    }
    const {source, target, modelled, naming} = walked;
    const {answer, probe} = flags.probe
      ? await this.probed({hosts: readings.hosts, source, target, naming, traffic, mtu: flags.mtu}, modelled)
      : {
          answer: readings.before ? settle(walked.whole, walk(readings.before).whole) : walked.whole,
          probe: undefined,
        };
    const document = {...this.document(readings), ...answer, ...(probe ? {probe} : {})};
    await this.show(flags, document, (terminal, paint) =>
      renderTrace(answer, flags.verbose, terminal, paint, probe),
    );
    process.exitCode = statusOf(answer.disposition);
  }

  /** A request from outside, which needs no source that was read. */
  private async published(
    flags: HostFlags & {verbose: boolean},
    text: string,
    {source: client, destination}: {source?: string | undefined; destination?: string | undefined},
  ): Promise<void> {
    if (destination !== undefined || (client !== undefined && !isIPv4(client))) {
      throw usageError(
        'invalid-argument',
        "With --published there is no destination, and the source is the client's IPv4 address or left out.",
        [
          `ovdiag trace --published ${quoteText(text)}`,
          `ovdiag trace 203.0.113.9 --published ${quoteText(text)}`,
        ],
      );
    }
    const {protocol, dport: port} = trafficOf('--published', text);
    if (protocol === 'icmp' || port === undefined) throw new TypeError('a port was read');
    let readings = await this.readHosts(flags, wanted);
    const {tracePublished} = await import('../trace/published.js');
    const walk = (hosts: HostModel[]) =>
      tracePublished(hosts, {port, protocol, ...(client === undefined ? {} : {client})});
    let walked = walk(readings.hosts);
    if (this.live && mayPass(walked)) {
      readings = await this.secondLook(flags, wanted);
      walked = walk(readings.hosts);
    }
    const answer = readings.before ? settleEntries(walked, walk(readings.before)) : walked;
    await this.show(flags, {...this.document(readings), ...answer}, (terminal, paint) =>
      renderPublished(answer, flags.verbose, terminal, paint),
    );
    process.exitCode = statusOf(answer.disposition);
  }

  /** Sends and captures, after saying what it is about to do. */
  private async probed(
    {hosts, source, target, naming, traffic, mtu}: Probing,
    modelled: Answer,
  ): Promise<{answer: Answer; probe: ProbeReport}> {
    const [{planLines, planProbe}, {runProbe}, {withProbe}] = await Promise.all([
      import('../probe/plan.js'),
      import('../probe/probe.js'),
      import('../probe/compare.js'),
    ]);
    const planned = planProbe({
      hosts,
      source,
      target: probeTarget(target, modelled),
      naming,
      network: modelled.network,
      traffic: traffic.protocol === 'tcp' ? {protocol: 'tcp', port: traffic.dport ?? 0} : {protocol: 'icmp'},
      mtu,
    });
    for (const line of planLines(planned.plan)) process.stderr.write(`ovdiag: ${escapeText(line)}\n`);
    const probe = await this.interruptible(
      runProbe({hosts, planned, trace: modelled, signal: this.interruption}),
    );
    const proven = withProbe(modelled, probe.verdict, probe.mtu);
    return {answer: naming ? withName(proven, naming, probe.name ?? undefined) : proven, probe};
  }
}

interface Probing {
  hosts: HostModel[];
  source: TraceEnd;
  target: TraceTarget;
  naming: Naming | undefined;
  traffic: Traffic;
  mtu: boolean;
}

/** Of a service its address is probed, or the first task where it has none. */
function probeTarget(target: TraceTarget, {virtualAddress, backends}: Answer): TraceEnd | {ip: string} {
  if (!('service' in target)) return target;
  const ip = virtualAddress ?? backends?.[0]?.ip;
  if (ip !== undefined) return {ip};
  throw usageError('probe-without-address', `Service ${target.service} has no address to probe.`, [
    'Without --probe the trace says why.',
  ]);
}

function checkProbe(snapshots: string[] | undefined, {protocol}: Traffic): void {
  if (snapshots && snapshots.length > 0) {
    throw usageError(
      'probe-needs-live-hosts',
      '--probe sends packets on live hosts; a snapshot has none to send from.',
      ['Give the hosts: --host ssh://root@node1 --host ssh://root@node2'],
    );
  }
  if (protocol === 'udp') {
    throw usageError(
      'probe-udp',
      '--probe connects to TCP ports; whether a UDP port answers depends on what is asked there.',
      ['Leave --port out: ICMP echoes take the same way.'],
    );
  }
}

/** `80`, `80/tcp`, `53/udp`. */
function trafficOf(flag: string, text: string | undefined): Traffic {
  if (text === undefined) return {protocol: 'icmp'};
  const [, port, protocol = 'tcp'] = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(text) ?? [];
  if (port === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw usageError(
      'invalid-flag',
      `${flag} takes PORT, PORT/tcp or PORT/udp; ${quoteText(text)} is none of them.`,
    );
  }
  return {protocol: protocol === 'udp' ? 'udp' : 'tcp', dport: Number(port)};
}

function endsMissing() {
  return usageError('missing-argument', 'trace needs a source and a destination, or a published port.', [
    'ovdiag trace web1 web2',
    'ovdiag trace --published 8080/tcp',
  ]);
}

function statusOf(disposition: Disposition): number {
  if (passing.has(disposition)) return exitStatus.ok;
  return open.has(disposition) ? exitStatus.cannotLook : exitStatus.problemFound;
}
