import {labSuite} from '../use.js';
import {type KernelPart, kernelSuite} from './kernel-has.js';

/** For `describe`: skips a suite, with the reason, where there is no lab, or its kernel or tools lack one of these. */
export function fullSuite(...parts: KernelPart[]): {skip: string | false} {
  return [kernelSuite(...parts), labSuite()].find(({skip}) => skip !== false) ?? {skip: false};
}
