import {BlockList, isIP} from 'node:net';

/** Whether an address lies in a prefix (`10.0.1.0/24`, host bits allowed). False for anything that is neither. */
export function inSubnet(ip: string, prefix: string): boolean {
  const [base = '', length = ''] = prefix.split('/');
  const version = isIP(base);
  if (version === 0 || isIP(ip) !== version || !/^\d{1,3}$/.test(length)) return false;
  const bits = Number(length);
  if (bits > (version === 4 ? 32 : 128)) return false;
  // Hosts have thousands of IPv4 addresses and rules; a list for each pair of them would take long.
  if (version === 4) return bits === 0 || (ipv4Number(ip) ^ ipv4Number(base)) >>> (32 - bits) === 0;
  const list = new BlockList();
  list.addSubnet(base, bits, 'ipv6');
  return list.check(ip, 'ipv6');
}

function ipv4Number(address: string): number {
  return address.split('.').reduce((number, part) => (number << 8) | Number(part), 0);
}
