/** Sections as the collector frames them. */

import {hostProcFiles, procFiles} from '../../src/collect/wanted.js';
import type {Section} from '../../src/snapshot/snapshot.js';
import type {Raw} from '../../test/support/evidence.js';

/** Gives each section its time: a little later than the one before. */
export interface Clock {
  now(): string;
  seconds(): number;
}

export function clock(start: number, stepMs: number): Clock {
  let time = start;
  return {
    now() {
      time += stepMs;
      return new Date(time).toISOString();
    },
    seconds: () => Math.floor(time / 1000),
  };
}

const ip = (what: string) => `ip -d -s -j ${what}`;
/** What reader.sh leaves out of the tables of sockets: those that are connected. */
const connected = '^ *[0-9]*: [0-9A-F]*:[0-9A-F]* [0-9A-F]*:[0-9A-F]* 0[1-689BC] ';

export interface Tables {
  addr: Raw[];
  route: Raw[];
  neigh: Raw[];
  fdb?: Raw[];
  nsid?: string;
  proc: string;
  save: string;
  ruleset: string;
}

const rules = [
  {priority: 0, src: 'all', table: 'local', protocol: 'kernel'},
  {priority: 32_766, src: 'all', table: 'main', protocol: 'kernel'},
  {priority: 32_767, src: 'all', table: 'default', protocol: 'kernel'},
];

/** What the reader prints of one namespace, in its order. */
export function netnsSections(clock: Clock, netns: string, tables: Tables): Section[] {
  const at = clock.now();
  const section = (name: string, command: string, output: string): Section => ({
    name,
    netns,
    command,
    at,
    status: 0,
    output,
  });
  const files = [...procFiles, ...(netns === '@host' ? hostProcFiles : [])].join(' ');
  return [
    section('addr', ip('addr show'), JSON.stringify(tables.addr)),
    section('route', ip('route show table all'), JSON.stringify(tables.route)),
    section('route-cache', ip('route show cache'), '[]'),
    section('neigh', ip('neigh show'), JSON.stringify(tables.neigh)),
    section('rule', ip('rule show'), JSON.stringify(rules)),
    ...(tables.fdb ? [section('fdb', 'bridge -d -s -j fdb show', `${JSON.stringify(tables.fdb)}\n`)] : []),
    ...(tables.nsid ? [section('nsid', 'lsns -t net -n -r -o NS,PID,NETNSID', tables.nsid)] : []),
    // Status 2: some of the files are not there, as on most kernels.
    {...section('proc', `grep -s -H -v '${connected}' ${files}`, tables.proc), status: 2},
    section('iptables-nft', 'iptables-nft-save -c', tables.save),
    section('nft', 'nft -j list ruleset', tables.ruleset),
  ];
}

/** A section that is of no namespace. */
export function plainSection(clock: Clock, name: string, command: string, output: string): Section {
  return {name, command, at: clock.now(), status: 0, output};
}

/** Routes that the kernel makes for an address, and those that it makes for `lo`; main ones first, as `ip` prints them. */
export function routeRows(
  main: Raw[],
  addresses: {
    address: string;
    prefixLength: number;
    subnet: string;
    broadcast: string;
    dev: string;
    down?: boolean;
  }[],
): Raw[] {
  const kernel = (row: Raw): Raw => ({
    ...row,
    table: row.table ?? 'local',
    protocol: 'kernel',
    flags: row.flags ?? [],
  });
  const loopback = {dev: 'lo', prefsrc: '127.0.0.1'};
  const order = (row: Raw): Raw => {
    const {type, dst, gateway, dev, table, protocol, scope, prefsrc, flags} = row;
    return {
      type,
      dst,
      ...(gateway ? {gateway} : {}),
      dev,
      table,
      protocol,
      scope,
      ...(prefsrc ? {prefsrc} : {}),
      flags,
    };
  };
  const down = (is: boolean | undefined) => (is ? ['linkdown'] : []);
  return [
    ...main,
    ...addresses.map(({address, subnet, dev, down: is}) =>
      kernel({
        type: 'unicast',
        dst: subnet,
        dev,
        table: 'main',
        scope: 'link',
        prefsrc: address,
        flags: down(is),
      }),
    ),
    ...addresses.flatMap(({address, broadcast, dev, down: is}) => [
      kernel({type: 'local', dst: address, dev, scope: 'host', prefsrc: address}),
      kernel({type: 'broadcast', dst: broadcast, dev, scope: 'link', prefsrc: address, flags: down(is)}),
    ]),
    kernel({type: 'local', dst: '127.0.0.0/8', scope: 'host', ...loopback}),
    kernel({type: 'local', dst: '127.0.0.1', scope: 'host', ...loopback}),
    kernel({type: 'broadcast', dst: '127.255.255.255', scope: 'link', ...loopback}),
  ].map(order);
}
