import {type Config, emptyConfig} from '../hosts/config.js';
import {contextNames, engineNames} from './engine.js';
import type {FlagGrammar, Grammar, ValueKind} from './grammar.js';
import type {ListName, Names} from './names.js';
import {snapshotNames} from './snapshots.js';
import type {Given, Wanted} from './wanted.js';

/** What a shell is told beside the candidates; the numbers are those of cobra, whose shell scripts Docker uses for its plugins. */
export const Directive = {
  /** The shell completes names of files. */
  files: 0,
  noSpace: 2,
  noFiles: 4,
  folders: 16,
} as const;

export interface Candidate {
  word: string;
  /** One line; absent where the word says all. */
  summary?: string;
}

export interface Completion {
  candidates: Candidate[];
  directive: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What can stand at the cursor. Names are asked for only where they can. */
export function completionFor(
  wanted: Wanted,
  grammar: Grammar,
  environment: Environment,
): Completion | Promise<Completion> {
  switch (wanted.what) {
    case 'nothing':
      return words([]);
    case 'command':
      return fitting(commandCandidates(grammar), wanted.typed);
    case 'flag':
      return fitting(wanted.flags.flatMap(flagCandidates), wanted.typed);
    case 'value':
      return value(wanted, grammar, environment);
  }
}

function commandCandidates({commands}: Grammar): Candidate[] {
  return Object.entries(commands).map(([word, {summary}]) => ({word, summary}));
}

function flagCandidates({name, char, summary}: FlagGrammar): Candidate[] {
  return [{word: `--${name}`, summary}, ...(char === undefined ? [] : [{word: `-${char}`, summary}])];
}

type ValueWanted = Extract<Wanted, {what: 'value'}>;

async function value(wanted: ValueWanted, grammar: Grammar, environment: Environment): Promise<Completion> {
  const {kind, typed, options, given} = wanted;
  const listed = lists[kind];
  if (listed) {
    const names = await namesFrom(listed, given, environment);
    return fitting(nameCandidates(kind, names, typed), typed);
  }
  switch (kind) {
    case 'file':
      return {candidates: [], directive: Directive.files};
    case 'folder':
      return {candidates: [], directive: Directive.folders};
    case 'options':
      return fitting(options.map(toWord), typed);
    case 'code':
      return fitting(grammar.codes.map(toWord), typed);
    case 'command':
      return fitting(commandCandidates(grammar), typed);
    case 'shell':
      return fitting(['bash', 'fish', 'zsh'].map(toWord), typed);
    case 'context':
      return fitting((await contextNames(environment)).map(toWord), typed);
    case 'filter':
      return openEnded(filters, typed);
    case 'host':
      return openEnded([...hostForms, ...(await configHosts(environment))], typed);
    case 'group':
      return fitting(Object.keys((await config(environment)).groups).map(toWord), typed);
    default:
      return words([]);
  }
}

const filters = [
  'name=',
  'label=',
  'role=manager',
  'role=worker',
  ...['active', 'pause', 'drain'].map((state) => `availability=${state}`),
];
const hostForms = ['local', 'ssh://'];

/** The user's and the system's configuration; an empty one where either is wrong, which a command says when it is run. */
async function config(environment: Environment): Promise<Config> {
  const {configPlaces, readConfig} = await import('../hosts/config-file.js');
  const read = await readConfig(configPlaces(environment)).catch(() => undefined);
  return read?.config ?? emptyConfig;
}

async function configHosts(environment: Environment): Promise<string[]> {
  const {groups} = await config(environment);
  return [...Object.keys(groups).map((name) => `@${name}`), ...Object.values(groups).flat()];
}

/** Which lists of names a kind of value needs. */
const lists: Partial<Record<ValueKind, readonly ListName[]>> = {
  network: ['networks'],
  container: ['containers', 'services'],
  place: ['networks', 'containers'],
  endpoint: ['containers', 'services', 'tasks'],
};

/** Flags and variables that name another place than the engine of this machine. */
const elsewhere = ['host', 'hosts-file', 'hosts-group', 'swarm'];
const elsewhereVariables = ['OVDIAG_HOST', 'OVDIAG_HOSTS_FILE', 'OVDIAG_HOSTS_GROUP', 'OVDIAG_SWARM'];

/** Names of the snapshots that were named, else of the engine of this machine; other hosts are never asked. */
function namesFrom(listed: readonly ListName[], given: Given, environment: Environment): Promise<Names> {
  const typed = given.get('snapshot');
  if (typed) return snapshotNames(typed);
  const none = Promise.resolve({networks: [], containers: [], services: [], tasks: []});
  if (elsewhere.some((flag) => given.has(flag))) return none;
  const context = given.get('context')?.at(-1);
  if (context === undefined) {
    const {OVDIAG_SNAPSHOT: snapshots} = environment;
    if (snapshots) return snapshotNames(snapshots.split(':'));
    if (elsewhereVariables.some((name) => environment[name])) return none;
  }
  return engineNames(listed, environment, context ?? (environment['OVDIAG_CONTEXT'] || undefined));
}

function nameCandidates(kind: ValueKind, names: Names, typed: string): Candidate[] {
  const ofKind = (list: string[], summary: string, prefix = ''): Candidate[] =>
    list.map((name) => ({word: `${prefix}${name}`, summary}));
  const networks = kind === 'network' || kind === 'place' ? ofKind(names.networks, 'network') : [];
  if (kind === 'network') return networks;
  const local = ofKind(names.containers, 'container');
  if (kind === 'place') return [...networks, ...local];
  const all = [...local, ...ofKind(names.services, 'service'), ...ofKind(names.tasks, 'task')];
  const qualified = /^(container|service|task):/.exec(typed)?.[1];
  if (qualified === undefined) return all;
  return all
    .filter(({summary}) => summary === qualified)
    .map(({word, summary = ''}) => ({word: `${qualified}:${word}`, summary}));
}

function toWord(word: string): Candidate {
  return {word};
}

/** Candidates that begin as typed, each once; more would fill the screen of a user who has typed nothing. */
const mostCandidates = 500;

function fitting(candidates: Candidate[], typed: string): Completion {
  const byWord = new Map<string, Candidate>();
  for (const candidate of candidates)
    if (candidate.word.startsWith(typed) && !byWord.has(candidate.word))
      byWord.set(candidate.word, candidate);
  return words([...byWord.values()].slice(0, mostCandidates));
}

/** Words of which some are only a beginning: where those are all, no blank follows. */
function openEnded(all: readonly string[], typed: string): Completion {
  const {candidates, directive} = fitting(all.map(toWord), typed);
  const isOpen = candidates.length > 0 && candidates.every(({word}) => /[=/:]$/.test(word));
  return {candidates, directive: isOpen ? directive | Directive.noSpace : directive};
}

function words(candidates: Candidate[]): Completion {
  return {candidates, directive: Directive.noFiles};
}
