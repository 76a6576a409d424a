/**
 * What Docker sets up for encrypted overlays on a kernel with ESP, put into evidence of a host whose kernel has none. By
 * moby libnetwork drivers/overlay/encryption.go (buildSPI, programSA, setupEncryption): for each other node a state in
 * for each of three keys, and one out with the key in the middle, by which the policy goes.
 */
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {sectionOf} from './evidence.js';

/** VTEPs of node1 and node2. */
export const vteps = {node1: '172.31.1.5', node2: '192.168.1.5'} as const;

/**
 * Tags of the keys that both hosts of a healthy recording sent with, by its folder: of all below 2^20, the only ones that
 * give the SPI of node1's policy, and they give that of node2's as well.
 */
export const primaryTags = {
  recorded: 0xdefe,
  'recorded/engine-26.1.5': 0x46c4,
  'recorded/engine-28.5.2': 0x6adc,
} as const;

/** The number that the engine gives to the key of a tag in one direction: FNV-1a of both addresses, as 16 bytes, and the tag. */
export function spiOf(from: string, tag: number, to: string): number {
  const address = (text: string) => [...Buffer.alloc(10), 255, 255, ...text.split('.').map(Number)];
  const tagBytes = [24, 16, 8, 0].map((shift) => (tag >>> shift) & 255);
  return [...address(from), ...tagBytes, ...address(to)].reduce(
    (hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0,
    0x811c9dc5,
  );
}

/** A state of Docker's in the form of `ip -d -s xfrm state list nokeys`, without its lifetimes and counters. */
export const state = (src: string, dst: string, spi: number) => `src ${src} dst ${dst}
	proto esp spi 0x${spi.toString(16).padStart(8, '0')}(${spi}) reqid 13681891(0x00d0c4e3) mode transport
	replay-window 0 seq 0x00000000 flag  (0x00000000)
`;

export function setStates(draft: HostEvidence, ...states: string[]): void {
  sectionOf(draft, '@host', 'xfrm-state').output = states.join('');
}

/**
 * The states of one host for the other: out with the key of a tag, in with a ring of keys. Of the ring only the one in the
 * middle can be known from a recording; its neighbours are made up.
 */
export function addStates(
  draft: HostEvidence,
  {own, other, tag}: {own: string; other: string; tag: number},
  inward: readonly number[] = [tag - 1, tag, tag + 1],
): void {
  setStates(
    draft,
    state(own, other, spiOf(own, tag, other)),
    ...inward.map((one) => state(other, own, spiOf(other, one, own))),
  );
}

/** The SPI that the policy of a host asks for. */
export const askedSpi = (evidence: HostEvidence) =>
  Number(/ spi (0x[0-9a-f]+)/.exec(sectionOf(evidence, '@host', 'xfrm-policy').output)?.[1]);
