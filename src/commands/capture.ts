import {Args, Flags} from '@oclif/core';
import {parseDuration} from '../cli/duration.js';
import {HostCommand} from '../cli/host-command.js';
import {checkCapture} from '../cli/questions/capture.js';
import * as texts from '../cli/texts/capture.js';
import {packetFlags} from '../decode/flags.js';
import {hostDocument} from '../hosts/document.js';

export default class Capture extends HostCommand {
  static override summary = texts.summary;
  static override description = texts.description;
  static override examples = texts.examples;
  static override args = {
    name: Args.string({
      description: 'Overlay network or container; default: the uplink',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    ...packetFlags,
    uplink: Flags.boolean({description: "The host's uplink: VXLAN and ESP between nodes (default)"}),
    interface: Flags.string({char: 'i', description: 'Capture on this device instead', helpValue: 'DEVICE'}),
    write: Flags.string({char: 'w', description: 'Also write the packets to FILE', helpValue: 'FILE'}),
    for: Flags.string({description: 'Stop after this time, such as 10s', helpValue: 'TIME'}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Capture);
    const {readOptions} = await import('../decode/options.js');
    const options = readOptions(
      {...flags, since: undefined, until: undefined, filter: undefined},
      this.jsonEnabled(),
    );
    const {capture} = await import('../capture/run.js');
    const duration = flags.for === undefined ? undefined : parseDuration('for', flags.for);
    checkCapture(args.name, flags);
    const {packetEvidence, readNames} = await import('../decode/names.js');
    const readings = await this.reader(flags).read(packetEvidence);
    const named = await readNames(readings, flags, this.withMoreRights(flags));
    const [host] = readings.hosts;
    if (host === undefined) return;
    const {transportOf} = await import('../collect/transport.js');
    const transport = transportOf(host.source);
    // An engine behind an address alone: the problem says so.
    if (transport === undefined)
      return this.show(flags, hostDocument(readings), {data: () => undefined, view: () => ''});
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
