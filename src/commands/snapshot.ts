import {Flags} from '@oclif/core';
import {parseDuration} from '../cli/duration.js';
import {HostCommand} from '../cli/host-command.js';
import {meansSeveral} from '../cli/host-selection.js';
import {checkSnapshot} from '../cli/questions/snapshot.js';
import {serviceChoice} from '../cli/service-choice.js';
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
        'File to write (.gz: compressed; -: standard output), by default ovdiag-HOST-TIME.json.gz; for several hosts a directory, unless the name ends in .json or .json.gz',
      helpValue: 'FILE|DIR',
    }),
    redact: Flags.boolean({
      description: 'Replace addresses, MACs, names and ids by others, the same everywhere, to share it',
    }),
    via: Flags.string({
      description: 'With --swarm, how to reach the other nodes: ssh, or a job of the swarm itself (service)',
      options: ['ssh', 'service'],
      default: 'ssh',
      helpGroup: 'SERVICE',
    }),
    image: Flags.string({
      description: "For --via service, the collector's image, which docker/collector/Dockerfile builds",
      helpGroup: 'SERVICE',
      helpValue: 'IMAGE',
    }),
    yes: Flags.boolean({
      description: 'For --via service, create the job without asking',
      helpGroup: 'SERVICE',
    }),
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
    const view = () => `Wrote ${path}\nRead it anywhere: ovdiag namespaces --snapshot ${path}\n`;
    await this.show(flags, document, view, {quiet: path === '-'});
  }
}
