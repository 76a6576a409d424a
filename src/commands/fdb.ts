import {Args, Flags} from '@oclif/core';
import {HostCommand} from '../cli/host-command.js';
import {fdbQuestion} from '../cli/questions/fdb.js';
import * as texts from '../cli/texts/fdb.js';
import {fdbStatuses, formerStatuses} from '../rows/status.js';

export default class Fdb extends HostCommand {
  static override summary = texts.summary;
  static override description = texts.description;
  static override examples = texts.examples;
  static override args = {
    network: Args.string({
      description: 'Overlay network: name, id prefix or NAME@HOST',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    raw: Flags.boolean({description: "Show the kernel's own rows, annotated"}),
    matrix: Flags.boolean({
      description:
        'Show who knows whom: hosts against nodes, where they disagree (by default for more than 3 hosts)',
      allowNo: true,
      exclusive: ['raw', 'mac', 'address', 'vtep', 'status'],
    }),
    mac: Flags.string({description: 'Only this MAC', helpValue: 'MAC'}),
    address: Flags.string({
      description: 'Only this address, or addresses in this CIDR',
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
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Fdb);
    const question = fdbQuestion(args.network, flags);
    const {fdbAnswer} = await import('../answers/fdb.js');
    const {document, shown} = await fdbAnswer(this.reader(flags), question);
    await this.show(flags, document, async (terminal, paint) => {
      const {renderFdbAnswer} = await import('../render/fdb.js');
      return renderFdbAnswer(shown(), terminal, paint, {all: flags.wide});
    });
  }
}
