import {type HostModel, hostModel} from '../model/host.js';
import type {HostEvidence} from '../snapshot/snapshot.js';
import {withLentNames} from './lent-names.js';
import {withoutForeignDocker} from './same-machine.js';

/**
 * A host as every command knows it: its evidence parsed, without the answers of an engine that runs its containers on
 * another machine, and with the names that a manager has lent where its own engine was not asked.
 */
export function hostFromEvidence(evidence: HostEvidence): HostModel {
  return withLentNames(withoutForeignDocker(hostModel(evidence)));
}
