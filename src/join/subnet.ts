import {BlockList, isIP} from 'node:net';

/** Whether an address lies in a prefix (`10.0.1.0/24`, host bits allowed). False for anything that is neither. */
export function inSubnet(ip: string, prefix: string): boolean {
  const [base = '', length = ''] = prefix.split('/');
  const version = isIP(base);
  if (version === 0 || isIP(ip) !== version || !/^\d{1,3}$/.test(length)) return false;
  const bits = Number(length);
  if (bits > (version === 4 ? 32 : 128)) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(base, bits, family);
  return list.check(ip, family);
}
