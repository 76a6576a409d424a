import type {FdbQuestion} from '../../answers/fdb.js';
import {usageError} from '../../base/errors.js';
import {ipVersion} from '../../base/ip-version.js';
import {inSubnet} from '../../base/subnet.js';
import {formerStatuses} from '../../rows/status.js';

/** What is asked with these flags. Throws where one of them can't be meant. */
export function fdbQuestion(network: string | undefined, flags: Omit<FdbQuestion, 'network'>): FdbQuestion {
  const {mac, address, vtep, status, raw, matrix} = flags;
  if (mac !== undefined && !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(mac)) {
    throw usageError('invalid-flag', `--mac ${mac} is not a MAC address.`, [
      'Example: --mac 02:42:0a:00:01:05',
    ]);
  }
  if (vtep !== undefined && ipVersion(vtep) === 0)
    throw usageError('invalid-flag', `--vtep ${vtep} is not an address.`);
  if (address !== undefined && ipVersion(address) === 0 && !inSubnet(address.split('/')[0] ?? '', address)) {
    throw usageError('invalid-flag', `--address ${address} is neither an address nor a CIDR.`);
  }
  const statuses = status?.map((one) => formerStatuses[one] ?? one);
  return {network, mac, address, vtep, status: statuses, raw, matrix};
}
