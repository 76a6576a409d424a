import {readFileSync} from 'node:fs';
import {parseFdbJson, parseFdbText} from '../../../src/model/iproute/fdb.js';
import {parseLinksJson, parseLinksText} from '../../../src/model/iproute/link.js';
import {parseArpText, parseNeighboursJson, parseNeighboursText} from '../../../src/model/iproute/neigh.js';
import {parseRoutesJson, parseRoutesText} from '../../../src/model/iproute/route.js';
import {parseRulesJson, parseRulesText} from '../../../src/model/iproute/rule.js';
import type {Parsed} from '../../../src/model/iproute/shared.js';

/** Text of a file under fixtures/. */
export function fixture(path: string): string {
  return readFileSync(new URL(`../../../fixtures/${path}`, import.meta.url), 'utf8');
}

type Parser = (text: string) => Parsed<object>;

/** Both parsers of a command, with the options that the command calls for. */
export function parsersFor(command: string): {text: Parser; json: Parser} {
  const words = command.split(' ');
  const dev = words.includes('dev') ? {dev: words.at(-1) ?? ''} : {};
  const family = words.includes('-6') ? ({family: 'inet6'} as const) : {};
  if (words.includes('fdb')) return {text: (t) => parseFdbText(t, dev), json: (t) => parseFdbJson(t, dev)};
  if (words.includes('neigh')) {
    return {text: (t) => parseNeighboursText(t, dev), json: (t) => parseNeighboursJson(t, dev)};
  }
  if (words.includes('route')) {
    return {text: (t) => parseRoutesText(t, family), json: (t) => parseRoutesJson(t, family)};
  }
  if (words.includes('rule')) {
    return {text: (t) => parseRulesText(t, family), json: (t) => parseRulesJson(t, family)};
  }
  return {text: parseLinksText, json: parseLinksJson};
}

export const ALL_PARSERS: readonly [name: string, parse: Parser][] = [
  ['links, JSON', parseLinksJson],
  ['links, text', parseLinksText],
  ['fdb, JSON', parseFdbJson],
  ['fdb, text', (text) => parseFdbText(text, {dev: 'vxlan1'})],
  ['neighbours, JSON', parseNeighboursJson],
  ['neighbours, text', parseNeighboursText],
  ['arp', parseArpText],
  ['routes, JSON', parseRoutesJson],
  ['routes, text', parseRoutesText],
  ['rules, JSON', parseRulesJson],
  ['rules, text', parseRulesText],
];
