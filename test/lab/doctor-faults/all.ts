import {faultsOfAllocation} from './allocation.js';
import {faultsOfContract} from './contract.js';
import {engineFaults} from './engine.js';
import type {DoctorFault} from './fault.js';
import {faultsOfKernel} from './kernel.js';
import {faultsOfManagers} from './managers.js';
import {faultsOfNames} from './names.js';
import {outages} from './outages.js';
import {faultsOfRows, forgottenGossip} from './rows.js';
import {faultsOfSamples} from './sample.js';
import {faultsOfSandboxes} from './sandboxes.js';
import {faultsOfSettings} from './settings.js';
import {faultsOfSilence} from './silenced.js';
import {traps} from './traps.js';
import {underlayFaults} from './underlay.js';

/** Every fault that `doctor` is tried on in the lab, one at a time. */
export const doctorFaults: readonly DoctorFault[] = [
  ...faultsOfRows,
  ...underlayFaults,
  ...engineFaults,
  ...faultsOfSamples,
  ...faultsOfSettings,
  ...faultsOfSilence,
  ...faultsOfKernel,
  ...faultsOfAllocation,
  ...faultsOfContract,
  ...faultsOfNames,
  ...faultsOfSandboxes,
  ...traps,
  ...faultsOfManagers,
  ...outages,
  forgottenGossip,
];
