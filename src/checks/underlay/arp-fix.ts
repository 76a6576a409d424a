/** Commands about arp_ignore, of `all` or of an interface: with slashes, as an interface may have a dot in its name (sysctl(8)). */
import {type Command, device, number, sh} from '../../base/command.js';

export function arpIgnoreSet(names: readonly string[], value: number): Command[] {
  return names.map((name) => sh`sysctl -w net/ipv4/conf/${device(name)}/arp_ignore=${number(value)}`);
}

export function arpIgnoreShown([name = 'all']: readonly string[]): Command {
  return sh`sysctl net/ipv4/conf/${device(name)}/arp_ignore`;
}
