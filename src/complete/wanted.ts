import type {CommandGrammar, FlagGrammar, Grammar, ValueKind} from './grammar.js';

/** What the word at the cursor can be. */
export type Wanted =
  | {what: 'command'; typed: string}
  | {what: 'flag'; typed: string; flags: FlagGrammar[]}
  | {what: 'value'; typed: string; kind: ValueKind; options: string[]; given: Given}
  | {what: 'nothing'};

/** Flags and values before the cursor that decide where names come from, by the long name of the flag. */
export type Given = ReadonlyMap<string, string[]>;

interface Walk {
  given: Map<string, string[]>;
  /** Arguments so far. */
  args: number;
  /** The flag whose value comes next. */
  open?: FlagGrammar | undefined;
  /** Behind `--`. */
  ended: boolean;
}

/**
 * Pure part: what fits at the cursor.
 *
 * @param words those behind the name of the program; the last one is what was typed of the word at the cursor
 */
export function wantedAt(grammar: Grammar, words: readonly string[]): Wanted {
  const typed = words.at(-1) ?? '';
  const [name] = words;
  if (words.length <= 1) return {what: 'command', typed};
  const command = grammar.commands[name ?? ''];
  if (!command || !Object.hasOwn(grammar.commands, name ?? '')) return {what: 'nothing'};
  const walk: Walk = {given: new Map(), args: 0, ended: false};
  for (const word of words.slice(1, -1)) step(command, walk, word);
  const {open, given, ended} = walk;
  if (open) return valueWanted(open, typed, given);
  if (!ended && typed.startsWith('-')) return flagOrValue(command, typed, given);
  return argument(command, walk, typed);
}

function step(command: CommandGrammar, walk: Walk, word: string): void {
  if (walk.open) {
    note(walk.given, walk.open, word);
    walk.open = undefined;
  } else if (walk.ended || word === '-' || !word.startsWith('-')) walk.args++;
  else if (word === '--') walk.ended = true;
  else {
    const {flag, value} = flagIn(command, word);
    if (!flag) return;
    if (flag.value === undefined) note(walk.given, flag, '');
    // `--watch` alone is complete.
    else if (value === undefined && flag.name !== 'watch') walk.open = flag;
    else note(walk.given, flag, value ?? '');
  }
}

function note(given: Map<string, string[]>, {name}: FlagGrammar, value: string): void {
  given.set(name, [...(given.get(name) ?? []), value]);
}

/** The flag that a word begins with, and its value where the word holds that too: `--name=value`, `-xvalue`. */
function flagIn(command: CommandGrammar, word: string): {flag?: FlagGrammar | undefined; value?: string} {
  if (word.startsWith('--')) {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    const flag = command.flags.find((one) => one.name === name);
    return {flag, ...(equals < 0 ? {} : {value: word.slice(equals + 1)})};
  }
  const flag = command.flags.find((one) => one.char === word[1]);
  return {flag, ...(word.length > 2 ? {value: word.slice(2).replace(/^=/, '')} : {})};
}

function flagOrValue(command: CommandGrammar, typed: string, given: Given): Wanted {
  if (typed.startsWith('--') && typed.includes('=')) {
    const {flag, value = ''} = flagIn(command, typed);
    return flag?.value === undefined ? {what: 'nothing'} : valueWanted(flag, value, given);
  }
  const left = command.flags.filter(({name, repeats}) => repeats || !given.has(name));
  return {what: 'flag', typed, flags: left};
}

function valueWanted({value, options = []}: FlagGrammar, typed: string, given: Given): Wanted {
  return {what: 'value', typed, kind: value ?? 'any', options, given};
}

function argument({args, repeats}: CommandGrammar, walk: Walk, typed: string): Wanted {
  const kind = args[walk.args] ?? (repeats ? args.at(-1) : undefined);
  return kind === undefined
    ? {what: 'nothing'}
    : {what: 'value', typed, kind, options: [], given: walk.given};
}
