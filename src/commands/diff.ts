import {Args, Flags} from '@oclif/core';
import {exitStatus, type OvdiagError, usageError} from '../base/errors.js';
import {escapeText} from '../base/escape.js';
import {BaseCommand} from '../cli/base-command.js';
import {hostSummaries, problemLines, statusOfProblems} from '../hosts/host-problems.js';
import type {HostModel} from '../model/host.js';
import type {Problem} from '../model/problem.js';

const snapshotArg = (description: string) => Args.string({description, required: true, ignoreStdin: true});

export default class Diff extends BaseCommand {
  static override summary = 'Show what differs between two snapshots of the same hosts';

  static override description = [
    `Compares containers, networks, endpoints, nodes, services and tasks, namespaces, links, addresses, routes, routing rules, programmed FDB rows, permanent neighbours, packet filters, IPsec and sysctls. Left out is what comes and goes by itself: counters, ages, learned rows, neighbours that were asked for, random ports and names.`,
    `Hosts are matched by swarm node, boot and network namespace, or by less where that is not enough, which is then said. What only comes with something else (the rows of a container that is gone) is counted below it.`,
    `Exit status: 0 no difference, 1 a difference, 3 none, but not all that one snapshot has could be compared.`,
  ].join('\n\n');

  static override examples = [
    {
      description: 'Before and after',
      command: '<%= config.bin %> <%= command.id %> before.json.gz after.json.gz',
    },
    {
      description: 'Every difference on a line of its own',
      command: '<%= config.bin %> <%= command.id %> before.json.gz after.json.gz --verbose',
    },
    {
      description: 'The FDB rows that vanished',
      command: `<%= config.bin %> <%= command.id %> before.json.gz after.json.gz --json | jq '.differences[] | select(.kind == "fdb-row" and .change == "vanished")'`,
    },
    {
      description: 'This host against an earlier snapshot of it',
      command: 'sudo <%= config.bin %> snapshot -o - | <%= config.bin %> <%= command.id %> before.json.gz -',
    },
  ];

  static override args = {
    first: snapshotArg('The earlier snapshot'),
    second: snapshotArg('The later snapshot (-: standard input)'),
  };

  static override flags = {
    verbose: Flags.boolean({description: 'Fold nothing: every difference on a line of its own'}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Diff);
    if (args.first === '-' && args.second === '-')
      throw usageError('stdin-twice', 'Only one of the two snapshots can come from standard input.');
    const [{readSide}, {beginDiff}] = await Promise.all([
      import('../answers/diff-side.js'),
      import('../diff/diff.js'),
    ]);
    const [first, second] = [await readSide(args.first), await readSide(args.second)];
    const comparing = beginDiff(first.hosts, second.hosts);
    const {pairs} = comparing;
    if (pairs.length === 0) {
      throw noCommonHost(first.hosts, second.hosts);
    }
    for (const pair of pairs)
      comparing.compare(pair, await first.anew(pair.before), await second.anew(pair.after));
    const {differences, notCompared} = comparing.end();
    const problems = unique(
      [...first.hosts, ...second.hosts].flatMap(({name, problems: all}) =>
        all.map((problem) => ({host: name, ...problem})),
      ),
    );
    const document = {
      schemaVersion: 1 as const,
      hosts: hostSummaries(second.hosts),
      hostsBefore: hostSummaries(first.hosts),
      problems,
      matches: pairs.map(({label, before, match}) => ({host: label, before: before.name, by: match})),
      differences: differences.map(({change, kind, place, name, detail, facts, follows}) => ({
        change,
        kind,
        host: place.host ?? null,
        place: place.title,
        network: place.network ?? null,
        name,
        detail: detail ?? null,
        facts,
        follows: follows ?? null,
      })),
      notCompared: notCompared.map(({host, ...rest}) => ({host: host ?? null, ...rest})),
    };
    const partial = notCompared.some(({missingIn}) => missingIn !== 'both');
    process.exitCode =
      differences.length > 0
        ? exitStatus.problemFound
        : partial
          ? exitStatus.cannotLook
          : statusOfProblems(document);
    if (this.jsonEnabled()) return this.answer(document, () => '');
    const [{terminalOf}, {painter}, {renderDiff}] = await Promise.all([
      import('../render/terminal.js'),
      import('../render/paint.js'),
      import('../render/diff.js'),
    ]);
    const terminal = terminalOf(process.stdout, {noColour: flags['no-color']});
    const text = renderDiff({pairs, differences, notCompared}, terminal, await painter(terminal), {
      verbose: flags.verbose,
    });
    process.stdout.write(text);
    for (const line of problemLines(document, '')) process.stderr.write(`${escapeText(line)}\n`);
  }
}

function unique(problems: Problem[]): Problem[] {
  const seen = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  return [...seen.values()];
}

function noCommonHost(first: HostModel[], second: HostModel[]): OvdiagError {
  const names = (hosts: HostModel[]) =>
    hosts
      .map(({name}) => name)
      .slice(0, 5)
      .join(', ') || 'none';
  const namesakes = first.filter(({name}) => second.some((host) => host.name === name));
  return usageError(
    'no-common-host',
    `The two snapshots have no host in common: the first has ${names(first)}, the second ${names(second)}.`,
    [
      ...(namesakes.length > 0
        ? ['One name is no proof: these differ in swarm node, engine and network namespace.']
        : []),
      'Compare two readings of the same host: ovdiag snapshot -o before.json.gz, and again later',
    ],
  );
}
