import {type Command, CommandHelp, Help} from '@oclif/core';
import {wrapText} from '../render/text.js';
import {environmentHelp, rootExamples} from './texts/root.js';

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

/** @param bin what the program is called: also `docker ovdiag` */
function rootExampleLines(bin: string): string {
  return rootExamples
    .flatMap(({description, command}) => [
      ...(description === undefined ? [] : [`# ${description}`]),
      `$ ${command.replace('ovdiag', bin)}`,
    ])
    .join('\n');
}

export default class OvdiagHelp extends Help {
  protected override CommandHelpClass = ExamplesFirst;
  private ofOneCommand = false;

  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    this.ofOneCommand = true;
    await super.showCommandHelp(command);
  }

  /** Examples before the list of commands, and how hosts are chosen by the environment after it. */
  override formatRoot(): string {
    return [
      this.config.pjson['description'] ?? '',
      this.section('EXAMPLES', rootExampleLines(this.config.bin)),
    ].join('\n\n');
  }

  override async showRootHelp(): Promise<void> {
    await super.showRootHelp();
    this.log(this.section('ENVIRONMENT', wrapText(environmentHelp, this.opts.maxWidth - 2).join('\n')));
  }

  /** oclif wraps summaries in the list of commands, but not above the help of one. */
  protected override summary(command: Command.Loadable): string | undefined {
    const text = super.summary(command);
    return text && this.ofOneCommand ? wrapText(text, this.opts.maxWidth).join('\n') : text;
  }
}
