import {Args, Flags} from '@oclif/core';
import type {DoctorDocument} from '../answers/doctor.js';
import {HostCommand} from '../cli/host-command.js';
import {doctorQuestion} from '../cli/questions/doctor.js';
import {quietFlag, verboseFlag, watchFlag} from '../cli/shared-flags.js';
import * as texts from '../cli/texts/doctor.js';
import type {Severity} from '../findings/severity.js';

const codes = (description: string) =>
  Flags.string({description, multiple: true, multipleNonGreedy: true, helpValue: 'CODE'});

export default class Doctor extends HostCommand {
  static override summary = texts.summary;
  static override description = texts.description;
  static override examples = texts.examples;
  static override args = {
    network: Args.string({
      description: 'Only this network and host-wide findings: name, id prefix or NAME@HOST',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    for: Flags.string({
      description: 'Read twice, this far apart, and report counters that rise: 3s to 50s',
      helpValue: 'TIME',
    }),
    'fail-on': Flags.string({
      description: 'Exit 1 on findings of this severity or worse',
      options: ['error', 'warning', 'info', 'never'],
      default: 'warning',
    }),
    only: codes('Report only this code; repeatable'),
    skip: codes('Do not report this code; repeatable'),
    contract: Flags.boolean({
      description: 'Also list what moby specifies of Swarm networking: held, broken or not visible',
    }),
    junit: Flags.string({
      description: 'Also write the findings to FILE as JUnit XML, for CI systems',
      helpValue: 'FILE',
    }),
    ...verboseFlag('Show every finding with all its evidence, every fix, and what is folded under it'),
    ...watchFlag,
    ...quietFlag,
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Doctor);
    const failOn = flags['fail-on'] as Severity | 'never';
    const question = await doctorQuestion(args.network, flags, this.settings.accept);
    const [{diagnose, statusOfDiagnosis}, {checks}] = await Promise.all([
      import('../answers/doctor.js'),
      import('../checks/registry.js'),
    ]);
    await this.answer<DoctorDocument>(flags, async (reader) => {
      const document = await diagnose(reader, question, checks);
      if (flags.junit !== undefined) {
        const {writeJunit} = await import('../cli/junit-file.js');
        await writeJunit(flags.junit, document, {checks, failOn});
      }
      return {
        document,
        status: statusOfDiagnosis(document, failOn),
        shown: {
          data: () => document,
          view: async (shown, terminal, paint) => {
            const {renderDiagnosis} = await import('../render/doctor.js');
            return renderDiagnosis(shown, flags.verbose, terminal, paint);
          },
          names: ({findings}) => findings.map(({code}) => code),
        },
      };
    });
  }
}
