import {bridgeNetfilter} from './bridge-netfilter.js';
import {bridgeRows} from './bridge-rows.js';
import type {Check} from './check.js';
import {conntrack} from './conntrack.js';
import {containerLinks} from './container-links.js';
import {duplicates} from './duplicates.js';
import {forwarding} from './forwarding.js';
import {namespaces} from './namespaces.js';
import {neighbourTableRoom} from './neighbour-table.js';
import {overlayLinks} from './overlay-links.js';
import {reversePathFilter} from './reverse-path.js';
import {vethUnplugged} from './veth-unplugged.js';
import {vni} from './vni.js';

/** Every check that `doctor` runs. */
export const checks: readonly Check[] = [
  // Rows, links, namespaces.
  bridgeRows,
  containerLinks,
  duplicates,
  namespaces,
  overlayLinks,
  vethUnplugged,
  vni,
  // Settings and tables of the host.
  forwarding,
  reversePathFilter,
  bridgeNetfilter,
  conntrack,
  neighbourTableRoom,
];
