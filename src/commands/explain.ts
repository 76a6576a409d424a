import {Args} from '@oclif/core';
import {BaseCommand} from '../cli/base-command.js';
import {quietFlag} from '../cli/shared-flags.js';
import * as texts from '../cli/texts/explain.js';

export default class Explain extends BaseCommand {
  static override summary = texts.summary;
  static override description = texts.description;
  static override examples = texts.examples;
  static override args = {
    code: Args.string({description: 'Code of a finding; without it, all are listed', ignoreStdin: true}),
  };

  static override flags = {...quietFlag};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Explain);
    const {explainAnswer} = await import('../answers/explain.js');
    const document = explainAnswer(args.code);
    await this.print(flags, document, {
      data: () => document.explanations,
      view: async (explanations, terminal, paint) => {
        const {renderCodes, renderExplanation} = await import('../render/explain.js');
        const [first] = explanations;
        return args.code !== undefined && first
          ? renderExplanation(first, terminal, paint)
          : renderCodes(explanations, terminal, paint);
      },
      names: (explanations) => explanations.map(({code}) => code),
    });
  }
}
