import {isIPv4} from 'node:net';
import {line, number, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import {decide, metIn, packetFilter} from '../../kernel/packet-filter.js';
import {chainListing, ruleLine} from '../../kernel/printed-rule.js';
import {atLeast, engineVersion} from '../../model/engine-version.js';
import type {NetnsTables} from '../../model/netns-tables.js';
import {rulesKnown} from '../../model/rules/known.js';
import {rulesOf as allRules, looksForVni} from '../../model/rules/questions.js';
import {mayHideRules} from '../../services/docker-rules.js';
import {dockerMark, type EncryptedVni, encryptedVnis, vnisEncryptedByNft} from '../../services/encryption.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type Report} from '../check.js';
import {dropRule, matchOf, ruleFor} from '../encryption-fix.js';

type Verdict = 'there' | 'gone' | 'unknown';

/** The rules by which packets of encrypted overlays are marked on the way out, and unencrypted ones dropped on the way in. */
export const encryptionRules = defineCheck({
  name: 'encryption-rules',
  codes: ['encryption-mark-missing', 'encryption-drop-missing'],
  ignores: ['containers', 'balancers', 'files'],
  perHost(host, report) {
    // Up to 20.10.23 the rules were made when the first other node was heard of.
    for (const sealed of encryptedVnis(host.overlays).filter(({vteps}) => vteps.length > 0)) {
      const {mark, drop} = rulesOf(host, sealed);
      if (mark === 'gone') reportMark(host, report, sealed);
      if (drop === 'gone') reportDrop(host, report, sealed);
      if (mark !== 'unknown' && drop !== 'unknown') continue;
      report.notChecked({
        host: host.name,
        network: sealed.network.name,
        reason: `the rules that mark and drop packets of VNI ${sealed.vni} were not read, or have matches that are not evaluated${quoted(host)}`,
        add: 'By hand: iptables-save -c | grep 4789; nft list table ip docker-overlay',
      });
    }
    return undefined;
  },
});

/** What nft leaves out of a rule that looks into packets may be their VNI. */
function quoted({filter}: KnownHost): string {
  const hidden = allRules(filter?.rulesets).find(
    (rule) =>
      rule.chain.program === 'nft' && ['INPUT', 'OUTPUT'].includes(rule.chain.name) && looksForVni(rule),
  );
  return hidden ? `: ${ruleLine(hidden)}` : '';
}

function rulesOf(host: KnownHost, sealed: EncryptedVni): {mark: Verdict; drop: Verdict} {
  const tables = host.model.host;
  const [vtep = ''] = sealed.vteps;
  // Of IPv6 the rules are in ip6tables, which is not read.
  if (!tables || !isIPv4(vtep) || mayBeElsewhere(host)) return {mark: 'unknown', drop: 'unknown'};
  return {
    mark: marked(tables, sealed, vtep),
    drop: dropped(tables, sealed, vtep, host.vtep?.address ?? ''),
  };
}

/** 29.6 and later may keep these rules in nftables, which a host without nft does not show. */
function mayBeElsewhere({model}: KnownHost): boolean {
  const version = engineVersion(model.docker?.engine.version);
  if (model.host?.failed?.has('nft') || mayHideRules(model)) return true;
  return model.host?.nftables === undefined && (!version || atLeast(version, '29.6'));
}

function marked(tables: NetnsTables, {vni, port}: EncryptedVni, vtep: string): Verdict {
  if (vnisEncryptedByNft(tables.nftables).has(vni)) return 'there';
  const packet = {
    protocol: 'udp' as const,
    src: '',
    dst: vtep,
    dport: port,
    ctState: 'NEW' as const,
    vni,
    ipsec: false,
    dstLocal: false,
  };
  const met = metIn(tables, {table: 'mangle', chain: 'OUTPUT', actions: ['mark']}, packet);
  if (!met) return 'unknown';
  const marks = met.flatMap(({action, match}) => (action.action === 'mark' ? [{...action, match}] : []));
  const ours = marks.filter(({value}) => value === dockerMark);
  if (ours.some(({match}) => match === 'yes')) return 'there';
  // Of a rule that nft alone shows, the mark may be left out.
  const isHidden = marks.some(({value, from}) => value === undefined && from === undefined);
  return ours.length > 0 || isHidden ? 'unknown' : 'gone';
}

/** Whether an unencrypted packet of the network would be dropped, by whichever rule. */
function dropped(tables: NetnsTables, {vni, port}: EncryptedVni, vtep: string, own: string): Verdict {
  if (vnisEncryptedByNft(tables.nftables).has(vni)) return 'there';
  const filter = packetFilter(tables);
  if (!filter) return 'unknown';
  const {verdict} = decide(filter, 'INPUT', {
    protocol: 'udp',
    src: vtep,
    dst: own,
    dport: port,
    ctState: 'NEW',
    vni,
    ipsec: false,
    dstLocal: true,
  });
  return verdict === 'drop' ? 'there' : verdict === 'accept' ? 'gone' : 'unknown';
}

function reportMark(host: KnownHost, report: Report, {network, netns, vni, port, vteps}: EncryptedVni): void {
  report.found({
    code: 'encryption-mark-missing',
    severity: 'error',
    host: host.name,
    network: network.name,
    subject: `VNI ${vni}`,
    evidence: [
      `${network.name} is encrypted; its device of VNI ${vni}, port ${port}, is in ${netns}`,
      `missing: mangle: -A OUTPUT -p udp --dport ${port} (VNI ${vni}) -j MARK --set-xmark 0xd0c4e3/0xffffffff`,
      `other nodes in its tables: ${vteps.join(', ')}`,
    ],
    cause: `without the mark the policy does not apply, so packets of ${network.name} leave this host unencrypted; the other nodes drop them`,
    check: look(
      line(chainListing(rulesKnown(host.model.host), 'mangle', 'OUTPUT')),
      'no rule with 0xd0c4e3 for this VNI',
    ),
    fix: fixBy({
      // At the end of the chain, as the engine makes it (moby overlay encryption.go, programMangle).
      ...ruleFor(
        sh`-t mangle -A`,
        sh`-t mangle -D`,
        sh`OUTPUT -p udp --dport ${number(port)} ${matchOf(host, vni)} -j MARK --set-mark 0xd0c4e3`,
      ),
      affects: `packets of ${network.name}: they are encrypted from then on`,
    }),
    basis: 'one-host',
    at: {host: host.name, networkId: network.id, netns: '@host'},
  });
}

function reportDrop(host: KnownHost, report: Report, {network, vni, port}: EncryptedVni): void {
  report.found({
    code: 'encryption-drop-missing',
    severity: 'warning',
    host: host.name,
    network: network.name,
    subject: `VNI ${vni}`,
    evidence: [
      `an unencrypted packet to UDP ${port} with VNI ${vni} passes all rules of INPUT`,
      `missing: filter: -A INPUT -p udp -m policy --dir in --pol none --dport ${port} (VNI ${vni}) -j DROP`,
    ],
    cause: `unencrypted packets are accepted: any host that can send UDP ${port} to this one can inject frames into ${network.name}, and packets that a node sends unencrypted by mistake go unnoticed`,
    check: look(
      line(chainListing(rulesKnown(host.model.host), 'filter', 'INPUT')),
      'no DROP with --pol none for this VNI',
    ),
    fix: fixBy({
      ...dropRule(host, {vni, port}),
      affects: `packets of ${network.name} that arrive unencrypted: they are dropped from then on`,
    }),
    basis: 'one-host',
    at: {host: host.name, networkId: network.id, netns: '@host'},
  });
}
