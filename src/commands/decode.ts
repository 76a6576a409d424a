import {Args} from '@oclif/core';
import {HostCommand} from '../cli/host-command.js';
import {captureFiles, namesPackets} from '../cli/questions/decode.js';
import * as texts from '../cli/texts/decode.js';
import {decodeFlags} from '../decode/flags.js';

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

  static override flags = decodeFlags;

  /** Here --filter chooses packets, not nodes. */
  protected override environment(): NodeJS.ProcessEnv {
    return {...process.env, OVDIAG_FILTER: undefined};
  }

  async run(): Promise<void> {
    const {argv, flags} = await this.parse(Decode);
    const files = captureFiles(argv as string[]);
    const {readOptions} = await import('../decode/options.js');
    const options = readOptions(flags, this.jsonEnabled());
    const {packetEvidence, readNames} = await import('../decode/names.js');
    const readings = namesPackets(flags)
      ? await this.reader({...flags, filter: undefined}).read(packetEvidence)
      : undefined;
    const {decode} = await import('../decode/decode.js');
    const {onInterrupt} = await import('../decode/interrupt.js');
    const interrupt = onInterrupt();
    process.exitCode = await decode({
      files,
      options,
      ...(await readNames(readings, flags, this.withMoreRights(flags))),
      noColour: flags['no-color'],
      wide: flags.wide,
      write: flags.write,
      writeInner: flags['write-inner'],
      interrupt,
    });
    interrupt.release();
  }
}
