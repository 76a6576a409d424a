import type {Check} from './check.js';
import {checksumErrors} from './counters/checksum-errors.js';
import {conntrackLosses} from './counters/conntrack-counters.js';
import {failedLookups} from './counters/failed-lookups.js';
import {reassembly} from './counters/reassembly.js';
import {rejectedPackets} from './counters/rejected-packets.js';
import {softnetOverruns} from './counters/softnet-drops.js';
import {uplinkDrops} from './counters/uplink-drops.js';
import {vxlanLosses} from './counters/vxlan-losses.js';
import {xfrmErrors} from './counters/xfrm-counters.js';
import {cleartext} from './encryption/cleartext.js';
import {encryptionRules} from './encryption/encryption-rules.js';
import {espFilter} from './encryption/esp-filter.js';
import {foreignIpsec} from './encryption/foreign-ipsec.js';
import {leftoverRules} from './encryption/leftover-rules.js';
import {stateSettings} from './encryption/state-settings.js';
import {xfrm} from './encryption/xfrm.js';
import {bridgeNetfilter} from './engine/bridge-netfilter.js';
import {certificate} from './engine/certificate.js';
import {clock} from './engine/clock.js';
import {conntrack} from './engine/conntrack.js';
import {engineLog} from './engine/engine-log.js';
import {engineSilent} from './engine/engine-silent.js';
import {engineStart} from './engine/engine-start.js';
import {engineVersions} from './engine/engine-versions.js';
import {gossipListener} from './engine/gossip-listener.js';
import {neighbourTableRoom} from './engine/neighbour-table.js';
import {nicOffload} from './engine/nic-offload.js';
import {taskErrors} from './engine/task-errors.js';
import {containerLinks} from './links/container-links.js';
import {containerRules} from './links/container-rules.js';
import {containerState} from './links/container-state.js';
import {namespaces} from './links/namespaces.js';
import {overlayLinks} from './links/overlay-links.js';
import {portSettings} from './links/port-settings.js';
import {sandboxChains} from './links/sandbox-chains.js';
import {trafficControl} from './links/traffic-control.js';
import {vethUnplugged} from './links/veth-unplugged.js';
import {vni} from './links/vni.js';
import {vxlanSettings} from './links/vxlan-settings.js';
import {mtuAgreement} from './mtu/mtu-agreement.js';
import {mtuOption} from './mtu/mtu-option.js';
import {overlayMtu} from './mtu/overlay-mtu.js';
import {pathMtu} from './mtu/path-mtu.js';
import {containerRoutes} from './outside/container-routes.js';
import {defaultRoutes} from './outside/default-routes.js';
import {forwardFilter} from './outside/forward-filter.js';
import {forwarding} from './outside/forwarding.js';
import {gatewayLeg} from './outside/gateway-leg.js';
import {gatewayOpen} from './outside/gateway-open.js';
import {masquerade} from './outside/masquerade.js';
import {bridgeRows} from './rows/bridge-rows.js';
import {duplicates} from './rows/duplicates.js';
import {fdbRows} from './rows/fdb-rows.js';
import {lostBetween} from './rows/lost-between.js';
import {balancerSettings} from './services/balancer-settings.js';
import {dockerRules} from './services/docker-rules.js';
import {firewallGeneration} from './services/firewall-generation.js';
import {hairpin} from './services/hairpin.js';
import {hostModeDnat} from './services/host-mode-dnat.js';
import {hostsFiles} from './services/hosts-files.js';
import {ingressIsolation} from './services/ingress-isolation.js';
import {ipvs} from './services/ipvs.js';
import {loadBalancers} from './services/load-balancers.js';
import {nameOptions} from './services/name-options.js';
import {nameService} from './services/name-service.js';
import {publishedPorts} from './services/published-ports.js';
import {vipsLeft} from './services/vips-left.js';
import {addressCounts} from './swarm/address-counts.js';
import {attachmentsLeft} from './swarm/attachments.js';
import {gossipNames} from './swarm/gossip-names.js';
import {gossipPeers} from './swarm/gossip-peers.js';
import {gossipTasks} from './swarm/gossip-tasks.js';
import {hostModePorts} from './swarm/host-ports.js';
import {networkNames} from './swarm/network-names.js';
import {swarmNetworks} from './swarm/networks.js';
import {networksLeft} from './swarm/networks-left.js';
import {swarmServices} from './swarm/services.js';
import {taskHealth} from './swarm/task-health.js';
import {swarmTasks} from './swarm/tasks.js';
import {vipChanges} from './swarm/vip-changes.js';
import {windowsNodes} from './swarm/windows-nodes.js';
import {addressPool} from './underlay/address-pool.js';
import {controlPlane} from './underlay/control-plane.js';
import {dataPathFilter} from './underlay/data-path-filter.js';
import {dataPathPort} from './underlay/data-path-port.js';
import {nodes} from './underlay/nodes.js';
import {ownVtepAddress} from './underlay/own-vtep.js';
import {reversePathFilter} from './underlay/reverse-path.js';
import {subnets} from './underlay/subnets.js';
import {underlayArp} from './underlay/underlay-arp.js';
import {vtepFamily} from './underlay/vtep-family.js';
import {vtepWay} from './underlay/vtep-way.js';

/** Every check that `doctor` runs. */
export const checks: readonly Check[] = [
  // Rows, links, namespaces.
  bridgeRows,
  containerLinks,
  containerRules,
  containerState,
  duplicates,
  fdbRows,
  namespaces,
  overlayLinks,
  portSettings,
  sandboxChains,
  trafficControl,
  vethUnplugged,
  vxlanSettings,
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
  underlayArp,
  // What the engine keeps of rules.
  dockerRules,
  nameService,
  ipvs,
  loadBalancers,
  // Encryption.
  xfrm,
  encryptionRules,
  cleartext,
  espFilter,
  foreignIpsec,
  // Engines, cards, clocks.
  engineSilent,
  engineVersions,
  taskErrors,
  // What managers allocated.
  swarmNetworks,
  swarmTasks,
  swarmServices,
  vipChanges,
  attachmentsLeft,
  networkNames,
  nicOffload,
  clock,
  certificate,
  overlayMtu,
  pathMtu,
  mtuAgreement,
  mtuOption,
  dataPathPort,
  dataPathFilter,
  controlPlane,
  gossipListener,
  subnets,
  addressPool,
  gatewayLeg,
  containerRoutes,
  defaultRoutes,
  masquerade,
  forwardFilter,
  // The contract of Swarm networking beyond those.
  stateSettings,
  leftoverRules,
  balancerSettings,
  vipsLeft,
  hostModeDnat,
  ingressIsolation,
  hairpin,
  firewallGeneration,
  publishedPorts,
  hostModePorts,
  gossipNames,
  gossipPeers,
  gossipTasks,
  windowsNodes,
  networksLeft,
  addressCounts,
  taskHealth,
  vtepFamily,
  gatewayOpen,
  nameOptions,
  engineStart,
  engineLog,
  hostsFiles,
];
