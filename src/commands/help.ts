import {Args, Command, loadHelpClass} from '@oclif/core';

export default class HelpCommand extends Command {
  static override summary = 'Show help for a command';
  static override strict = false;
  static override args = {command: Args.string({description: 'Command to show help for', ignoreStdin: true})};

  async run(): Promise<void> {
    const {argv} = await this.parse(HelpCommand);
    const HelpClass = await loadHelpClass(this.config);
    await new HelpClass(this.config, this.config.pjson.oclif.helpOptions ?? {}).showHelp(argv as string[]);
  }
}
