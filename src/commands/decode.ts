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
      description: 'Capture to read, or several; - is standard input',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    ...packetFlags,
    since: Flags.string({
      description: 'Only packets from this time on: 14:05:30, a date and time, or +SECONDS after the first',
      helpValue: 'TIME',
      helpGroup: 'FILTER',
    }),
    until: Flags.string({
      description: 'Only packets up to this time',
      helpValue: 'TIME',
      helpGroup: 'FILTER',
    }),
    names: Flags.boolean({
      description: 'Name networks, containers and nodes from this host as it is now (--snapshot: from files)',
      helpGroup: 'SOURCE',
    }),
    'write-inner': Flags.string({
      description: 'Save the inner frames as a capture; gzipped where the name ends in .gz',
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
      ...(await readNames(readings)),
      noColour: flags['no-color'],
      wide: flags.wide,
      writeInner: flags['write-inner'],
      interrupt,
    });
    interrupt.release();
  }
}
