/** Filters of tc at the ingress and egress of a link, as `tc -j filter show dev DEV DIRECTION` prints them (tc-filter(8)). */

/** What becomes of a frame that a filter matches. */
export type TcFate =
  /** It is dropped, or goes to another device. */
  | 'lost'
  | 'pass'
  /** The next filter decides. */
  | 'on'
  | 'unknown';

/** Which frames a filter matches: all, UDP to a port of a packet without IP options, or it is not known. */
export type TcMatch = 'all' | 'unknown' | {udpPort: number};

export interface TcFilter {
  device: string;
  direction: 'ingress' | 'egress';
  /** `all`, `ip`, `arp`, … */
  protocol: string;
  match: TcMatch;
  fate: TcFate;
  /** In short: kind, what it does. */
  text: string;
}

// biome-ignore lint/suspicious/noExplicitAny: each kind of filter and of action prints fields of its own
type Raw = any;

/** Filters in the order in which they see a frame; one of an unknown fate where the output is not understood. */
export function parseTcFilters(command: string, output: string): TcFilter[] {
  const [, device, direction] = /filter show dev (\S+) (ingress|egress)$/.exec(command) ?? [];
  if (device === undefined || (direction !== 'ingress' && direction !== 'egress')) return [];
  const place = {device, direction} as const;
  const rows = parsed(output);
  if (!rows) return [{...place, protocol: 'all', match: 'unknown', fate: 'unknown', text: 'not understood'}];
  return rows.flatMap((row): TcFilter[] => {
    const {protocol = 'all', pref, kind, chain = 0, options} = row;
    // Heads of filters and tables of u32 match nothing; other chains than the first are only met by a goto.
    if (!options || chain !== 0 || (kind === 'u32' && options.match0 === undefined)) return [];
    const {fate, text} = fateOf(kind, options);
    return [
      {
        ...place,
        protocol: String(protocol),
        match: matchOf(String(kind), options),
        fate,
        text: `tc filter dev ${device} ${direction} pref ${pref} protocol ${protocol} ${kind}: ${text}`,
      },
    ];
  });
}

/** u32 prints each of its matches under the same key, of which JSON keeps the last: they are numbered first. */
function parsed(output: string): Raw[] | undefined {
  let number = 0;
  const numbered = output.replace(/"options":|"match":\{/g, (key) => {
    if (key === '"options":') number = 0;
    return key === '"options":' ? key : `"match${number++}":{`;
  });
  try {
    const rows = JSON.parse(numbered) as unknown;
    return Array.isArray(rows) && rows.every((row) => typeof row === 'object' && row !== null)
      ? (rows as Raw[])
      : undefined;
  } catch {
    return undefined;
  }
}

function matchOf(kind: string, options: Raw): TcMatch {
  if (kind === 'matchall') return 'all';
  if (kind === 'flower') return flower(options.keys ?? {});
  if (kind !== 'u32' || options.link !== undefined) return 'unknown';
  const matches = Object.keys(options)
    .filter((key) => /^match\d+$/.test(key))
    .map((key) => options[key] as Raw)
    .filter(({mask}) => !/^0+$/.test(String(mask)));
  if (matches.length === 0) return 'all';
  // The bytes of the IP header with the protocol, and of UDP behind a header of 20 bytes with the destination port.
  const word = (off: number, mask: number) =>
    matches.find((one) => one.off === off && one.offmask === '' && hex(one.mask) === mask);
  const [protocol, port] = [word(8, 0xff_0000), word(20, 0xffff)];
  const isUdp = protocol && hex(protocol.value) === 0x11_0000;
  return matches.length === 2 && isUdp && port ? {udpPort: hex(port.value)} : 'unknown';
}

const hex = (text: unknown): number => Number.parseInt(String(text), 16);

function flower(keys: Raw): TcMatch {
  const names = Object.keys(keys).filter((name) => name !== 'eth_type');
  if (names.length === 0) return 'all';
  const isPort = names.length === 2 && keys.ip_proto === 'udp' && Number.isInteger(keys.dst_port);
  return isPort ? {udpPort: keys.dst_port as number} : 'unknown';
}

/** The actions of a filter in their order; a filter without any only classifies. */
function fateOf(kind: unknown, {actions = [], direct_action: direct}: Raw): {fate: TcFate; text: string} {
  if (kind === 'bpf' || direct !== undefined) return {fate: 'unknown', text: 'a BPF program decides'};
  for (const action of actions as Raw[]) {
    const {fate, text} = actionOf(action);
    if (fate !== undefined) return {fate, text};
  }
  return {fate: 'pass', text: actions.length === 0 ? 'classifies' : 'passes'};
}

/** Undefined where the next action decides (`pipe`). */
function actionOf({kind, mirred_action: mirred, to_dev: to, control_action: control, prob}: Raw): {
  fate: TcFate | undefined;
  text: string;
} {
  const type = String(control?.type ?? '');
  if (kind === 'mirred' && mirred === 'redirect') return {fate: 'lost', text: `redirects to ${String(to)}`};
  if (kind === 'mirred' && type === 'pipe') return {fate: undefined, text: 'mirrors'};
  if (kind !== 'gact') return {fate: 'unknown', text: `action ${String(kind)}`};
  if (prob && prob.random_type !== 'none') return {fate: 'unknown', text: `${type} at random`};
  if (type === 'drop' || type === 'stolen' || type === 'trap') return {fate: 'lost', text: type};
  if (type === 'pass' || type === 'ok') return {fate: 'pass', text: 'pass'};
  if (type === 'continue') return {fate: 'on', text: 'continue'};
  return type === 'pipe' ? {fate: undefined, text: 'pipe'} : {fate: 'unknown', text: `gact ${type}`};
}
