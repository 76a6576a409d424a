/** IPsec as `ip -d -s xfrm state list nokeys` and `ip -d -s xfrm policy list` print it (iproute2 ip/ipxfrm.c). */

export interface XfrmState {
  src: string;
  dst: string;
  /** `esp`, `ah`, … */
  protocol: string;
  spi: number;
  reqid: number;
  /** `transport`, `tunnel`, … */
  mode: string;
  /** Its encryption with authentication, such as `rfc4106(gcm(aes))`, and the bits of its check value; absent where it has others. */
  aead?: {name: string; icvBits: number};
}

export interface XfrmTemplate {
  src: string;
  dst: string;
  protocol: string;
  /** 0 for any. */
  spi: number;
  reqid: number;
}

export interface XfrmPolicy {
  /** CIDRs of the selector. */
  src: string;
  dst: string;
  /** Protocol of the selector, such as `udp`; absent for any. */
  protocol?: string;
  dport?: number;
  /** `in`, `out` or `fwd`. */
  direction: string;
  mark?: number;
  /** Of several that a packet meets the one with the lowest number decides. */
  priority?: number;
  /** `allow` or `block`. */
  action?: string;
  /** Whether it is only for a source port, a device or an XFRM interface. */
  narrow: boolean;
  /** Whether packets pass without its templates (`level use`). */
  optional: boolean;
  templates: XfrmTemplate[];
  /** Its first line, as printed. */
  text: string;
}

/** Entries begin at the margin; what is indented belongs to the one above. */
function entries(text: string): string[] {
  return text.split(/^(?=src )/m).filter((entry) => entry.startsWith('src '));
}

/** One that is not understood is left out. */
export function parseXfrmStates(text: string): XfrmState[] {
  return entries(text).flatMap((entry): XfrmState[] => {
    const [, src, dst] = /^src (\S+) dst (\S+)/.exec(entry) ?? [];
    const id = identityOf(entry);
    const mode = /^\s+proto .* mode (\S+)/m.exec(entry)?.[1];
    const [, name, icv] = /^\s+aead (\S+) .* (\d+)$/m.exec(entry) ?? [];
    const aead = name === undefined ? {} : {aead: {name, icvBits: Number(icv)}};
    return src && dst && id && mode ? [{src, dst, ...id, mode, ...aead}] : [];
  });
}

export function parseXfrmPolicies(text: string): XfrmPolicy[] {
  return entries(text).flatMap((entry): XfrmPolicy[] => {
    const [head = ''] = entry.split('\n');
    const [, src, dst] = /^src (\S+) dst (\S+)/.exec(head) ?? [];
    const direction = /^\s+(?:socket )?dir (\S+)/m.exec(entry)?.[1];
    if (!src || !dst || !direction) return [];
    const protocol = / proto (\S+)/.exec(head)?.[1];
    const dport = / dport (\d+)/.exec(head)?.[1];
    const mark = /^\s+mark (0x[0-9a-f]+|\d+)\//m.exec(entry)?.[1];
    const templates = entry.split(/^\s+tmpl /m).slice(1);
    return [
      {
        src,
        dst,
        ...(protocol === undefined ? {} : {protocol}),
        ...(dport === undefined ? {} : {dport: Number(dport)}),
        direction,
        ...(mark === undefined ? {} : {mark: Number(mark)}),
        ...actionOf(entry),
        narrow: / (sport|dev) \S/.test(head) || /^\s+(if_id|crypto offload)/m.test(entry),
        optional: templates.length > 0 && templates.every((one) => /^\s+level use/m.test(one)),
        templates: templates.flatMap(templateOf),
        text: head.trim(),
      },
    ];
  });
}

/** `dir out action allow index 1 priority 0`, of old iproute2 without the index. */
function actionOf(entry: string): Pick<XfrmPolicy, 'action' | 'priority'> {
  const [, action, priority] =
    /^\s+(?:socket )?dir \S+ action (\S+) (?:index \d+ )?priority (\d+)/m.exec(entry) ?? [];
  return action === undefined ? {} : {action, priority: Number(priority)};
}

function templateOf(text: string): XfrmTemplate[] {
  const [, src, dst] = /^src (\S+) dst (\S+)/.exec(text) ?? [];
  const id = identityOf(text);
  return src && dst && id ? [{src, dst, ...id}] : [];
}

/** `proto esp spi 0x2195c734(563463988) reqid 13681891(0x00d0c4e3)`; an SPI of 0 is left out by iproute2 in templates. */
function identityOf(text: string): {protocol: string; spi: number; reqid: number} | undefined {
  const [, protocol, spi, reqid] =
    /^\s+proto (\S+)(?: spi (0x[0-9a-f]{1,8})(?:\(\d+\))?)? reqid (\d+)/m.exec(text) ?? [];
  return protocol === undefined ? undefined : {protocol, spi: Number(spi ?? 0), reqid: Number(reqid)};
}
