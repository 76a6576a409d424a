import {Args, Command, loadHelpClass} from '@oclif/core';
import {exitStatus} from '../base/errors.js';
import {errorText} from '../cli/errors.js';
import {unknownCommand} from '../cli/unknown-command.js';

export default class HelpCommand extends Command {
  static override summary = 'Show help for a command';
  static override strict = false;
  static override args = {command: Args.string({description: 'Command to show help for', ignoreStdin: true})};

  async run(): Promise<void> {
    const {argv} = await this.parse(HelpCommand);
    const words = argv as string[];
    const [name] = words;
    if (name !== undefined && !name.startsWith('-') && !this.config.findCommand(name)) {
      process.stderr.write(errorText(unknownCommand(name, this.config.commandIDs, this.config.bin)));
      process.exitCode = exitStatus.usage;
      return;
    }
    const HelpClass = await loadHelpClass(this.config);
    await new HelpClass(this.config, this.config.pjson.oclif.helpOptions ?? {}).showHelp(words);
  }
}
