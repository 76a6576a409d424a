/** The engine's rules for encrypted networks, as fixes have them typed. */
import {type Command, nested, number, ruleWords, sh, type Word} from '../base/command.js';
import {type Advice, fixBy} from '../findings/advice.js';
import {rulesOf as allRules, does, matchesOf} from '../model/rules/questions.js';
import type {Rule, RuleChain} from '../model/rules/rule.js';
import {type EncryptedVni, encryptedVnis} from '../services/encryption.js';
import type {KnownHost} from '../topology/known-host.js';

export function ruleFor(
  add: Command,
  remove: Command,
  rule: Command,
): {commands: Command[]; undo: Command[]} {
  return {commands: [nested(sh`iptables ${add}`, rule)], undo: [nested(sh`iptables ${remove}`, rule)]};
}

/** As the engine makes it (moby overlay encryption.go, programInput), at the head: behind one that accepts it drops nothing. */
export function dropRule(host: KnownHost, {vni, port}: Pick<EncryptedVni, 'vni' | 'port'>) {
  return ruleFor(
    sh`-t filter -I`,
    sh`-t filter -D`,
    sh`INPUT -p udp --dport ${number(port)} ${matchOf(host, vni)} -m policy --dir in --pol none -j DROP`,
  );
}

/**
 * A fix that accepts the data path's packets ahead of a rule, with the engine's rules that drop unencrypted ones of encrypted
 * networks put ahead again.
 */
export function keepingDrops(
  host: KnownHost,
  by: Rule | RuleChain | undefined,
  {check, fix}: Advice,
): Advice {
  const chain = by && ('statements' in by ? by.chain : by);
  if (!chain || fix.by !== 'commands' || !fix.commands[0]?.startsWith(`${chain.program} `))
    return {check, fix};
  const drops = encryptedVnis(host.overlays).filter(droppedIn(host, chain));
  const ahead = fixBy({
    commands: drops.flatMap((one) => dropRule(host, one).commands),
    undo: drops.flatMap((one) => dropRule(host, one).undo),
    affects: '',
  });
  if (drops.length === 0 || ahead.by !== 'commands') return {check, fix};
  const {undo} = fix;
  return {
    check,
    fix: {
      ...fix,
      commands: [...fix.commands, ...ahead.commands],
      // Without them what accepts would let in what they drop: a rule of nft stays until it is deleted by its handle.
      ...(undo && {undo: [...(ahead.undo ?? []), ...undo]}),
      affects: `${fix.affects}. Unencrypted packets of encrypted networks are dropped ahead of it, as before`,
    },
  };
}

/** Whether the engine's rules in a chain drop unencrypted packets of a VNI, or do so for all that is shown of them. */
function droppedIn({filter}: KnownHost, chain: RuleChain): (vni: EncryptedVni) => boolean {
  const rules = allRules(filter?.rulesets).filter(
    (rule) => isSameChain(rule.chain, chain) && rule.chain.name === 'INPUT' && does(rule, 'drop'),
  );
  const isHidden = rules.some(
    (rule) => hides(rule, 'policy') || (isOfClear(rule) && (hides(rule, 'u32') || hides(rule, 'bpf'))),
  );
  const shown = new Set(
    rules.filter(isOfClear).flatMap((rule) => matchesOf(rule, 'vni').map(({vni}) => vni)),
  );
  return ({vni}) => isHidden || shown.has(vni);
}

/** A rule of iptables that is shown by nft, which leaves out what a match of this module is told. */
const hides = (rule: Rule, name: string): boolean =>
  matchesOf(rule, 'other').some(({module}) => module === name);

const isOfClear = (rule: Rule): boolean => matchesOf(rule, 'ipsec').some(({policy}) => policy === 'none');

/** A rule that nft has put into a table of iptables-nft is in a chain of nft by its program, and in the same by the kernel. */
function isSameChain(one: RuleChain, other: RuleChain): boolean {
  const legacy = [one, other].filter(({program}) => program.endsWith('-legacy')).length;
  return one.family === other.family && one.table === other.table && one.name === other.name && legacy !== 1;
}

/** The match of a VNI: as another rule on this host has it, else as the engine writes it where the kernel has u32. */
export function matchOf({filter}: KnownHost, vni: number): Word {
  const words = allRules(filter?.rulesets)
    .filter((rule) => matchesOf(rule, 'vni').some((match) => match.vni === vni))
    .map(({statements}) => statements.map((one) => one.words).join(' '))
    .map((text) => /-m bpf --bytecode "[^"]*"|-m u32 --u32 "[^"]*"/.exec(text)?.[0])
    .find((text) => text !== undefined);
  const [flag = '', kind = '', option = '', ...rest] = (words ?? '').split(' ');
  if (words !== undefined) return ruleWords([flag, kind, option, rest.join(' ').replaceAll('"', '')]);
  return ruleWords(['-m', 'u32', '--u32', `0>>22&0x3C@12&0xFFFFFF00=${vni << 8}`]);
}
