import {type Command, line, nested, number, plain, ruleWords, sh} from '../../base/command.js';
import {type Fix, fixBy, look, noFix} from '../../findings/advice.js';
import {unlessOverdue} from '../../findings/converging.js';
import type {Finding} from '../../findings/finding.js';
import {chainListing, ruleLine} from '../../kernel/printed-rule.js';
import type {Network} from '../../model/docker-types.js';
import {rulesKnown} from '../../model/rules/known.js';
import {actionOf, does, looksForVni, matchesOf, rulesOf} from '../../model/rules/questions.js';
import type {Rule} from '../../model/rules/rule.js';
import {dockerMark, vnisEncryptedByNft} from '../../services/encryption.js';
import type {KnownHost} from '../../topology/known-host.js';
import {engineAge} from '../../topology/way-out.js';
import {defineCheck, type Report} from '../check.js';
import {counted, listed} from '../words.js';

/**
 * Encryption rules of VNIs that are not encrypted, left by a network that was deleted or by the other firewall backend. Where
 * the VNI belongs to an unencrypted network now, they drop its packets (moby overlay encryption.go, encryption_nft_linux.go).
 */
export const leftoverRules = defineCheck({
  name: 'leftover-rules',
  codes: ['encryption-rule-leftover'],
  perHost(host, report) {
    const networks = networksByVni(host);
    // Without the list of networks any VNI could be an encrypted one.
    if (!host.model.docker?.read.networks) return undefined;
    for (const [vni, left] of leftovers(host)) {
      const users = networks.get(vni) ?? [];
      if (users.some(({encrypted}) => encrypted)) continue;
      tell(host, report, vni, users[0], left);
    }
    hiddenOnes(host, report);
    emptyTable(host, report);
    return undefined;
  },
});

interface Leftover {
  rules: Rule[];
  inSet: boolean;
}

function networksByVni(host: KnownHost): Map<number, Network[]> {
  const found = new Map<number, Network[]>();
  const note = (vni: number, network: Network) => found.set(vni, [...(found.get(vni) ?? []), network]);
  for (const network of host.model.docker?.networks ?? []) for (const vni of network.vnis) note(vni, network);
  for (const {vni, network} of host.tunnels) note(vni, network);
  return found;
}

/** Rules of iptables that mark or drop packets of one VNI, and elements of the set of nftables, by VNI. */
function leftovers({model: {host}}: KnownHost): Map<number, Leftover> {
  const found = new Map<number, Leftover>();
  const of = (vni: number): Leftover => {
    const known = found.get(vni) ?? {rules: [], inSet: false};
    found.set(vni, known);
    return known;
  };
  for (const rule of rulesOf(rulesKnown(host))) {
    const [match] = matchesOf(rule, 'vni');
    if (match && !match.negated && isEncryptions(rule)) of(match.vni).rules.push(rule);
  }
  for (const vni of vnisEncryptedByNft(host?.nftables)) of(vni).inSet = true;
  return found;
}

/** Where nft leaves out what a rule asks for, its VNI is not known. */
function hiddenOnes({name, model}: KnownHost, report: Report): void {
  const hidden = rulesOf(rulesKnown(model.host)).filter(
    (rule) =>
      rule.chain.program === 'nft' &&
      (rule.chain.name === 'INPUT'
        ? does(rule, 'drop')
        : rule.chain.name === 'OUTPUT' && does(rule, 'mark')) &&
      matchesOf(rule, 'vni').length === 0 &&
      looksForVni(rule),
  );
  const [one] = hidden;
  if (!one) return;
  report.notChecked({
    host: name,
    network: null,
    reason: `whether rules for encryption are left of networks that are gone: nft does not print which VNI ${counted(hidden.length, 'rule')} ${hidden.length === 1 ? 'is' : 'are'} for, such as ${ruleLine(one)}`,
    add: 'On that host, as root: take what nft has put into the tables of iptables elsewhere (nft -a list table ip filter), then iptables-save -c',
  });
}

function isEncryptions(rule: Rule): boolean {
  const action = actionOf(rule);
  if (rule.chain.name === 'OUTPUT') return action?.action === 'mark' && action.value === dockerMark;
  // The engine accepts what came sealed, and drops what did not: only the second can lose packets of others.
  return (
    rule.chain.name === 'INPUT' &&
    does(rule, 'drop') &&
    matchesOf(rule, 'ipsec').some(({policy}) => policy === 'none')
  );
}

function tell(
  host: KnownHost,
  report: Report,
  vni: number,
  network: Network | undefined,
  {rules, inSet}: Leftover,
): void {
  const isUsed = network !== undefined && host.tunnels.some((tunnel) => tunnel.vni === vni);
  const shown = rulesKnown(host.model.host);
  const finding: Finding = {
    code: 'encryption-rule-leftover',
    severity: isUsed ? 'error' : 'info',
    host: host.name,
    network: network?.name ?? null,
    subject: `VNI ${vni}`,
    evidence: [
      ...rules.map(ruleLine),
      ...(inSet ? [`nft set ip docker-overlay encrypted-vnis: VNI ${vni}`] : []),
      network ? `${network.name} (VNI ${vni}) is not encrypted` : `no network of this node has VNI ${vni}`,
    ],
    cause: isUsed
      ? `rules for encryption are left for VNI ${vni}, which belongs to ${network.name}, an unencrypted network: its packets from other nodes are dropped, or are sent to be encrypted`
      : `rules for encryption are left for VNI ${vni}, which no encrypted network has: they lose nothing until an unencrypted network gets that VNI`,
    check: look(
      line(
        `${chainListing(shown, 'filter', 'INPUT')}; ${chainListing(shown, 'mangle', 'OUTPUT')}; nft list table ip docker-overlay`,
      ),
    ),
    fix: removal(vni, rules, inSet),
    basis: 'one-host',
    at: {host: host.name, netns: '@host', ...(network ? {networkId: network.id} : {})},
  };
  // An engine that has just started has the rules of its life before, and gets the networks with its tasks.
  report.found(network ? finding : unlessOverdue(finding, 'reassignment', engineAge(host.model)));
}

function removal(vni: number, rules: Rule[], inSet: boolean): Fix {
  if (rules.some(({chain}) => chain.program === 'nft'))
    return noFix('nft -a list ruleset shows the handles of these rules, by which they can be deleted');
  const typed = (verb: string) =>
    rules.map(({chain, statements}) =>
      nested(
        sh`${plain(chain.program === 'iptables-legacy' ? 'iptables-legacy' : 'iptables')} -t ${plain(chain.table)} ${line(verb)} ${plain(chain.name)}`,
        {text: ruleWords(statements.flatMap(({words}) => wordsOf(words))).text},
      ),
    );
  const element = (verb: string): Command =>
    sh`nft ${line(verb)} element ip docker-overlay encrypted-vnis '{ ${number(vni)} }'`;
  return fixBy({
    commands: [...typed('-D'), ...(inSet ? [element('delete')] : [])],
    undo: [...typed('-A'), ...(inSet ? [element('add')] : [])],
    affects: `packets of VNI ${vni}, which are no longer encrypted or dropped`,
  });
}

/** The words of a match, of which a quoted one is one word. */
function wordsOf(words: string): string[] {
  return [...words.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

/** The table of nftables beside an engine that uses iptables; it goes with the first attachment after the start. */
function emptyTable({name, model}: KnownHost, report: Report): void {
  const firewall = model.docker?.engine.firewall;
  const table = (model.host?.nftables?.tables ?? []).find((one) => one.name === 'docker-overlay');
  if (firewall === undefined || !firewall.startsWith('iptables') || !table) return;
  const vnis = [...vnisEncryptedByNft(model.host?.nftables)];
  report.found({
    code: 'encryption-rule-leftover',
    severity: 'info',
    host: name,
    network: null,
    subject: 'table docker-overlay',
    evidence: [
      `GET /info: FirewallBackend ${firewall}`,
      `nft table ${table.family} docker-overlay${vnis.length === 0 ? ', no VNI in it' : `: VNIs ${listed(vnis.map(String))}`}`,
    ],
    cause:
      'the engine uses iptables, and the nftables table for encrypted networks of its time with nftables is still there: VNIs in it are treated as encrypted',
    check: look(line('nft list table ip docker-overlay')),
    fix:
      vnis.length === 0
        ? fixBy({
            commands: [line('nft delete table ip docker-overlay')],
            affects: 'that table, which has no VNI in it',
          })
        : noFix(
            'the engine removes the table with the first attachment that is added after its start: start a task of an overlay network on this node',
          ),
    basis: 'one-host',
    at: {host: name, netns: '@host'},
  });
}
