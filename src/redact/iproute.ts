import {isAddress} from './addresses.js';
import {type Json, type Leaf, mapJson} from './json.js';
import {eachLine, parsedJson} from './lines.js';
import type {Scrub} from './scrub.js';
import type {Tokens} from './tokens.js';

/** Keys whose words are the kernel's own, whatever module they come from. */
const kernelKeys = new Set([
  'flags',
  'operstate',
  'link_type',
  'qdisc',
  'family',
  'info_kind',
  'info_slave_kind',
  'inet6_addr_gen_mode',
  'state',
  'mode',
]);

/** `ip -j` and `bridge -j`: one document, or one a line where a batch printed them, with its complaints in between. */
export function redactIproute(output: string, scrub: Scrub, tokens: Tokens): string {
  if (!/^\s*\[/m.test(output)) return scrub(output);
  const whole = output.trim();
  if (!whole.includes('\n')) return JSON.stringify(redactRows(parsedJson(whole), scrub, tokens));
  return eachLine(output, (line) =>
    line.startsWith('[') ? JSON.stringify(redactRows(parsedJson(line), scrub, tokens)) : scrub(line),
  );
}

function redactRows(rows: unknown, scrub: Scrub, tokens: Tokens): Json {
  return mapJson(rows, {
    text: (value, {key, siblings}) => {
      if (kernelKeys.has(key) && /^[A-Za-z0-9_.-]{0,32}$/.test(value)) return value;
      return key === 'broadcast' ? (broadcast(value, siblings, tokens) ?? scrub(value)) : scrub(value);
    },
  });
}

/** The last address of a subnet, where it was that before. */
function broadcast(value: string, {local, prefixlen}: Leaf['siblings'], tokens: Tokens): string | undefined {
  if (typeof local !== 'string' || typeof prefixlen !== 'number' || !isAddress(value)) return undefined;
  const last = (address: string) => {
    const bits = 2 ** (32 - prefixlen);
    const number = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
    const end = Math.floor(number / bits) * bits + bits - 1;
    return [24, 16, 8, 0].map((shift) => Math.floor(end / 2 ** shift) % 256).join('.');
  };
  return value === last(local) ? tokens.made(last(tokens.address(local))) : undefined;
}
