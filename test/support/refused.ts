/** Hosts on which nft has written in tables of iptables-nft, which `iptables-nft-save` therefore refuses to print. */
import {readFileSync} from 'node:fs';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {sectionOf} from './evidence.js';

const fixtures = new URL('../../fixtures/', import.meta.url);

/** A file of fixtures/mixed. */
export const mixedFile = (name: string, version = 'nft-1.0.6') =>
  readFileSync(new URL(`mixed/${version}/${name}`, fixtures), 'utf8');

type Change = (text: string) => string;

/** Gives a host the rules of fixtures/mixed/rules.save, and what nft puts into them. */
export function refuseTables(
  draft: HostEvidence,
  {
    json = (text) => text,
    every = (text) => text,
    withText = true,
  }: {
    /** What nft's JSON becomes. */
    json?: Change;
    /** What each output becomes. */
    every?: Change;
    /** Whether nft's text of the tables was read as well, which tells what most xt matches are told. */
    withText?: boolean;
  } = {},
): void {
  putRules(draft, {
    save: every(mixedFile('after.save')),
    json: every(json(mixedFile('after.json'))),
    texts: withText ? ['filter', 'nat', 'mangle'].map((name) => every(mixedFile(`after-${name}.txt`))) : [],
  });
}

/** Puts a rule at the head of a chain in nft's JSON, with a match of which nft prints nothing but the name: `set`. */
export const withHidden =
  (table: string, chain: string, action: object): Change =>
  (json) => {
    const {nftables} = JSON.parse(json) as {nftables: {rule?: {table: string; chain: string}}[]};
    const expr = [{xt: {type: 'match', name: 'set'}}, {counter: {packets: 0, bytes: 0}}, action];
    const rule = {family: 'ip', table, chain, handle: 999, expr};
    const first = nftables.findIndex((one) => one.rule?.table === table && one.rule.chain === chain);
    nftables.splice(first < 0 ? nftables.length : first, 0, {rule});
    return JSON.stringify({nftables});
  };

/** Gives a host the rules of a firewall manager, in a table in which nft has put a rule (fixtures/recorded/filters). */
export function refuseManagers(draft: HostEvidence, name: string, change: Change = (text) => text): void {
  const file = (ending: string) =>
    change(readFileSync(new URL(`recorded/filters/${name}-refused.${ending}`, fixtures), 'utf8'));
  putRules(draft, {save: file('save'), json: file('json'), texts: [file('txt')]});
}

function putRules(draft: HostEvidence, {save, json, texts}: {save: string; json: string; texts: string[]}) {
  const nft = sectionOf(draft, '@host', 'nft');
  sectionOf(draft, '@host', 'iptables-nft').output = save;
  nft.output = json;
  for (const output of texts) draft.sections.push({...nft, name: 'nft-table', output});
}
