import {inSubnet} from '../base/subnet.js';
import type {FdbEntry} from '../rows/entry.js';
import type {RawFdbRow} from '../rows/fdb-raw.js';

/** Which endpoints are asked for; what is absent, any. */
export interface FdbSelection {
  /** In lower or upper case. */
  mac?: string | undefined;
  /** An address, or a prefix that it is in. */
  address?: string | undefined;
  vtep?: string | undefined;
  status?: readonly string[] | undefined;
}

type Selected = Pick<FdbEntry, 'mac' | 'address' | 'vtep'> & {status: string};

export function isSelected(entry: Selected, {mac, address, vtep, status}: FdbSelection): boolean {
  return (
    (mac === undefined || entry.mac === mac.toLowerCase()) &&
    (vtep === undefined || entry.vtep === vtep) &&
    (status === undefined || status.includes(entry.status)) &&
    (address === undefined || isAt(entry.address, address))
  );
}

function isAt(ip: string | null, address: string): boolean {
  if (ip === null) return false;
  return address.includes('/') ? inSubnet(ip, address) : ip === address;
}

/** Of the kernel's rows those that are asked for: each has an address and a status by the endpoint that its MAC is of. */
export function selectRows(rows: RawFdbRow[], entries: FdbEntry[], selection: FdbSelection): RawFdbRow[] {
  const key = ({host, netns, mac}: Pick<FdbEntry, 'host' | 'netns' | 'mac'>) => `${host} ${netns} ${mac}`;
  const byMac = new Map<string, FdbEntry[]>();
  for (const entry of entries) {
    const same = byMac.get(key(entry));
    if (same) same.push(entry);
    else byMac.set(key(entry), [entry]);
  }
  return rows.filter((row) => {
    const known = byMac.get(key(row)) ?? [{address: null, status: ''}];
    return known.some(({address: ip, status}) =>
      isSelected({mac: row.mac, vtep: row.vtep ?? null, address: ip, status}, selection),
    );
  });
}
