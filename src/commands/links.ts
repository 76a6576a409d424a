import {Args, Flags} from '@oclif/core';
import {HostCommand} from '../cli/host-command.js';
import {quietFlag} from '../cli/shared-flags.js';
import * as texts from '../cli/texts/links.js';

export default class Links extends HostCommand {
  static override summary = texts.summary;
  static override description = texts.description;
  static override examples = texts.examples;
  static override args = {
    name: Args.string({
      description: 'Network, namespace file (or "host") or container; default: all overlays',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    stats: Flags.boolean({description: 'Show counters: packets, errors and drops'}),
    table: Flags.boolean({description: 'One line per link instead of a tree'}),
    all: Flags.boolean({
      char: 'a',
      description: 'Show everything, also namespaces that are not overlay sandboxes',
    }),
    ...quietFlag,
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Links);
    const {linksAnswer} = await import('../answers/links.js');
    const {name} = args;
    const {all, stats} = flags;
    const answer = await linksAnswer(this.reader(flags), {name, all, stats});
    await this.show(flags, answer.document, {
      data: () => answer,
      view: async (shown, terminal, paint) => {
        const {renderLinks} = await import('../render/links.js');
        return renderLinks(shown, terminal, paint, flags);
      },
      names: ({document: {namespaces}}) => namespaces.flatMap(({links}) => links.map(({name: link}) => link)),
    });
  }
}
