import {isIP} from 'node:net';
import {Args, Flags} from '@oclif/core';
import {HostCommand} from '../cli/host-command.js';
import {exitStatus, usageError} from '../errors.js';
import {everything, type Wanted} from '../evidence/wanted.js';
import type {HostModel} from '../model/host.js';
import type {ProbeReport} from '../probe/probe.js';
import {escapeText, quoteText} from '../render/escape.js';
import type {Traffic} from '../trace/filter.js';
import type {Disposition} from '../trace/hop.js';
import type {Trace as Answer, TraceEnd, TraceTarget} from '../trace/trace.js';

const wanted: Wanted = everything;

const passing: ReadonlySet<Disposition> = new Set(['delivered', 'deliverable', 'sent-outside']);
const open: ReadonlySet<Disposition> = new Set(['sent-receiver-unknown', 'undecided', 'not-on-this-host']);

export default class Trace extends HostCommand {
  static override summary =
    'Walk the path of a frame between two endpoints, both ways, and show where it would be lost';

  static override description = [
    `Follows what the kernels would decide, from evidence: route, neighbour, veth, bridge, forwarding database, the underlay's route and rules, and on the receiver the silent check of the sender's row. Nothing is sent.`,
    `Dispositions: delivered (both hosts pass it and frames did arrive lately), deliverable (both hosts pass it), sent-receiver-unknown (only the sender was read), sent-outside, limited (large packets are lost), dropped, unreachable, isolated, undecided, no-such-endpoint, not-on-this-host. Status: 0 delivered, deliverable or sent-outside; 1 proven not; 3 undecidable. Only IPv4 is walked.`,
  ].join('\n\n');

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
      description: 'With real packets, and the largest size that passes',
      command:
        '<%= config.bin %> <%= command.id %> web1 web2 --probe --mtu --host ssh://root@node1 --host ssh://root@node2',
    },
  ];

  static override args = {
    source: Args.string({
      description: 'Container that sends: name, id prefix, task, address or NAME@HOST',
      required: true,
      ignoreStdin: true,
    }),
    destination: Args.string({
      description: 'Container, task or address that it sends to',
      required: true,
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
    probe: Flags.boolean({
      description:
        'Prove it with real packets: ICMP echoes, or TCP connections with --port; needs root and live hosts',
    }),
    mtu: Flags.boolean({
      description: 'With --probe, find the largest packet that passes unfragmented',
      dependsOn: ['probe'],
    }),
    verbose: Flags.boolean({description: 'Show the rows, links and rules behind every hop'}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Trace);
    const traffic = trafficOf(flags.port);
    if (flags.probe) checkProbe(flags.snapshot, traffic);
    const readings = await this.readHosts(flags, wanted);
    const [{findContainer}, {trace}] = await Promise.all([
      import('../join/names.js'),
      import('../trace/trace.js'),
    ]);
    const source = findContainer(readings.hosts, args.source);
    const destination = await target(readings.hosts, args.destination);
    const modelled = trace(readings.hosts, source, destination, {network: flags.network, traffic});
    const {answer, probe} = flags.probe
      ? await this.probed({hosts: readings.hosts, source, destination, traffic, mtu: flags.mtu}, modelled)
      : {answer: modelled, probe: undefined};
    const document = {...this.document(readings), ...answer, ...(probe ? {probe} : {})};
    await this.show(flags, document, async (terminal, paint) => {
      const {renderTrace} = await import('../render/trace.js');
      return renderTrace(answer, flags.verbose, terminal, paint, probe);
    });
    process.exitCode = statusOf(answer.disposition);
  }

  /** Sends and captures, after saying what it is about to do. */
  private async probed(
    {hosts, source, destination, traffic, mtu}: Probing,
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
      target: destination,
      network: modelled.network,
      traffic: traffic.protocol === 'tcp' ? {protocol: 'tcp', port: traffic.dport ?? 0} : {protocol: 'icmp'},
      mtu,
    });
    for (const line of planLines(planned.plan)) process.stderr.write(`ovdiag: ${escapeText(line)}\n`);
    const probe = await this.interruptible(
      runProbe({hosts, planned, trace: modelled, signal: this.interruption}),
    );
    return {answer: withProbe(modelled, probe.verdict, probe.mtu), probe};
  }
}

interface Probing {
  hosts: HostModel[];
  source: TraceEnd;
  destination: TraceTarget;
  traffic: Traffic;
  mtu: boolean;
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
function trafficOf(text: string | undefined): Traffic {
  if (text === undefined) return {protocol: 'icmp'};
  const [, port, protocol = 'tcp'] = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(text) ?? [];
  if (port === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw usageError(
      'invalid-flag',
      `--port takes PORT, PORT/tcp or PORT/udp; ${quoteText(text)} is none of them.`,
    );
  }
  return {protocol: protocol === 'udp' ? 'udp' : 'tcp', dport: Number(port)};
}

function statusOf(disposition: Disposition): number {
  if (passing.has(disposition)) return exitStatus.ok;
  return open.has(disposition) ? exitStatus.cannotLook : exitStatus.problemFound;
}

/** A container that was read, else an address as it stands; a name known to gossip alone becomes its address. */
async function target(hosts: HostModel[], typed: string): Promise<TraceTarget> {
  const {findContainer} = await import('../join/names.js');
  if (isIP(typed) !== 0) {
    if (/^(0\.|22[4-9]\.|2[34]\d\.|25[0-5]\.|ff|::$)/i.test(typed)) {
      throw usageError(
        'invalid-argument',
        `${typed} is no address of one endpoint: multicast and broadcast cross no overlay.`,
      );
    }
    const owner = hosts
      .flatMap((host) => (host.docker?.containers ?? []).map((container) => ({host, container})))
      .filter(({container}) => container.running && container.endpoints.some(({ip}) => ip === typed));
    const [only] = owner;
    return only && owner.length === 1 ? only : {ip: typed};
  }
  try {
    return findContainer(hosts, typed);
  } catch (error) {
    const ip = gossiped(hosts, typed);
    if (ip !== undefined) return {ip};
    throw error;
  }
}

function gossiped(hosts: HostModel[], name: string): string | undefined {
  const tasks = hosts
    .flatMap(({docker}) => docker?.networks ?? [])
    .flatMap(({services}) => services ?? [])
    .flatMap((service) => service.tasks);
  const found = new Set(
    tasks
      .filter((task) => task.name === name || task.name.split('.').slice(0, 2).join('.') === name)
      .map(({ip}) => ip),
  );
  const [ip] = found;
  return found.size === 1 ? ip : undefined;
}
