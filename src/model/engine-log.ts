/**
 * What an engine's own log says of networks, in the form in which the collector picks it: fixed signatures only, like lines
 * together. It is an explanation of what the tables show, and no evidence by itself: containers may write to the same journal,
 * a failure that stays is not logged again, and one that went away is not logged either.
 */
export type LogKind =
  /** A port of a service was not published. */
  | 'ingress'
  /** Load balancing of a service, or a backend of it, was not set up. */
  | 'balancer'
  /** Published ports of a task were not set up inside it. */
  | 'redirect'
  /** An entry for an endpoint was not written, or not removed. */
  | 'entry'
  /** The entries of a whole network. */
  | 'entries'
  /** An IPsec state or policy; its words are not kept, as they may hold keys. */
  | 'keys'
  | 'policy'
  | 'start'
  | 'gossip'
  /** Of the leader of the managers: a network, service or task was not allocated. */
  | 'network'
  | 'service'
  | 'task';

export interface LogEntry {
  kind: LogKind;
  count: number;
  /** ISO 8601 by the host's own clock; absent where the line has none. */
  first?: string;
  last?: string;
  /** From the signature on, of the last line of the group; empty of IPsec. */
  words: string;
}

const kinds: ReadonlySet<string> = new Set<LogKind>([
  'ingress',
  'balancer',
  'redirect',
  'entry',
  'entries',
  'keys',
  'policy',
  'start',
  'gossip',
  'network',
  'service',
  'task',
]);

/** `KIND COUNT FIRST LAST WORDS` a line, with `-` for a time that is not there. */
export function parseEngineLog(text: string): LogEntry[] {
  return text.split('\n').flatMap((line): LogEntry[] => {
    const [, kind = '', count, first = '-', last = '-', words = ''] =
      /^([a-z]+) (\d{1,9}) (\S+) (\S+) ?(.*)$/.exec(line) ?? [];
    // The score of a healthy node is logged too, where it changes.
    const isScore =
      kind === 'gossip' && words.startsWith('healthscore:') && !words.includes('connectivity issues');
    if (!kinds.has(kind) || isScore) return [];
    return [
      {
        kind: kind as LogKind,
        count: Number(count),
        ...moment('first', first),
        ...moment('last', last),
        words: words.replaceAll(/[0-9a-f]{65,}/gi, '…'),
      },
    ];
  });
}

function moment<Key extends 'first' | 'last'>(key: Key, text: string): Partial<Record<Key, string>> {
  return Date.parse(text) > 0 ? ({[key]: text} as Partial<Record<Key, string>>) : {};
}
