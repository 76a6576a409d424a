import {addressPool} from './address-pool.js';
import {bridgeNetfilter} from './bridge-netfilter.js';
import {bridgeRows} from './bridge-rows.js';
import {certificate} from './certificate.js';
import type {Check} from './check.js';
import {checksumErrors} from './checksum-errors.js';
import {cleartext} from './cleartext.js';
import {clock} from './clock.js';
import {conntrack} from './conntrack.js';
import {conntrackLosses} from './conntrack-counters.js';
import {containerLinks} from './container-links.js';
import {containerRoutes} from './container-routes.js';
import {controlPlane} from './control-plane.js';
import {dataPathFilter} from './data-path-filter.js';
import {dataPathPort} from './data-path-port.js';
import {dockerRules} from './docker-rules.js';
import {duplicates} from './duplicates.js';
import {encryptionRules} from './encryption-rules.js';
import {engineVersions} from './engine-versions.js';
import {espFilter} from './esp-filter.js';
import {failedLookups} from './failed-lookups.js';
import {fdbRows} from './fdb-rows.js';
import {forwarding} from './forwarding.js';
import {gatewayLeg} from './gateway-leg.js';
import {loadBalancers} from './load-balancers.js';
import {lostBetween} from './lost-between.js';
import {masquerade} from './masquerade.js';
import {mtuAgreement} from './mtu-agreement.js';
import {nameService} from './name-service.js';
import {namespaces} from './namespaces.js';
import {neighbourTableRoom} from './neighbour-table.js';
import {nicOffload} from './nic-offload.js';
import {nodes} from './nodes.js';
import {overlayLinks} from './overlay-links.js';
import {overlayMtu} from './overlay-mtu.js';
import {ownVtepAddress} from './own-vtep.js';
import {pathMtu} from './path-mtu.js';
import {reassembly} from './reassembly.js';
import {rejectedPackets} from './rejected-packets.js';
import {reversePathFilter} from './reverse-path.js';
import {softnetOverruns} from './softnet-drops.js';
import {subnets} from './subnets.js';
import {taskErrors} from './task-errors.js';
import {uplinkDrops} from './uplink-drops.js';
import {vethUnplugged} from './veth-unplugged.js';
import {vni} from './vni.js';
import {vtepWay} from './vtep-way.js';
import {vxlanLosses} from './vxlan-losses.js';
import {xfrm} from './xfrm.js';
import {xfrmErrors} from './xfrm-counters.js';

/** Every check that `doctor` runs. */
export const checks: readonly Check[] = [
  // Rows, links, namespaces.
  bridgeRows,
  containerLinks,
  duplicates,
  fdbRows,
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
  // Counters between two readings.
  failedLookups,
  vxlanLosses,
  lostBetween,
  rejectedPackets,
  checksumErrors,
  reassembly,
  xfrmErrors,
  softnetOverruns,
  conntrackLosses,
  uplinkDrops,
  // The underlay, and the way out.
  nodes,
  ownVtepAddress,
  vtepWay,
  // What the engine keeps of rules.
  dockerRules,
  nameService,
  loadBalancers,
  // Encryption.
  xfrm,
  encryptionRules,
  cleartext,
  espFilter,
  // Engines, cards, clocks.
  engineVersions,
  taskErrors,
  nicOffload,
  clock,
  certificate,
  overlayMtu,
  pathMtu,
  mtuAgreement,
  dataPathPort,
  dataPathFilter,
  controlPlane,
  subnets,
  addressPool,
  gatewayLeg,
  containerRoutes,
  masquerade,
];
