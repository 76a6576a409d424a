import {Args, Flags} from '@oclif/core';
import type {FdbShown} from '../answers/fdb.js';
import {exitStatus} from '../base/errors.js';
import {HostCommand} from '../cli/host-command.js';
import {fdbQuestion} from '../cli/questions/fdb.js';
import {quietFlag, watchFlag} from '../cli/shared-flags.js';
import * as texts from '../cli/texts/fdb.js';
import {statusOfProblems} from '../hosts/host-problems.js';
import {fdbStatuses, formerStatuses} from '../rows/status.js';

export default class Fdb extends HostCommand {
  static override summary = texts.summary;
  static override description = texts.description;
  static override examples = texts.examples;
  static override args = {
    network: Args.string({
      description: 'Overlay network: name, id prefix or NAME@HOST; without it, they are listed',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    raw: Flags.boolean({description: 'Show the FDB entries of the kernel, annotated'}),
    matrix: Flags.boolean({
      description: 'Show a host-by-node matrix of differences (default for more than 3 hosts)',
      allowNo: true,
      exclusive: ['raw', 'mac', 'address', 'vtep', 'status'],
    }),
    mac: Flags.string({description: 'Only this MAC', helpValue: 'MAC'}),
    address: Flags.string({
      description: 'Only this address or CIDR',
      helpValue: 'ADDR|CIDR',
    }),
    vtep: Flags.string({description: 'Only endpoints behind this VTEP', helpValue: 'ADDR'}),
    status: Flags.string({
      description: 'Only this status; repeatable',
      options: [...fdbStatuses, ...Object.keys(formerStatuses)],
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'STATUS',
    }),
    ...watchFlag,
    ...quietFlag,
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Fdb);
    const question = fdbQuestion(args.network, {...flags, matrix: flags.quiet ? false : flags.matrix});
    const {fdbAnswer, fdbNames} = await import('../answers/fdb.js');
    await this.answer<FdbShown>(flags, async (reader) => {
      const {document, shown, isFaulty} = await fdbAnswer(reader, question);
      return {
        document,
        holds: !isFaulty && statusOfProblems(document) === exitStatus.ok,
        shown: {
          data: shown,
          view: async (answer, terminal, paint) => {
            const {renderFdbAnswer} = await import('../render/fdb.js');
            return renderFdbAnswer(answer, terminal, paint, {all: flags.wide, verdict: document.verdict});
          },
          names: fdbNames,
        },
      };
    });
  }
}
