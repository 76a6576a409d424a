/** Random rulesets: tables of nftables and rules of iptables side by side, for IPv4 and IPv6. */
import {type Extras, noExtras} from './extras.js';
import {iptablesText, type Program, programs} from './iptables.js';
import {deviceTable, nativeAdditions, nativeTable} from './native.js';
import {chance, type Random} from './random.js';

/** What one program loads. Lines that begin with a tab are rules, of which none needs another. */
export interface Part {
  program: 'nft' | Program;
  text: string;
}

export function randomRuleset(random: Random, also: Extras = noExtras): Part[] {
  const saved = programs.filter(() => chance(random, 0.25));
  const tables = chance(random, 0.75) ? [nativeTable(random, 'one', {few: saved.length > 0, also})] : [];
  if (tables.length > 0 && chance(random, 0.25)) tables.push(nativeTable(random, 'two', {few: true, also}));
  const doors = chance(random, 0.15) ? [{program: 'nft' as const, text: deviceTable(random)}] : [];
  const native: Part[] = tables.length > 0 ? [{program: 'nft', text: tables.join('\n')}] : [];
  // Which of both is loaded first decides who is asked first where priorities are the same.
  const parts = [
    ...native,
    ...saved.map((program): Part => ({program, text: iptablesText(random, program, also)})),
  ];
  const ordered = chance(random, 0.5) ? parts.reverse() : parts;
  return [...ordered, ...doors, ...additions(random, parts)].filter(({text}) => text !== '');
}

/** What nft writes into the tables of iptables-nft, which has to be there first. */
function additions(random: Random, parts: readonly Part[]): Part[] {
  return parts
    .filter(({program, text}) => program.endsWith('-nft') && text.includes('*filter') && chance(random, 0.4))
    .map(({program}) => ({
      program: 'nft',
      text: nativeAdditions(random, program === 'iptables-nft' ? 'ip' : 'ip6'),
    }));
}

/** The same without one rule each: from the end, as what comes later is less likely to matter. */
export function* withoutOne(parts: readonly Part[]): Generator<Part[]> {
  for (const [at, {program, text}] of [...parts.entries()].reverse()) {
    yield parts.filter((_, index) => index !== at);
    const lines = text.split('\n');
    for (let line = lines.length - 1; line >= 0; line--) {
      if (!lines[line]?.startsWith('\t')) continue;
      const less = {program, text: lines.filter((_, index) => index !== line).join('\n')};
      yield parts.map((part, index) => (index === at ? less : part));
    }
  }
}
