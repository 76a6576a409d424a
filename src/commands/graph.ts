import {Args, Flags} from '@oclif/core';
import {HostCommand} from '../cli/host-command.js';
import {graphQuestion} from '../cli/questions/graph.js';
import * as texts from '../cli/texts/graph.js';

export default class Graph extends HostCommand {
  static override summary = texts.summary;
  static override description = texts.description;
  static override usage = texts.usage;
  static override examples = texts.examples;
  static override args = {
    name: Args.string({
      description: 'Only this network or container; with --trace the source',
      ignoreStdin: true,
    }),
    destination: Args.string({
      description: 'With --trace: container, task or address to reach',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    format: Flags.string({
      description: 'How to draw it; by default as the name of the output file ends, else text',
      options: ['text', 'svg', 'mermaid', 'dot'],
    }),
    output: Flags.string({
      char: 'o',
      description: 'Output file (-: standard output)',
      helpValue: 'FILE',
    }),
    trace: Flags.boolean({description: 'Draw the path of a frame from one container to another, and back'}),
    network: Flags.string({
      description: 'With --trace: use this network, if they share several',
      helpValue: 'NETWORK',
      dependsOn: ['trace'],
    }),
    port: Flags.string({
      description: 'With --trace: a TCP or UDP packet to this port instead of an ICMP echo',
      helpValue: 'PORT/tcp',
      dependsOn: ['trace'],
    }),
    indexes: Flags.boolean({description: 'Show the indexes of interfaces'}),
    all: Flags.boolean({char: 'a', description: 'Fold nothing'}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Graph);
    const {output, format, indexes} = flags;
    const json = this.jsonEnabled();
    const {drawn, formatOf, writeGraph} = await import('../cli/graph-file.js');
    const isFile = output !== undefined && output !== '-';
    if (isFile && !json) formatOf(output, format);
    const question = await graphQuestion(args, flags, this.settings.accept);
    const [{graphAnswer}, {checks}] = await Promise.all([
      import('../answers/graph.js'),
      import('../checks/registry.js'),
    ]);
    const document = await graphAnswer(this.reader(flags), question, checks);
    if (!isFile) {
      return this.show(flags, document, {
        data: () => document,
        view: (shown, terminal, paint) => drawn(shown, {format, indexes}, terminal, paint),
      });
    }
    await writeGraph(output, document, {format, indexes, json});
    const wrote = {data: () => output, view: (path: string) => `Wrote ${path}\n`};
    await this.show(flags, document, wrote, {silent: json});
  }
}
