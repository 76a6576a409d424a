import {Args, Flags} from '@oclif/core';
import type {View} from '../cli/base-command.js';
import {HostCommand} from '../cli/host-command.js';
import {doctorQuestion} from '../cli/questions/doctor.js';
import * as texts from '../cli/texts/doctor.js';
import type {Severity} from '../findings/severity.js';

export default class Doctor extends HostCommand {
  static override summary = texts.summary;
  static override description = texts.description;
  static override examples = texts.examples;
  static override args = {
    network: Args.string({
      description: 'Only this network (and what concerns whole hosts): name, id prefix or NAME@HOST',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    for: Flags.string({
      description: 'Read twice, this far apart, and judge what was lost meanwhile: 3s to 50s',
      helpValue: 'TIME',
    }),
    'fail-on': Flags.string({
      description: 'Exit with 1 on findings of this severity or a worse one',
      options: ['error', 'warning', 'info', 'never'],
      default: 'warning',
    }),
    only: Flags.string({
      description: 'Report only this code; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'CODE',
    }),
    skip: Flags.string({
      description: 'Do not report this code; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'CODE',
    }),
    junit: Flags.string({
      description: "Also write the answer to FILE as JUnit's XML, which CI systems show as test results",
      helpValue: 'FILE',
    }),
    verbose: Flags.boolean({
      description: 'Show every finding with all evidence, every check, and what is folded',
    }),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Doctor);
    const failOn = flags['fail-on'] as Severity | 'never';
    const question = await doctorQuestion(args.network, flags);
    const [{diagnose, statusOfDiagnosis}, {checks}] = await Promise.all([
      import('../answers/doctor.js'),
      import('../checks/registry.js'),
    ]);
    const document = await diagnose(this.reader(flags), question, checks);
    if (flags.junit !== undefined) {
      const {writeJunit} = await import('../cli/junit-file.js');
      await writeJunit(flags.junit, document, {checks, failOn});
    }
    const view: View = async (terminal, paint) => {
      const {renderDiagnosis} = await import('../render/doctor.js');
      return renderDiagnosis(document, flags.verbose, terminal, paint);
    };
    await this.show(flags, document, view, {status: statusOfDiagnosis(document, failOn)});
  }
}
