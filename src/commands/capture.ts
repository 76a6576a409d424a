import {Args, Flags} from '@oclif/core';
import {usageError} from '../base/errors.js';
import {parseDuration} from '../cli/duration.js';
import {HostCommand} from '../cli/host-command.js';
import {meansSeveral} from '../cli/host-selection.js';
import {packetFlags} from '../decode/flags.js';

export default class Capture extends HostCommand {
  static override summary = 'Capture overlay traffic and show it as it comes';

  static override description =
    `Runs tcpdump in the right network namespace and shows what \`decode\` shows: the overlay's own sandbox for a network, the container's sandbox for a container, or the host's uplink (the default) for what VXLAN carries. It needs root and tcpdump on that host, says first what it runs, changes nothing, and ends tcpdump when it ends itself.`;

  static override examples = [
    {
      description: 'All overlays at once, on the underlay, with names',
      command: 'sudo <%= config.bin %> <%= command.id %>',
    },
    {
      description: 'Who talks on uber-net during ten seconds',
      command: 'sudo <%= config.bin %> <%= command.id %> uber-net --flows --for 10s',
    },
    {
      description: 'A container, keeping the packets too',
      command: 'sudo <%= config.bin %> <%= command.id %> web1 -w web1.pcap',
    },
    {
      description: 'On another host',
      command: '<%= config.bin %> <%= command.id %> --host ssh://root@node2 -c 20',
    },
  ];

  static override args = {
    name: Args.string({
      description: 'Overlay network or container; the uplink where none is given',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    ...packetFlags,
    uplink: Flags.boolean({description: "The host's uplink: VXLAN and ESP between the nodes (the default)"}),
    interface: Flags.string({char: 'i', description: 'Listen on this device there', helpValue: 'DEVICE'}),
    write: Flags.string({char: 'w', description: 'Also keep the packets in FILE', helpValue: 'FILE'}),
    for: Flags.string({description: 'End after this time', helpValue: 'TIME'}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Capture);
    const {readOptions} = await import('../decode/options.js');
    const options = readOptions({...flags, since: undefined, until: undefined}, this.jsonEnabled());
    const {capture} = await import('../capture/run.js');
    const duration = flags.for === undefined ? undefined : parseDuration('for', flags.for);
    if (flags.snapshot !== undefined) {
      throw usageError('not-live', 'capture listens on a live host; snapshots are for decode.', [
        'ovdiag decode FILE --snapshot FILE',
      ]);
    }
    if (args.name !== undefined && flags.uplink) {
      throw usageError(
        'conflicting-flags',
        `--uplink is the host's; "${args.name}" is another place. Give one of them.`,
      );
    }
    if (meansSeveral(flags))
      throw usageError('one-host', 'capture listens on one host at a time: give one --host.');
    const {packetEvidence, readNames} = await import('../decode/names.js');
    const readings = await this.readHosts(flags, packetEvidence);
    const named = await readNames(readings);
    const [host] = readings.hosts;
    if (host === undefined) return;
    const {transportOf} = await import('../collect/transport.js');
    const transport = transportOf(host.source);
    // An engine behind an address alone: the problem says so.
    if (transport === undefined) return this.show(flags, this.document(readings), () => '');
    const {namedTarget, uplinkTarget} = await import('../capture/target.js');
    const asked = flags['vxlan-port'] === undefined ? [] : options.vxlanPorts;
    const target = args.name === undefined ? uplinkTarget(host, asked) : namedTarget(host, args.name);
    const {onInterrupt} = await import('../decode/interrupt.js');
    const interrupt = onInterrupt();
    process.exitCode = await capture({
      target: flags.interface === undefined ? target : {...target, device: flags.interface},
      transport,
      options,
      ...named,
      noColour: flags['no-color'],
      wide: flags.wide,
      write: flags.write,
      duration,
      interrupt,
    });
    interrupt.release();
  }
}
