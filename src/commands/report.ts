import {Flags} from '@oclif/core';
import type {CaptureReport} from '../answers/report-capture.js';
import {HostCommand} from '../cli/host-command.js';
import {defaultReportName, reportQuestion} from '../cli/questions/report.js';
import {quietFlag, redactFlag} from '../cli/shared-flags.js';
import * as texts from '../cli/texts/report.js';
import type {Names} from '../packet/names.js';

export default class Report extends HostCommand {
  static override summary = texts.summary;
  static override description = texts.description;
  static override examples = texts.examples;
  static override flags = {
    output: Flags.string({
      char: 'o',
      description: 'Output file (-: standard output); default ovdiag-report-TIME.html',
      helpValue: 'FILE',
    }),
    force: Flags.boolean({description: 'Overwrite the output file'}),
    ...redactFlag,
    capture: Flags.string({
      description: 'Also show this capture (pcap or pcapng); repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'FILE',
    }),
    ...quietFlag,
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(Report);
    const question = reportQuestion(flags, this.settings.accept);
    const path = flags.output ?? defaultReportName(question);
    const [{reportAnswer}, {checks}, {checkNew, writeNewFile}, {reportText}, {reportSummary}] =
      await Promise.all([
        import('../answers/report.js'),
        import('../checks/registry.js'),
        import('../snapshot/snapshot-file.js'),
        import('../cli/report-file.js'),
        import('../answers/report-summary.js'),
      ]);
    // Before anything is read, which may take minutes.
    await checkNew(path, flags.force);
    const redact = flags.redact ? (await import('../answers/redaction.js')).redaction() : undefined;
    const files = flags.capture;
    const capture = files && ((names: Names | undefined) => this.capture(files, names));
    const document = await reportAnswer(this.reader(flags), {...question, redact, capture}, checks);
    const text = Buffer.from(await reportText(document));
    await writeNewFile(path, text, flags.force);
    const shown = {
      data: () => path,
      view: (written: string) => `Wrote ${written}: ${document.verdict}\n`,
      names: (written: string) => [written],
    };
    await this.show(flags, reportSummary(document, {file: path, size: text.length}), shown, {
      silent: path === '-',
    });
  }

  private async capture(files: readonly string[], names: Names | undefined): Promise<CaptureReport> {
    const {captureReport} = await import('../decode/capture-report.js');
    const {signal} = this.interruption;
    const report = await this.interruption.during(
      captureReport(files, names, {
        isStopped: () => signal.aborted,
        onStop: (listener) => signal.addEventListener('abort', listener),
      }),
    );
    for (const problem of report.problems) this.logToStderr(`ovdiag: ${problem}`);
    return report;
  }
}
