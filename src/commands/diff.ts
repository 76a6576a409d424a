import {Args} from '@oclif/core';
import {usageError} from '../base/errors.js';
import {BaseCommand} from '../cli/base-command.js';
import {tellProblems} from '../cli/problems.js';
import {verboseFlag} from '../cli/shared-flags.js';
import * as texts from '../cli/texts/diff.js';

const snapshotArg = (description: string) => Args.string({description, required: true, ignoreStdin: true});

export default class Diff extends BaseCommand {
  static override summary = texts.summary;
  static override description = texts.description;
  static override examples = texts.examples;
  static override args = {
    first: snapshotArg('The earlier snapshot'),
    second: snapshotArg('The later snapshot; -: standard input'),
  };

  static override flags = {
    ...verboseFlag('Show every difference on a line of its own'),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Diff);
    if (args.first === '-' && args.second === '-')
      throw usageError('stdin-twice', 'Only one of the two snapshots can come from standard input.');
    const [{readSide}, {diffAnswer}] = await Promise.all([
      import('../answers/diff-side.js'),
      import('../answers/diff.js'),
    ]);
    const first = await readSide(args.first);
    const {document, diff, status} = await diffAnswer(first, await readSide(args.second));
    process.exitCode = status;
    await this.print(flags, document, {
      data: () => diff,
      view: async (shown, terminal, paint) => {
        const {renderDiff} = await import('../render/diff.js');
        return renderDiff(shown, terminal, paint, {verbose: flags.verbose});
      },
    });
    if (!this.jsonEnabled()) tellProblems(document, '', {snapshot: [args.first]});
  }
}
