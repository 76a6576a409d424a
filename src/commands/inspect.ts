import {Args} from '@oclif/core';
import {HostCommand} from '../cli/host-command.js';
import * as texts from '../cli/texts/inspect.js';

export default class Inspect extends HostCommand {
  static override summary = texts.summary;
  static override description = texts.description;
  static override examples = texts.examples;
  static override args = {
    container: Args.string({
      description: 'Container: name, id prefix, task, service:NAME, address, or NAME@HOST',
      required: true,
      ignoreStdin: true,
    }),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Inspect);
    const {inspectAnswer} = await import('../answers/inspect.js');
    const document = await inspectAnswer(this.reader(flags), args.container);
    await this.show(flags, document, {
      data: () => document,
      view: async (shown, terminal, paint) => {
        const {renderInspection} = await import('../render/inspect.js');
        return renderInspection(shown, terminal, paint);
      },
    });
  }
}
