/** What a vxlan device does by its own settings (linux drivers/net/vxlan/vxlan_core.c). */
import type {Link, VxlanDevice} from '../model/facts.js';

/** Where the host's default is, which applies to a device without a TTL of its own. */
export const defaultTtlFile = '/proc/sys/net/ipv4/ip_default_ttl';

/** A path with more routers than this is not known of networks that carry overlays. */
export const fewestHops = 10;

/**
 * The TTL of outer packets, and who sets it. Undefined where it is not told, or taken from each inner packet.
 *
 * @param proc files of the host's own namespace, in which the tunnel's socket is
 */
export function outerTtl(
  {ttl}: VxlanDevice,
  proc: ReadonlyMap<string, string> | undefined,
): {ttl: number; by: 'device' | 'host'} | undefined {
  if (ttl === 'inherit') return undefined;
  if (ttl !== undefined && ttl > 0) return {ttl, by: 'device'};
  const own = Number(proc?.get(defaultTtlFile)?.trim());
  return Number.isInteger(own) && own > 0 ? {ttl: own, by: 'host'} : undefined;
}

/** Whether a TTL ends before, or may end before, a VTEP that is behind a router; undefined where it is ample. */
export function ttlEnds(ttl: number, gateway: string | undefined): 'surely' | 'perhaps' | undefined {
  if (gateway === undefined || ttl >= fewestHops) return undefined;
  return ttl <= 1 ? 'surely' : 'perhaps';
}

/** A setting that differs from what Docker makes a device with, as `ip -d link` prints it. */
export interface Deviation {
  text: string;
  /** What `ip link set … type vxlan` takes to put it back; absent where the kernel does not change it on a device that is there. */
  undo?: string;
  /** Whether it is merely unusual: nothing is lost by it alone. */
  harmless: boolean;
}

/** All of them but `proxy`, which is a fault by itself, and a local address, which is judged with the source of packets. */
export function deviations({vxlan}: Link): Deviation[] {
  if (!vxlan || vxlan.external) return [];
  const {tos, df, portRange, localBypass, learning, ttl} = vxlan;
  return [
    ...(df === 'set' || df === 'inherit' ? [{text: `df ${df}`, undo: 'df unset', harmless: false}] : []),
    ...(portRange ? [{text: `srcport ${portRange.low} ${portRange.high}`, harmless: false}] : []),
    ...(localBypass === false ? [{text: 'nolocalbypass', undo: 'localbypass', harmless: true}] : []),
    ...(learning === false ? [{text: 'nolearning', undo: 'learning', harmless: true}] : []),
    ...(tos === undefined || tos === '0' || tos === '0x0'
      ? []
      : [{text: `tos ${tos}`, undo: 'tos 0', harmless: true}]),
    ...(ttl !== undefined && ttl !== 0 ? [{text: `ttl ${ttl}`, undo: 'ttl auto', harmless: true}] : []),
  ];
}
