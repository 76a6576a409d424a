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
  const program = by && ('statements' in by ? by.chain.program : by.program);
  if (fix.by !== 'commands' || !fix.commands[0]?.startsWith(`${program} `)) return {check, fix};
  const mine = new Set(
    allRules(host.model.host?.netfilter).flatMap((rule) =>
      rule.chain.program === program && rule.chain.name === 'INPUT' && dropsUnencrypted(rule)
        ? matchesOf(rule, 'vni').map(({vni}) => vni)
        : [],
    ),
  );
  const drops = encryptedVnis(host.overlays).filter(({vni}) => mine.has(vni));
  const ahead = fixBy({
    commands: drops.flatMap((one) => dropRule(host, one).commands),
    undo: drops.flatMap((one) => dropRule(host, one).undo),
    affects: '',
  });
  if (drops.length === 0 || ahead.by !== 'commands') return {check, fix};
  return {
    check,
    fix: {
      ...fix,
      commands: [...fix.commands, ...ahead.commands],
      undo: [...(ahead.undo ?? []), ...(fix.undo ?? [])],
      affects: `${fix.affects}. Unencrypted packets of encrypted networks are dropped ahead of it, as before`,
    },
  };
}

const dropsUnencrypted = (rule: Rule) =>
  does(rule, 'drop') && matchesOf(rule, 'ipsec').some(({policy}) => policy === 'none');

/** The match of a VNI: as another rule on this host has it, else as the engine writes it where the kernel has u32. */
export function matchOf({model}: KnownHost, vni: number): Word {
  const words = allRules(model.host?.netfilter)
    .map(({statements}) => statements.map((one) => one.words).join(' '))
    .map((text) => /-m bpf --bytecode "[^"]*"|-m u32 --u32 "[^"]*"/.exec(text)?.[0])
    .find((text) => text?.includes(`${vni << 8}`) || text?.includes(`0x${(vni << 8).toString(16)}`));
  const [flag = '', kind = '', option = '', ...rest] = (words ?? '').split(' ');
  if (words !== undefined) return ruleWords([flag, kind, option, rest.join(' ').replaceAll('"', '')]);
  return ruleWords(['-m', 'u32', '--u32', `0>>22&0x3C@12&0xFFFFFF00=${vni << 8}`]);
}
