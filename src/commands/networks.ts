import {Flags} from '@oclif/core';
import {HostCommand} from '../cli/host-command.js';
import {quietFlag} from '../cli/shared-flags.js';
import * as texts from '../cli/texts/networks.js';

export default class Networks extends HostCommand {
  static override summary = texts.summary;
  static override description = texts.description;
  static override examples = texts.examples;
  static override flags = {
    driver: Flags.string({
      description: 'Only networks of this driver; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'DRIVER',
    }),
    ...quietFlag,
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(Networks);
    const {networksAnswer} = await import('../answers/networks.js');
    const answer = await networksAnswer(this.reader(flags), flags.driver);
    await this.show(flags, answer.document, {
      data: () => answer,
      view: async (shown, terminal, paint) => {
        const {renderNetworks} = await import('../render/networks.js');
        return renderNetworks(shown, terminal, paint, {all: flags.wide, drivers: flags.driver});
      },
      names: ({document: {networks}}) => networks.map(({network}) => network),
    });
  }
}
