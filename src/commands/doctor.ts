import {Args, Flags} from '@oclif/core';
import {exitStatus, usageError} from '../base/errors.js';
import type {Examination, Examiner} from '../checks/run.js';
import {parseDuration} from '../cli/duration.js';
import {HostCommand} from '../cli/host-command.js';
import type {HostFlags} from '../cli/host-flags.js';
import {everything} from '../collect/wanted.js';
import type {Finding, FoldedFinding} from '../findings/finding.js';
import {atLeast, type Severity} from '../findings/severity.js';
import {type HostDocument, secondLookMs} from '../hosts/document.js';
import {type HostFacts, hostFacts} from '../hosts/host-facts.js';
import {skew} from '../hosts/readings.js';
import type {HostModel} from '../model/host.js';
import type {JunitSource} from '../render/junit.js';

/** What --for takes, in seconds: two readings so far apart are also two looks at one state. */
const sampleLimits = {least: 3, most: 50};

export default class Doctor extends HostCommand {
  static override summary =
    'Look for everything that is known to break overlay networks, and prove what is found';

  static override description = [
    `Compares what Swarm intends, what gossip says, what the kernel holds and what the other hosts hold. A finding names its code, the very rows that prove it, the cause, and a remedy to type; nothing is changed. What follows from another finding is folded under it. What could not be looked at is listed as not checked, with what to add.`,
    `On live hosts a finding is read a second time, 3 seconds later, and reported only if it stands. With --for, counters of errors and drops are compared over that time, and the kernel is listened to: it announces every frame and every question for which an overlay has no row. Two snapshots of one host are compared in the same way. Status: 0 nothing at or above --fail-on; 1 a finding; 3 something needed could not be read.`,
  ].join('\n\n');

  static override examples = [
    {description: 'This host', command: 'sudo <%= config.bin %> <%= command.id %>'},
    {
      description: 'Two hosts side by side: only then can a path be called healthy',
      command: '<%= config.bin %> <%= command.id %> --host ssh://root@node1 --host ssh://root@node2',
    },
    {
      description: 'Also see what is being lost right now, over ten seconds',
      command: 'sudo <%= config.bin %> <%= command.id %> --for 10s',
    },
    {
      description: 'One network, from snapshots, with all evidence',
      command: '<%= config.bin %> <%= command.id %> uber-net -s node1.json.gz -s node2.json.gz --verbose',
    },
    {
      description: 'For a scheduled job: fail on errors only, and show them as test results',
      command: 'sudo <%= config.bin %> <%= command.id %> --fail-on error --junit overlays.xml',
    },
  ];

  static override args = {
    network: Args.string({
      description: 'Only this network (and what concerns whole hosts): name, id prefix or NAME@HOST',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    for: Flags.string({
      description: 'Read twice, this far apart, and judge what was lost meanwhile: 3s to 50s',
      helpValue: 'TIME',
    }),
    'fail-on': Flags.string({
      description: 'Exit with 1 on findings of this severity or a worse one',
      options: ['error', 'warning', 'info', 'never'],
      default: 'warning',
    }),
    only: Flags.string({
      description: 'Report only this code; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'CODE',
    }),
    skip: Flags.string({
      description: 'Do not report this code; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'CODE',
    }),
    junit: Flags.string({
      description: "Also write the answer to FILE as JUnit's XML, which CI systems show as test results",
      helpValue: 'FILE',
    }),
    verbose: Flags.boolean({
      description: 'Show every finding with all evidence, every remedy, and what is folded',
    }),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Doctor);
    const [{Examiner}, {checks}, {foldFindings}] = await Promise.all([
      import('../checks/run.js'),
      import('../checks/registry.js'),
      import('../findings/fold.js'),
    ]);
    const maxSkew = parseDuration('max-skew', flags['max-skew']) / 1000;
    await checkCodes([...(flags.only ?? []), ...(flags.skip ?? [])]);
    const seconds = sampleSeconds(flags);
    const examiner = new Examiner(checks);
    const hosts: HostFacts[] = [];
    const take = (model: HostModel) => {
      examiner.add(model);
      hosts.push(hostFacts(model));
    };
    const isSkipped = ({code}: Finding) => flags.skip?.includes(code) ?? false;
    await this.lookAtAll(flags, examiner, hosts, take);
    if (seconds !== undefined) await this.readEach(flags, {...everything, listenSeconds: seconds}, take);
    else if (this.live && needsSecondLook(examiner.end(), isSkipped)) {
      await this.pause(secondLookMs);
      await this.readEach(flags, everything, take);
    }
    const examination = examiner.end();
    const network = await networkNamed(hosts, args.network);
    const wanted = ({code, network: of}: Finding) =>
      (flags.only === undefined || flags.only.includes(code)) &&
      (network === undefined || of === null || of === network);
    const ofNetwork = (of: string | null) => network === undefined || of === null || of === network;
    // Skipped after folding: what follows from something that is known and accepted is not told either.
    const findings = foldFindings(examination.findings.filter(wanted)).flatMap((finding) =>
      isSkipped(finding)
        ? []
        : [{...finding, folded: finding.folded.filter(({finding: other}) => !isSkipped(other))}],
    );
    const diagnosis = {
      findings,
      notChecked: examination.notChecked.filter((gap) => ofNetwork(gap.network)),
      networks: examination.networks.filter((health) => ofNetwork(health.network)),
      samples: examination.samples,
      checks: checks.length,
    };
    const document = {
      ...documentOf(hosts, maxSkew),
      ...diagnosis,
      transient: examination.transient.filter((finding) => wanted(finding) && !isSkipped(finding)),
    };
    if (flags.junit !== undefined) await writeJunit(flags.junit, document, checks, flags['fail-on']);
    await this.show(flags, document, async (terminal, paint) => {
      const {renderDiagnosis} = await import('../render/doctor.js');
      return renderDiagnosis(diagnosis, flags.verbose, terminal, paint);
    });
    if (fails(findings, flags['fail-on'])) process.exitCode = exitStatus.problemFound;
  }

  /** Many snapshot files are looked at in threads, each host by itself; all else host by host. */
  private async lookAtAll(
    flags: HostFlags,
    examiner: Examiner,
    hosts: HostFacts[],
    take: (model: HostModel) => void,
  ): Promise<void> {
    const files = await this.recordedFiles(flags);
    if (files.length > 1) {
      const {examineFiles, threadsFor} = await import('../answers/examine-files.js');
      if (threadsFor(files.length) > 0) {
        const keep = (facts: HostFacts) => hosts.push(facts);
        await this.watched((signal, onProgress) => examineFiles(files, examiner, keep, signal, onProgress));
        return;
      }
    }
    await this.readEach(flags, everything, take);
  }
}

function sampleSeconds(flags: {
  for?: string | undefined;
  snapshot?: string[] | undefined;
}): number | undefined {
  if (flags.for === undefined) return undefined;
  const seconds = parseDuration('for', flags.for) / 1000;
  if (flags.snapshot !== undefined) {
    throw usageError('for-and-snapshot', '--for waits on a live host; a snapshot is of one moment.', [
      'Two snapshots of the same host are two readings: ovdiag doctor -s EARLIER -s LATER',
    ]);
  }
  const {least, most} = sampleLimits;
  if (seconds < least || seconds > most)
    throw usageError('invalid-flag', `--for takes from ${least}s to ${most}s here.`, [
      'Over a longer time: two snapshots of the host, made so far apart, and ovdiag doctor -s EARLIER -s LATER',
    ]);
  return seconds;
}

/** What was found must stand in a second reading; some faults show only there. */
function needsSecondLook(
  {findings, undecided}: Examination,
  isSkipped: (finding: Finding) => boolean,
): boolean {
  return undecided || !findings.every(isSkipped);
}

function documentOf(facts: HostFacts[], maxSkew: number): HostDocument {
  // Of a host that was read twice, the later reading.
  const hosts = new Map(facts.map((one) => [one.key, one]));
  const all = [...hosts.values()].sort((a, b) => (a.summary.name < b.summary.name ? -1 : 1));
  return {
    schemaVersion: 1,
    hosts: all.map(({summary}) => summary),
    problems: [
      ...skew(
        all.map(({summary}) => summary),
        maxSkew,
      ),
      ...all.flatMap(({summary: {name}, problems}) => problems.map((problem) => ({host: name, ...problem}))),
    ],
  };
}

async function writeJunit(
  path: string,
  {hosts, findings, notChecked}: HostDocument & Pick<JunitSource, 'findings' | 'notChecked'>,
  checks: JunitSource['checks'],
  failOn: string,
): Promise<void> {
  const [{renderJunit}, {writePrivateFile}] = await Promise.all([
    import('../render/junit.js'),
    import('../snapshot/snapshot-file.js'),
  ]);
  const timestamp =
    hosts
      .map(({finishedAt}) => finishedAt)
      .sort()
      .at(-1) ?? '';
  const text = renderJunit({
    timestamp,
    checks,
    findings,
    notChecked,
    failOn: failOn as JunitSource['failOn'],
  });
  await writePrivateFile(path, Buffer.from(text));
}

function fails(findings: FoldedFinding[], failOn: string): boolean {
  if (failOn === 'never') return false;
  return findings.some(({severity}) => atLeast(severity, failOn as Severity));
}

async function checkCodes(codes: string[]): Promise<void> {
  const [{catalogue}, {nearNames}] = await Promise.all([
    import('../findings/catalogue.js'),
    import('../base/near.js'),
  ]);
  const known: string[] = catalogue.map(({code}) => code);
  const odd = codes.find((code) => !known.includes(code));
  if (odd === undefined) return;
  const near = nearNames(odd, known);
  throw usageError('unknown-code', `No finding has the code ${odd}.`, [
    ...near.map((code) => `Did you mean: ${code}`),
    'All codes: ovdiag explain',
  ]);
}

/** The name of the network that was typed: a name, an id prefix, or NAME@HOST. */
async function networkNamed(hosts: HostFacts[], typed: string | undefined): Promise<string | undefined> {
  if (typed === undefined) return undefined;
  const {nearNames} = await import('../base/near.js');
  const [name = '', host] = typed.split('@');
  const known = hosts
    .filter(({summary}) => host === undefined || summary.name === host)
    .flatMap(({networks}) => networks);
  const found =
    known.find((network) => network.name === name) ??
    known.find(({id}) => name.length >= 4 && id.startsWith(name));
  if (found) return found.name;
  const near = nearNames(
    name,
    known.map((network) => network.name),
  );
  throw usageError('unknown-network', `There is no network ${typed}.`, [
    ...near.map((one) => `Did you mean: ${one}`),
    'All of them: ovdiag networks',
  ]);
}
