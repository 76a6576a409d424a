import {escapeText} from '../base/escape.js';
import type {Diff} from '../diff/diff.js';
import type {Difference, HostMatch, NotCompared} from '../diff/types.js';
import {kindWords, sentenceOf, shortName} from '../diff/words.js';
import {hostList} from './host-list.js';
import type {Paint, Tone} from './paint.js';
import type {Terminal} from './terminal.js';
import {plural, wrapText} from './text.js';
import {renderTree, type TreeNode} from './tree.js';

export interface DiffViewOptions {
  /** Every difference on a line of its own: nothing folded, and what comes with something else shown under it. */
  verbose: boolean;
}

/** Alike differences in one place are told in one line from this many on. */
const alike = 5;
/** The same difference on so many hosts is told once. */
const manyHosts = 3;
/** Names told of those that one line stands for. */
const examples = 3;

const tones: Record<Difference['change'], Tone> = {appeared: 'good', vanished: 'bad', changed: 'warn'};

/** By host (first the swarm as a whole, and what is the same on many), then by namespace or network. */
export function renderDiff(
  {pairs, differences, notCompared}: Diff,
  terminal: Terminal,
  paint: Paint,
  options: DiffViewOptions,
): string {
  const lines = [
    differences.length === 0
      ? `No difference on ${hostNames(pairs.map(({label}) => label))}.`
      : summary(differences),
    ...pairs.flatMap(({before, label, match}) => softMatch(before.name, label, match)),
    ...gaps(notCompared, options),
  ].flatMap((line) => wrapText(escapeText(line), terminal.width, 4));
  return `${trees(differences, terminal, paint, options)}${lines.join('\n')}\n`;
}

function trees(
  differences: readonly Difference[],
  terminal: Terminal,
  paint: Paint,
  {verbose}: DiffViewOptions,
): string {
  const followers = followersOf(differences);
  const roots = differences.filter(({follows}) => follows === undefined);
  const blocks = verbose ? byHost(roots) : [...repeated(roots), ...byHost(roots.filter(isAlone(roots)))];
  return blocks
    .map(({title, members}) => {
      const children = placeNodes(members, followers, verbose);
      return `${renderTree([{text: title, tone: 'strong', children}], terminal, paint)}\n`;
    })
    .join('');
}

const matchWords: Record<Exclude<HostMatch, 'identity'>, string> = {
  'node-id': 'by its swarm node id; it was rebooted, or its engine has another network namespace',
  'engine-id': "by its engine's id",
  'boot-id': 'by its boot and network namespace, without its engine',
  name: 'by its name alone',
  source: 'only by where it was read',
};

function softMatch(before: string, after: string, match: HostMatch): string[] {
  if (match === 'identity') return [];
  return [`${after} was matched${before === after ? '' : ` with ${before}`} ${matchWords[match]}.`];
}

/** What could not be compared: what is missing in one first, then in few words what is in neither. */
function gaps(notCompared: readonly NotCompared[], {verbose}: DiffViewOptions): string[] {
  const told = groups(
    notCompared.filter(({missingIn}) => missingIn !== 'both' || verbose),
    ({missingIn, reason, kinds}) => [missingIn, reason, ...kinds].join(' '),
  ).map(([, all]) => gapText(all));
  const neither = notCompared.filter(({missingIn}) => missingIn === 'both');
  if (neither.length === 0 || verbose) return told;
  return [
    ...told,
    `In neither snapshot, so not compared: ${plural(neither.length, 'place')} (--verbose lists them).`,
  ];
}

function gapText(all: readonly NotCompared[]): string {
  const [{missingIn, reason, kinds} = {missingIn: 'both', reason: '', kinds: []}] = all;
  if (kinds.length === 0)
    return `Not compared: ${hostNames(all.flatMap(({host}) => host ?? []))}: ${reason}.`;
  const places = all.map(({host, place}) => (host === undefined ? place : `${place} on ${host}`));
  const what = kinds.map((kind) => kindWords[kind][1]).join(', ');
  return `Not compared: ${what} of ${hostList(places, examples)}: ${reason} in ${missingIn === 'both' ? 'either' : `the ${missingIn}`}.`;
}

function hostNames(names: readonly string[]): string {
  return names.length === 1 ? (names[0] ?? '') : some(names, 'host', 'hosts');
}

/** One line of the view: a difference, on one host or on several. */
interface Member {
  difference: Difference;
  /** The same on other hosts, this one among them. */
  all: Difference[];
}

interface Block {
  title: string;
  members: Member[];
}

type Followers = Map<Difference, Difference[]>;

function followersOf(differences: readonly Difference[]): Followers {
  const found: Followers = new Map();
  for (const difference of differences) {
    const root = difference.follows === undefined ? undefined : differences[difference.follows];
    if (!root) continue;
    const list = found.get(root);
    if (list) list.push(difference);
    else found.set(root, [difference]);
  }
  return found;
}

function byHost(differences: readonly Difference[]): Block[] {
  return groups(differences, ({place}) => place.host ?? 'the swarm').map(([title, members]) => ({
    title,
    members: members.map((difference) => ({difference, all: [difference]})),
  }));
}

const signature = (difference: Difference) =>
  `${difference.place.title}\n${difference.kind}\n${sentenceOf(difference)}`;

/** What is the same on many hosts, by the hosts that it is on. */
function repeated(differences: readonly Difference[]): Block[] {
  const same = groups(differences, signature)
    .map(([, all]) => all)
    .filter((all) => new Set(all.map(({place}) => place.host)).size >= manyHosts);
  return groups(same, (all) => hostsOf(all).join('\n')).map(([, members]) => ({
    title: `on ${some(hostsOf(members[0] ?? []), 'host', 'hosts')}`,
    members: members.flatMap((all) => (all[0] ? [{difference: all[0], all}] : [])),
  }));
}

const hostsOf = (differences: readonly Difference[]) => [
  ...new Set(differences.flatMap(({place}) => place.host ?? [])),
];

function isAlone(differences: readonly Difference[]): (difference: Difference) => boolean {
  const hosts = new Map(groups(differences, signature).map(([key, all]) => [key, hostsOf(all).length]));
  return (difference) => (hosts.get(signature(difference)) ?? 0) < manyHosts;
}

function placeNodes(members: readonly Member[], followers: Followers, verbose: boolean): TreeNode[] {
  return groups(members, ({difference}) => difference.place.title).flatMap(([title, inPlace]) => {
    const lines = (verbose ? inPlace.map((member) => [member]) : folded(inPlace)).map((alikes) =>
      lineOf(alikes, followers, verbose),
    );
    // What is of the host itself, or of the swarm, needs no second heading.
    return title === 'host' || title === 'swarm' ? lines : [{text: title, children: lines}];
  });
}

/** Members that differ in nothing but whom they are about, together where they are many. */
function folded(members: readonly Member[]): Member[][] {
  return groups(members, ({difference: {kind, change, facts}}) =>
    [kind, change, ...facts.map(({fact}) => fact)].join(' '),
  ).flatMap(([, group]) => (group.length >= alike ? [group] : group.map((member) => [member])));
}

function lineOf(members: readonly Member[], followers: Followers, verbose: boolean): TreeNode {
  const others = members.flatMap(({all}) => all.flatMap((one) => followers.get(one) ?? []));
  const [first] = members;
  const text = first && members.length === 1 ? sentenceOf(first.difference) : foldedText(members);
  // Another address or MAC is worth its line, whatever it came with.
  const shown = verbose ? others : members.length > 1 ? [] : others.filter(isMove);
  const counted = others.filter((one) => !shown.includes(one));
  return {
    text,
    tone: tones[first?.difference.change ?? 'changed'],
    ...(counted.length > 0 ? {notes: [`with it: ${countsOf(counted)}`]} : {}),
    children: shown.map((one) => ({text: `${placeOf(one)}: ${sentenceOf(one)}`, tone: 'dim'})),
  };
}

function isMove({kind, change}: Difference): boolean {
  return kind === 'endpoint' && change === 'changed';
}

function placeOf({place: {title, host}}: Difference): string {
  if (host === undefined) return title;
  return title === 'host' ? host : `${title} on ${host}`;
}

function foldedText(members: readonly Member[]): string {
  const [first] = members;
  if (!first) return '';
  const {kind, change, facts} = first.difference;
  const names = [...new Set(members.map(({difference}) => shortName(difference)))];
  const what = facts.length > 0 ? `changed (${facts.map(({fact}) => fact).join(', ')})` : change;
  return `${members.length} ${kindWords[kind][1]} ${what}: ${hostList(names, examples)}`;
}

function countsOf(differences: readonly Difference[]): string {
  return groups(differences, ({kind}) => kind)
    .map(([kind, all]) => plural(all.length, ...kindWords[kind]))
    .join(', ');
}

function some(names: readonly string[], one: string, many: string): string {
  return `${plural(names.length, one, many)}: ${hostList(names, examples)}`;
}

function summary(all: readonly Difference[]): string {
  const roots = all.filter(({follows}) => follows === undefined).length;
  const more = all.length - roots;
  if (more === 0) return `${plural(roots, 'difference')}.`;
  return `${plural(roots, 'difference')}, and ${more} that ${more === 1 ? 'comes' : 'come'} with ${roots === 1 ? 'it' : 'them'} (--verbose lists all).`;
}

function groups<T, K extends string>(items: readonly T[], keyOf: (item: T) => K): [K, T[]][] {
  const found = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = found.get(key);
    if (group) group.push(item);
    else found.set(key, [item]);
  }
  return [...found];
}
