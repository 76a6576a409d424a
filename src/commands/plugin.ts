import {Args} from '@oclif/core';
import {escapeText} from '../base/escape.js';
import {BaseCommand} from '../cli/base-command.js';
import * as texts from '../cli/texts/plugin.js';

export default class Plugin extends BaseCommand {
  static override enableJsonFlag = false;
  static override summary = texts.summary;
  static override description = texts.description;
  static override examples = texts.examples;
  static override args = {
    action: Args.string({
      description: 'What to do with the link',
      options: ['install', 'remove'],
      required: true,
      ignoreStdin: true,
    }),
  };

  async run(): Promise<void> {
    const {args} = await this.parse(Plugin);
    const {linkPlan, pluginLink, presentAt, programFiles, putLink, removeLink} = await import(
      '../plugin/link.js'
    );
    const isRoot = process.getuid?.() === 0;
    const link = pluginLink(isRoot, process.env);
    if (args.action === 'remove') {
      if ((await presentAt(link)) === undefined) return this.say(`Nothing to remove: there is no ${link}`);
      this.say(`Removing ${link}`);
      return removeLink(link);
    }
    const plan = await linkPlan(link, programFiles(this.config.root), isRoot);
    if (plan.present === plan.target) return this.say(`Installed already: ${link} -> ${plan.target}`);
    this.say(`Linking ${link} -> ${plan.target}`);
    await putLink(plan);
    this.say('Try it: docker ovdiag networks');
  }

  private say(line: string): void {
    process.stdout.write(`${escapeText(line)}\n`);
  }
}
