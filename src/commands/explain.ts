import {Args} from '@oclif/core';
import {usageError} from '../base/errors.js';
import {BaseCommand} from '../cli/base-command.js';

export default class Explain extends BaseCommand {
  static override summary = 'Explain a finding: what it means, how to prove it by hand, how to mend it';

  static override description =
    'Without a code, all of them, a line each. The same texts are the pages in docs/checks.';

  static override examples = [
    {description: 'One code', command: '<%= config.bin %> <%= command.id %> fdb-row-missing'},
    {description: 'All codes', command: '<%= config.bin %> <%= command.id %>'},
  ];

  static override args = {
    code: Args.string({description: 'Code of a finding', ignoreStdin: true}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Explain);
    const [{catalogue, explanationOf}, {nearNames}] = await Promise.all([
      import('../findings/catalogue.js'),
      import('../base/near.js'),
    ]);
    const {code} = args;
    const [{terminalOf}, {painter}, {renderExplanation, renderCodes}] = await Promise.all([
      import('../render/terminal.js'),
      import('../render/paint.js'),
      import('../render/explain.js'),
    ]);
    const terminal = terminalOf(process.stdout, {noColour: flags['no-color'] ?? false});
    const paint = await painter(terminal);
    if (code === undefined) {
      const text = await renderCodes(catalogue, terminal, paint);
      this.answer({schemaVersion: 1, explanations: catalogue}, () => text);
      return;
    }
    const explanation = explanationOf(code);
    if (!explanation) {
      const near = nearNames(
        code,
        catalogue.map((one) => one.code),
      );
      throw usageError('unknown-code', `No finding has the code ${code}.`, [
        ...near.map((name) => `Did you mean: ovdiag explain ${name}`),
        'All codes: ovdiag explain',
      ]);
    }
    this.answer({schemaVersion: 1, explanations: [explanation]}, () =>
      renderExplanation(explanation, terminal, paint),
    );
  }
}
