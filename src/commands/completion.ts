import {Args} from '@oclif/core';
import {BaseCommand} from '../cli/base-command.js';
import * as texts from '../cli/texts/completion.js';

export default class Completion extends BaseCommand {
  static override enableJsonFlag = false;
  static override summary = texts.summary;
  static override description = texts.description;
  static override examples = texts.examples;
  static override args = {
    shell: Args.string({
      description: 'Shell',
      options: ['bash', 'zsh', 'fish'],
      required: true,
      ignoreStdin: true,
    }),
  };

  async run(): Promise<void> {
    const {args} = await this.parse(Completion);
    const {shellScript} = await import('../complete/shell-script.js');
    process.stdout.write(await shellScript(args.shell));
  }
}
