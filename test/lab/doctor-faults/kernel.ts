/** What is wrong in the lab without anybody's doing, because its kernel lacks something. */
import type {DoctorFault} from './fault.js';
import {pingsOf} from './sample.js';

const nothing = {
  make: async () => {},
  mend: async () => {},
  unfixed: {madeBy: 'a missing part of the kernel'},
};

export const faultsOfKernel: readonly DoctorFault[] = [
  {...nothing, code: 'ipvs-missing', about: 'nothing: this kernel has no IPVS'},
  {
    ...nothing,
    code: 'xfrm-state-missing',
    about: 'nothing: this kernel has no ESP, and packets are sent on the encrypted network',
    traffic: pingsOf('secret'),
    brings: ['xfrm-errors', 'vxlan-tx-dropped'],
  },
];
