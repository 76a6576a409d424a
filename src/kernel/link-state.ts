/** Whether a link carries anything, by what `ip link` tells of it. */
import type {Link} from '../model/facts.js';

type LinkWords = Pick<Link, 'flags' | 'operState'>;

/** Whether a link is administratively up: by its flags, else by its state. Undefined where the source tells neither. */
export function isUp({flags, operState}: LinkWords): boolean | undefined {
  if (flags) return flags.includes('UP');
  return operState === undefined ? undefined : operState !== 'DOWN';
}

/** Whether a link is known to be administratively down. */
export function isDown(link: LinkWords): boolean {
  return isUp(link) === false;
}

/** Why nothing passes a link, in the words of a sentence; undefined where it is not known to be dead. */
export function deadLink(link: LinkWords): 'down' | 'without carrier' | undefined {
  if (isDown(link)) return 'down';
  return link.flags?.includes('NO-CARRIER') ? 'without carrier' : undefined;
}
