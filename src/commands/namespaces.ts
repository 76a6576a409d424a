import {HostCommand} from '../cli/host-command.js';
import {quietFlag} from '../cli/shared-flags.js';
import * as texts from '../cli/texts/namespaces.js';

export default class Namespaces extends HostCommand {
  static override summary = texts.summary;
  static override description = texts.description;
  static override examples = texts.examples;
  static override flags = {...quietFlag};

  async run(): Promise<void> {
    const {flags} = await this.parse(Namespaces);
    const {namespacesAnswer} = await import('../answers/namespaces.js');
    const document = await namespacesAnswer(this.reader(flags));
    await this.show(flags, document, {
      data: () => document.namespaces,
      view: async (namespaces, terminal, paint) => {
        const {renderNamespaces} = await import('../render/namespaces.js');
        return renderNamespaces(namespaces, terminal, paint);
      },
      names: (namespaces) => namespaces.map(({netns}) => netns),
    });
  }
}
