/** ARP as a namespace's settings and entries have it. */

import type {Neighbour} from '../model/facts.js';
import {setting} from '../model/proc/settings.js';

/** `never for any address of mine` (Documentation/networking/ip-sysctl, arp_ignore). */
const never = 8;

/**
 * Whose settings make an interface answer no ARP request at all: `all`, its own, or both; empty where it answers, or where
 * they were not read. The kernel takes the larger of the two (net/ipv4/arp.c arp_ignore).
 */
export function arpSilencers(proc: ReadonlyMap<string, string> | undefined, device: string): string[] {
  const both = ['all', device].map((name) => ({
    name,
    value: setting(proc, `ipv4/conf/${name}/arp_ignore`) ?? 0,
  }));
  const effective = Math.max(...both.map(({value}) => value));
  return effective === never ? both.flatMap(({name, value}) => (value === never ? [name] : [])) : [];
}

/** `net.ipv4.conf.all.arp_ignore = 8`, as sysctl prints it. */
export const arpIgnoreText = (name: string): string => `net.ipv4.conf.${name}.arp_ignore = ${never}`;

/** Whether an entry was made by hand and is never asked for again: it says nothing about who has the address. */
export function isLasting({state}: Neighbour): boolean {
  return state.some((word) => word === 'PERMANENT' || word === 'NOARP');
}
