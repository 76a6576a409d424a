import {environmentHelp, rootExamples} from '../../src/cli/texts/root.js';
import {bold, escaped, examples, head, italic, item, page, paragraphs, section} from './roff.js';

/** As much of oclif's manifest as the pages show: what `--help` shows too. */
export interface Documented {
  commands: Record<string, DocumentedCommand>;
}

interface DocumentedCommand {
  summary?: string | undefined;
  description?: string | undefined;
  usage?: string | string[] | undefined;
  examples?: (string | {description: string; command: string})[] | undefined;
  args?: Record<string, {description?: string | undefined; required?: boolean | undefined}> | undefined;
  flags?: Record<string, DocumentedFlag> | undefined;
}

interface DocumentedFlag {
  name: string;
  char?: string | undefined;
  type: 'boolean' | 'option';
  description?: string | undefined;
  helpValue?: string | string[] | undefined;
  helpGroup?: string | undefined;
  options?: readonly string[] | undefined;
  default?: unknown;
  allowNo?: boolean | undefined;
}

export interface Edition {
  /** YYYY-MM-DD */
  date: string;
  version: string;
}

/** `ovdiag(1)` and a page a command, by file name. */
export function commandPages({commands}: Documented, edition: Edition): Map<string, string> {
  const names = Object.keys(commands).sort();
  const pages = names.map((name): [string, string] => [
    `ovdiag-${name}.1`,
    commandPage(name, commands[name] ?? {}, edition),
  ]);
  return new Map([['ovdiag.1', rootPage(commands, edition)], ...pages]);
}

function rootPage(commands: Documented['commands'], edition: Edition): string {
  const names = Object.keys(commands).sort();
  return page([
    head('ovdiag', 1, edition),
    ...section('NAME', [`ovdiag \\- network inspection and troubleshooting for Docker overlay networks`]),
    ...section('SYNOPSIS', [
      `${bold('ovdiag')} ${italic('COMMAND')} [${italic('ARGUMENT')} ...] [${italic('FLAGS')}]`,
    ]),
    ...section('DESCRIPTION', paragraphs(about)),
    ...section(
      'COMMANDS',
      names.flatMap((name) => item(bold(`ovdiag ${name}`), escaped(commands[name]?.summary ?? ''))),
    ),
    ...section('EXIT STATUS', exitStatuses),
    ...section('ENVIRONMENT', [
      ...paragraphs(environmentHelp),
      ...variables(Object.values(commands)),
      ...outputVariables,
    ]),
    ...section('EXAMPLES', examples(rootExamples)),
    ...section('SEE ALSO', seeAlso([...names.map((name) => `ovdiag-${name}`), 'ovdiag-json'])),
  ]);
}

const about = `Finds out why containers on a Docker overlay network can't reach each other. It reads the kernel tables and the Docker Engine of one or more hosts, locally, over ssh or from snapshot files, and shows which entries are missing or wrong, with the commands that fix them. It is read-only.

Entering network namespaces needs root on the host that is read. Without it the first line says so, and the last line is the command to run instead.`;

const exitStatuses = [
  ['0', 'answered; trace: delivered or deliverable'],
  ['1', 'trace: does not arrive; doctor: a finding at or above --fail-on; diff: differences'],
  ['2', 'wrong usage: unknown command, flag or name, or ambiguous name'],
  ['3', 'something could not be read (permissions, Docker, a host, a file); trace: inconclusive'],
  ['130', 'interrupted'],
].flatMap(([status = '', meaning = '']) => item(bold(status), escaped(meaning)));

/** What decides how output looks; src/render/terminal.ts. */
const outputVariables = [
  ['NO_COLOR', 'No colour, if set and not empty. It overrides the next two.'],
  ['FORCE_COLOR, CLICOLOR_FORCE', 'Colour, also into a pipe, if set and neither empty nor 0.'],
  ['TERM', 'dumb: no colour, ASCII only.'],
  ['LC_ALL, LC_CTYPE, LANG', 'The first that is set decides; other than UTF-8: ASCII only.'],
  ['OVDIAG_COLUMNS', 'Width of the output, also into a pipe.'],
].flatMap(([names = '', meaning = '']) => item(bold(names), escaped(meaning)));

/** Flags say in brackets which variable sets them. */
const variablePattern = / \[(OVDIAG_[A-Z_]+)(?:=1)?\]$/;

function variables(commands: DocumentedCommand[]): string[] {
  const found = new Map<string, string>();
  for (const {flags = {}} of commands)
    for (const {name, description = ''} of Object.values(flags)) {
      const variable = variablePattern.exec(description)?.[1];
      if (variable !== undefined) found.set(variable, name);
    }
  return [...found].sort().flatMap(([variable, flag]) => item(bold(variable), `As ${bold(`--${flag}`)}.`));
}

function commandPage(name: string, command: DocumentedCommand, edition: Edition): string {
  const {summary = '', description = '', args = {}, flags = {}} = command;
  const fill = (text: string) =>
    text.replaceAll('<%= config.bin %>', 'ovdiag').replaceAll('<%= command.id %>', name);
  const shown = (command.examples ?? []).map((one) =>
    typeof one === 'string' ? {command: fill(one)} : {...one, command: fill(one.command)},
  );
  return page([
    head(`ovdiag-${name}`, 1, edition),
    ...section('NAME', [`ovdiag\\-${name} \\- ${escaped(lowerFirst(summary))}`]),
    ...section('SYNOPSIS', synopsis(name, command, fill)),
    ...section('DESCRIPTION', paragraphs(fill(description === '' ? `${summary}.` : description))),
    ...section(
      'ARGUMENTS',
      Object.entries(args).flatMap(([arg, {description: what = ''}]) =>
        item(italic(arg.toUpperCase()), escaped(what)),
      ),
    ),
    ...flagSections(Object.values(flags)),
    ...section('EXAMPLES', examples(shown)),
    ...section('SEE ALSO', seeAlso(['ovdiag', ...(flags['json'] ? ['ovdiag-json'] : [])])),
  ]);
}

/** A name in NAME is no sentence; acronyms stay. */
function lowerFirst(text: string): string {
  return text.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}

function synopsis(
  name: string,
  {usage, args = {}}: DocumentedCommand,
  fill: (text: string) => string,
): string[] {
  const given = Object.entries(args).map(([arg, {required}]) => {
    const word = arg.toUpperCase();
    return required ? word : `[${word}]`;
  });
  const lines = usage === undefined ? [[name, ...given, '[FLAGS]'].join(' ')] : [usage].flat().map(fill);
  return lines.flatMap((line, index) => [
    ...(index === 0 ? [] : ['.br']),
    `${bold('ovdiag')} ${escaped(line.replace(/^ovdiag /, ''))}`,
  ]);
}

/** As in `--help`: those of the command, then those of each group, the one of all commands last. */
function flagSections(flags: DocumentedFlag[]): string[] {
  const groups = [...new Set(flags.map(({helpGroup}) => helpGroup ?? ''))].sort(
    (a, b) => Number(a === 'GLOBAL') - Number(b === 'GLOBAL') || (a < b ? -1 : 1),
  );
  return groups.flatMap((group) =>
    section(
      group === '' ? 'FLAGS' : `${group} FLAGS`,
      flags
        .filter(({helpGroup = ''}) => helpGroup === group)
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap((flag) => item(flagTerm(flag), flagMeaning(flag))),
    ),
  );
}

function flagTerm({name, char, type, helpValue, allowNo}: DocumentedFlag): string {
  const long = allowNo ? `${bold(`--${name}`)}, ${bold(`--no-${name}`)}` : bold(`--${name}`);
  const value = type === 'option' ? `=${italic(String(helpValue ?? 'VALUE'))}` : '';
  return `${char === undefined ? '' : `${bold(`-${char}`)}, `}${long}${value}`;
}

function flagMeaning({description = '', options, default: preset}: DocumentedFlag): string {
  const values = options ? ` One of: ${options.join(', ')}.` : '';
  const presetText = typeof preset === 'string' ? ` Default: ${preset}.` : '';
  return escaped(`${description.replace(/\.?$/, '.')}${values}${presetText}`);
}

function seeAlso(pages: string[]): string[] {
  return [pages.map((name) => `${bold(name)}(${name === 'ovdiag-json' ? 5 : 1})`).join(',\n')];
}
