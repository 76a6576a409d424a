/**
 * The contract of Swarm networking: what moby's specification says that can be seen from a node, row by row, and which findings
 * prove a breach (moby daemon/libnetwork/docs/spec/swarm-networking.md, container-dns.md, bridge-networking.md and
 * network-common.md).
 */
import {clusterSections} from './cluster.js';
import type {ContractSection} from './row.js';
import {serviceSections} from './services.js';
import {wireSections} from './wire.js';

export const contract: readonly ContractSection[] = [...clusterSections, ...serviceSections, ...wireSections];
