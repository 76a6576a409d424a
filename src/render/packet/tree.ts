import {escapeText} from '../../base/escape.js';
import {addressText} from '../../packet/address.js';
import {describeNetwork} from '../../packet/describe-ip.js';
import {describeBelow, describeCooked, describeEthernet} from '../../packet/describe-link.js';
import {describeTransport} from '../../packet/describe-transport.js';
import {Fragment, type Frame, Stop} from '../../packet/frame.js';
import type {Layer} from '../../packet/layer.js';
import type {PacketView} from '../../packet/view.js';
import type {PacketStyle} from './style.js';

const stopTexts = {
  [Stop.none]: '',
  [Stop.cut]: 'the snap length cut the packet here',
  [Stop.short]: 'the packet ends here, and is too short',
  [Stop.malformed]: 'this header contradicts itself',
  [Stop.deep]: 'deeper nesting is not followed',
  [Stop.link]: 'this link type is not read',
} as const;

/** The layers of a packet below each other, each with the offset of its first byte in the packet. */
export function packetTree(view: PacketView, {palette}: PacketStyle): string {
  const lines = nestedLines(view, view.frames, view.depth, 1, palette);
  if (view.quoteDepth > 0) {
    lines.push(`    ${palette.strong[0]}Quoted packet${palette.strong[1]}\n`);
    lines.push(...nestedLines(view, view.quotes, view.quoteDepth, 3, palette));
  }
  return lines.join('');
}

function nestedLines(
  view: PacketView,
  frames: readonly Frame[],
  depth: number,
  indented: number,
  palette: PacketStyle['palette'],
): string[] {
  const lines: string[] = [];
  for (let level = 0; level < depth; level++) {
    const frame = frames[level] as Frame;
    const indent = '  '.repeat(level + indented);
    for (const layer of [...describeLink(frame, view), ...describeNetwork(frame, addressText)])
      lines.push(...layerLines(layer, offsetIn(frame.data, view), indent, palette));
    lines.push(...fragmentLines(frame, indent));
    for (const layer of describeTransport(frame))
      lines.push(...layerLines(layer, offsetIn(frame.payload, view), indent, palette));
    if (frame.stop !== Stop.none) {
      lines.push(`${indent}${palette.warn[0]}${stopText(frame, frames === view.quotes)}${palette.warn[1]}\n`);
    }
  }
  return lines;
}

function stopText({stop, family}: Frame, isQuoted: boolean): string {
  if (family >= 0) return `address family ${family} is not read`;
  return isQuoted && stop === Stop.cut ? 'the quote ends here' : stopTexts[stop];
}

function describeLink(frame: Frame, view: PacketView): Layer[] {
  if (frame.ethernet >= 0) return describeEthernet(frame);
  return frame === view.frames[0] ? describeCooked(frame, view.linkType) : describeBelow(frame);
}

function fragmentLines({fragment, fragments}: Frame, indent: string): string[] {
  const lines: string[] = [];
  if (fragment === Fragment.waiting) lines.push(`${indent}waits for other fragments of its datagram\n`);
  if (fragments > 0) {
    lines.push(
      `${indent}put together from ${fragments} fragments: offsets from here on count in the whole\n`,
    );
  }
  return lines;
}

/** What to take off an offset so that it counts from the packet's, or the reassembled datagram's, first byte. */
const offsetIn = (data: Buffer, view: PacketView): number => (data === view.data ? view.start : 0);

function layerLines(layer: Layer, base: number, indent: string, palette: PacketStyle['palette']): string[] {
  const head = `${indent}${palette.strong[0]}${layer.name}${palette.strong[1]} ${palette.dim[0]}at ${layer.start - base}, ${layer.length} bytes${palette.dim[1]}\n`;
  const widest = Math.max(0, ...layer.fields.map(({name}) => name.length));
  const lines = layer.fields.map(
    ({name, value}) => `${indent}  ${name.padEnd(widest)}  ${escapeText(value)}\n`,
  );
  if (layer.problem !== undefined)
    lines.push(`${indent}  ${palette.warn[0]}${layer.problem}${palette.warn[1]}\n`);
  return [head, ...lines];
}
