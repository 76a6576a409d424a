/** Which program wrote a rule, by the names that it gives to its tables and chains. */
import {isOfIptables, jumpsTo} from '../model/rules/questions.js';
import type {Rule, RuleChain} from '../model/rules/rule.js';
import {chainOf} from './printed-rule.js';

interface Maker {
  /** Of the chain, with its table of nftables before it. */
  form: RegExp;
  words: (found: RegExpExecArray) => string;
}

const named = (words: string) => () => words;

/**
 * firewalld's nftables.py and ipXtables.py (`filter_IN_ZONE_allow`, `IN_ZONE_allow`); ufw-framework(8); moby
 * daemon/libnetwork/drivers/bridge (DOCKER-USER is the operator's own, "Docker on Linux and packet filtering"); kube-proxy's
 * iptables and nftables proxiers; Tailscale's `ts-` chains; fail2ban's actions iptables.conf and nftables.conf.
 */
const makers: readonly Maker[] = [
  {
    form: /^firewalld (?:filter|nat|mangle|raw)_(?:IN|FWD|PRE|POST|FWDO)_([\w.-]+?)(?:_(?:pre|log|deny|allow|post))?$/,
    words: ([, zone]) => (zone === 'policies' ? 'firewalld' : `firewalld (zone ${zone})`),
  },
  {form: /^firewalld /, words: named('firewalld')},
  {form: / (?:ufw6?)-/, words: named('ufw')},
  {form: / DOCKER-USER$/, words: named('the operator (chain DOCKER-USER)')},
  {form: / DOCKER(?:-|$)|^docker-/, words: named('Docker')},
  {form: / KUBE-|^kube-proxy /, words: named('Kubernetes (kube-proxy)')},
  {form: / cali-/, words: named('Calico')},
  {form: / CILIUM_/, words: named('Cilium')},
  {form: / ts-/, words: named('Tailscale')},
  {form: / f2b-|^f2b-table /, words: named('fail2ban')},
];

/** With iptables, firewalld's chain of a zone jumps to others by its name, the one that accepts among them. */
function isZones(chain: RuleChain): boolean {
  return (
    /_(?:pre|log|deny|allow|post)$/.test(chain.name) ||
    chain.rules.some((rule) => jumpsTo(rule, `${chain.name}_allow`))
  );
}

/** In words (`firewalld (zone public)`, `Docker`); undefined for what no known program names so, as rules made by hand. */
export function makerOf(by: Rule | RuleChain): string | undefined {
  const chain = chainOf(by);
  const {table, name} = chain;
  const zone = /^(?:IN|FWD|FWDI|FWDO|PRE|POST)_([\w.-]+?)(?:_(?:pre|log|deny|allow|post))?$/.exec(name)?.[1];
  if (zone !== undefined && isOfIptables(chain.family, table) && isZones(chain))
    return `firewalld (zone ${zone})`;
  for (const {form, words} of makers) {
    const found = form.exec(`${table} ${name}`);
    if (found) return words(found);
  }
  return undefined;
}
