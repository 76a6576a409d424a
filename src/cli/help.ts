import {type Command, CommandHelp, Help} from '@oclif/core';
import {wrapText} from '../render/text.js';

/** Help of one command: the examples first, as that is what most people look for; prose wrapped by paragraph. */
class ExamplesFirst extends CommandHelp {
  protected override sections(): ReturnType<CommandHelp['sections']> {
    const order = ['USAGE', 'EXAMPLES', 'DESCRIPTION', 'ARGUMENTS'];
    const rank = ({header}: {header: string}) =>
      order.includes(header) ? order.indexOf(header) : order.length;
    return super.sections().sort((a, b) => rank(a) - rank(b));
  }

  /** Arguments only: the flags are listed below, and all of them would fill five lines here. */
  protected override defaultUsage(): string {
    const args = Object.values(this.command.args ?? {}).map((arg) =>
      arg.required ? arg.name.toUpperCase() : `[${arg.name.toUpperCase()}]`,
    );
    return [this.command.id, ...args, '[FLAGS]'].join(' ');
  }

  /** The summary stands above already. */
  protected override description(): string | undefined {
    const text = this.command.description;
    return text ? this.wrap(this.render(text)) : undefined;
  }

  protected override examples(examples: Command.Example[] | undefined | string): string | undefined {
    if (!Array.isArray(examples)) return undefined;
    return examples
      .map((example) =>
        typeof example === 'string'
          ? `$ ${this.render(example)}`
          : `# ${example.description}\n$ ${this.render(example.command)}`,
      )
      .join('\n\n');
  }
}

export default class OvdiagHelp extends Help {
  protected override CommandHelpClass = ExamplesFirst;
  private ofOneCommand = false;

  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    this.ofOneCommand = true;
    await super.showCommandHelp(command);
  }

  /** oclif wraps summaries in the list of commands, but not above the help of one. */
  protected override summary(command: Command.Loadable): string | undefined {
    const text = super.summary(command);
    return text && this.ofOneCommand ? wrapText(text, this.opts.maxWidth).join('\n') : text;
  }
}
