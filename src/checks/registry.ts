import type {Check} from './check.js';
import {vethUnplugged} from './veth-unplugged.js';

/** Every check that `doctor` runs. */
export const checks: readonly Check[] = [vethUnplugged];
