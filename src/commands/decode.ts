import {Args, Flags} from '@oclif/core';
import {HostCommand} from '../cli/host-command.js';
import {captureFiles, namesPackets} from '../cli/questions/decode.js';
import * as texts from '../cli/texts/decode.js';
import {packetFlags} from '../decode/flags.js';

export default class Decode extends HostCommand {
  static override summary = texts.summary;
  static override description = texts.description;
  static override examples = texts.examples;
  static override strict = false;

  static override args = {
    file: Args.string({
      description: 'Capture file; several are read in turn; -: standard input',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    ...packetFlags,
    since: Flags.string({
      description: 'Only packets since this time: 14:05:30, date and time, or +SECONDS after the first',
      helpValue: 'TIME',
      helpGroup: 'FILTER',
    }),
    until: Flags.string({
      description: 'Only packets until this time',
      helpValue: 'TIME',
      helpGroup: 'FILTER',
    }),
    names: Flags.boolean({
      description:
        'Show names of networks, containers and nodes, read from this host (or --snapshot, --host)',
      helpGroup: 'SOURCE',
    }),
    'write-inner': Flags.string({
      description: 'Write the inner frames to a capture FILE; .gz is compressed',
      helpValue: 'FILE',
    }),
  };

  async run(): Promise<void> {
    const {argv, flags} = await this.parse(Decode);
    const files = captureFiles(argv as string[]);
    const {readOptions} = await import('../decode/options.js');
    const options = readOptions(flags, this.jsonEnabled());
    const {packetEvidence, readNames} = await import('../decode/names.js');
    const readings = namesPackets(flags) ? await this.reader(flags).read(packetEvidence) : undefined;
    const {decode} = await import('../decode/decode.js');
    const {onInterrupt} = await import('../decode/interrupt.js');
    const interrupt = onInterrupt();
    process.exitCode = await decode({
      files,
      options,
      ...(await readNames(readings, flags, this.withMoreRights(flags))),
      noColour: flags['no-color'],
      wide: flags.wide,
      writeInner: flags['write-inner'],
      interrupt,
    });
    interrupt.release();
  }
}
