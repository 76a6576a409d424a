/**
 * What completion knows of the command line. The build makes it from oclif's manifest and the catalogue of findings and
 * keeps it beside the bundle (dist/complete/grammar.json), so that pressing Tab loads neither.
 */
export interface Grammar {
  /** By name, in alphabetical order. */
  commands: Record<string, CommandGrammar>;
  /** Codes of findings. */
  codes: string[];
}

export interface CommandGrammar {
  summary: string;
  /** What each argument is; the last one again and again where `repeats`. */
  args: ValueKind[];
  repeats?: true;
  flags: FlagGrammar[];
}

export interface FlagGrammar {
  name: string;
  char?: string;
  summary: string;
  /** Absent for a switch. */
  value?: ValueKind;
  /** Where one of these is wanted. */
  options?: string[];
  /** May be given more than once. */
  repeats?: true;
}

/** What is wanted, as far as something can be offered: names of the engine, of the configuration, or of files. */
export type ValueKind =
  | 'any'
  | 'file'
  | 'folder'
  | 'options'
  | 'code'
  | 'command'
  | 'shell'
  | 'host'
  | 'group'
  | 'context'
  | 'filter'
  | 'network'
  | 'container'
  | 'place'
  | 'endpoint';

/** As much as is needed of oclif's manifest. */
export interface Manifest {
  commands: Record<string, ManifestCommand>;
}

interface ManifestCommand {
  summary?: string | undefined;
  hidden?: boolean | undefined;
  strict?: boolean | undefined;
  args?: Record<string, unknown> | undefined;
  flags?: Record<string, ManifestFlag> | undefined;
}

interface ManifestFlag {
  name: string;
  char?: string | undefined;
  type: 'boolean' | 'option';
  description?: string | undefined;
  summary?: string | undefined;
  helpValue?: string | string[] | undefined;
  options?: readonly string[] | undefined;
  multiple?: boolean | undefined;
  allowNo?: boolean | undefined;
  hidden?: boolean | undefined;
}

/** Pure part of the build: the grammar of the commands in the manifest. */
export function grammarOf(manifest: Manifest, codes: readonly string[]): Grammar {
  const commands = Object.entries(manifest.commands)
    .filter(([, {hidden}]) => !hidden)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, command]): [string, CommandGrammar] => [
      name.replaceAll(':', ' '),
      commandGrammar(name, command),
    ]);
  return {commands: Object.fromEntries(commands), codes: [...codes].sort()};
}

function commandGrammar(
  name: string,
  {summary = '', args = {}, flags = {}, strict}: ManifestCommand,
): CommandGrammar {
  return {
    summary,
    args: Object.keys(args).map((arg) => argKinds[`${name} ${arg}`] ?? argKinds[arg] ?? 'any'),
    ...(strict === false ? {repeats: true as const} : {}),
    flags: Object.values(flags)
      .filter(({hidden}) => !hidden)
      .flatMap(flagGrammar)
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** By the name of the argument, or by command and argument. */
const argKinds: Record<string, ValueKind> = {
  network: 'network',
  container: 'container',
  source: 'endpoint',
  destination: 'endpoint',
  'links name': 'place',
  'capture name': 'place',
  code: 'code',
  command: 'command',
  shell: 'shell',
  file: 'file',
  first: 'file',
  second: 'file',
};

/** By the name of the flag, else by what its help calls the value. */
const flagKinds: Record<string, ValueKind> = {
  host: 'host',
  'hosts-group': 'group',
  context: 'context',
  filter: 'filter',
};
const valueKinds: Record<string, ValueKind> = {
  FILE: 'file',
  'FILE|DIR': 'file',
  DIR: 'folder',
  CODE: 'code',
  NETWORK: 'network',
};

function flagGrammar(flag: ManifestFlag): FlagGrammar[] {
  const {name, char, type, description, options, multiple, allowNo} = flag;
  const summary = (flag.summary ?? description ?? '').replace(/ \[OVDIAG_[^\]]*\]$/, '');
  const common = {
    name,
    ...(char === undefined ? {} : {char}),
    summary,
    ...(multiple ? {repeats: true as const} : {}),
  };
  if (type === 'option') {
    const value = options ? 'options' : (flagKinds[name] ?? valueKinds[String(flag.helpValue)] ?? 'any');
    return [{...common, value, ...(options ? {options: [...options]} : {})}];
  }
  return [common, ...(allowNo ? [{name: `no-${name}`, summary: `Not: ${summary}`}] : [])];
}
