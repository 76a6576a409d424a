import {Args, Flags} from '@oclif/core';
import {HostCommand} from '../cli/host-command.js';
import * as texts from '../cli/texts/links.js';

export default class Links extends HostCommand {
  static override summary = texts.summary;
  static override description = texts.description;
  static override examples = texts.examples;
  static override args = {
    name: Args.string({
      description: 'A network, a namespace file (or "host"), or a container; all overlays without it',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    stats: Flags.boolean({description: 'Show packet, error and drop counters'}),
    table: Flags.boolean({description: 'One line a link instead of a tree'}),
    all: Flags.boolean({char: 'a', description: 'Every namespace, not only the overlay sandboxes'}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Links);
    const {linksAnswer} = await import('../answers/links.js');
    const {name} = args;
    const {all, stats} = flags;
    const answer = await linksAnswer(this.reader(flags), {name, all, stats});
    await this.show(flags, answer.document, async (terminal, paint) => {
      const {renderLinks} = await import('../render/links.js');
      return renderLinks(answer, terminal, paint, flags);
    });
  }
}
