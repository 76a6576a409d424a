import {bridgeNetfilter} from './bridge-netfilter.js';
import type {Check} from './check.js';
import {conntrack} from './conntrack.js';
import {forwarding} from './forwarding.js';
import {neighbourTableRoom} from './neighbour-table.js';
import {reversePathFilter} from './reverse-path.js';
import {vethUnplugged} from './veth-unplugged.js';

/** Every check that `doctor` runs. */
export const checks: readonly Check[] = [
  vethUnplugged,
  // Settings and tables of the host.
  forwarding,
  reversePathFilter,
  bridgeNetfilter,
  conntrack,
  neighbourTableRoom,
];
