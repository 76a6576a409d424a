import type {HostModel} from '../model/host.js';
import type {Step} from '../services/step.js';
import type {Disposition, Walk} from './hop.js';
import type {Trail} from './trail.js';

/** Puts the steps of a chain on a trail; ends the walk at one that fails. */
export function addSteps(
  trail: Trail,
  host: HostModel,
  steps: readonly Step[],
  disposition: Disposition = 'dropped',
): Walk | undefined {
  let ended: Walk | undefined;
  for (const {layer, verdict, summary, evidence, code, ...details} of steps) {
    if (verdict === 'pass') trail.pass(host, layer, summary, evidence);
    else if (verdict === 'unknown') trail.doubt(host, layer, summary, evidence);
    else if (code) ended = trail.fail(host, layer, code, summary, {evidence, ...details}, disposition);
  }
  return ended;
}
