import {Flags} from '@oclif/core';
import {parseDuration} from '../cli/duration.js';
import {HostCommand} from '../cli/host-command.js';
import {meansSeveral} from '../cli/host-selection.js';
import {checkSnapshot} from '../cli/questions/snapshot.js';
import {serviceChoice} from '../cli/service-choice.js';
import {quietFlag, redactFlag} from '../cli/shared-flags.js';
import * as texts from '../cli/texts/snapshot.js';
import type {Problem} from '../model/problem.js';

export default class Snapshot extends HostCommand {
  static override summary = texts.summary;
  static override description = texts.description;
  static override examples = texts.examples;
  static override flags = {
    output: Flags.string({
      char: 'o',
      description:
        'Output file (.gz: compressed; -: standard output); default ovdiag-HOST-TIME.json.gz; for several hosts a directory, unless the name ends in .json or .json.gz',
      helpValue: 'FILE|DIR',
    }),
    ...redactFlag,
    via: Flags.string({
      description: 'With --swarm, how to reach the other nodes: over ssh, or with a temporary service',
      options: ['ssh', 'service'],
      default: 'ssh',
      helpGroup: 'SERVICE',
    }),
    image: Flags.string({
      description: 'For --via service, the collector image, built with docker/collector/Dockerfile',
      helpGroup: 'SERVICE',
      helpValue: 'IMAGE',
    }),
    yes: Flags.boolean({
      description: 'For --via service, create the service without asking',
      helpGroup: 'SERVICE',
    }),
    ...quietFlag,
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(Snapshot);
    checkSnapshot(flags);
    const maxSkew = parseDuration('max-skew', flags['max-skew']) / 1000;
    const [{openKeeper}, {snapshotAnswer}] = await Promise.all([
      import('../hosts/keep.js'),
      import('../answers/snapshot.js'),
    ]);
    const several = meansSeveral(flags);
    const keeper = await openKeeper(flags.output, {several, version: this.config.version});
    const redact = flags.redact ? (await import('../answers/redaction.js')).redaction() : undefined;
    const trouble: Problem[] = [];
    const reader = this.reader(flags, serviceChoice(flags, this.interruption.signal, trouble));
    const document = await snapshotAnswer(reader, {keeper, redact, maxSkew, trouble: () => trouble});
    const path = document.file ?? document.directory ?? '';
    const shown = {
      data: () => path,
      view: (written: string) => `Wrote ${written}\nRead it anywhere: ovdiag doctor --snapshot ${written}\n`,
      names: (written: string) => [written],
    };
    await this.show(flags, document, shown, {silent: path === '-'});
  }
}
