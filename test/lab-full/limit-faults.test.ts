import {faultSuite} from '../lab/full/fault-suite.js';
import {limitFaults} from '../lab/full/faults.js';

// Limits of the whole machine are changed in a guest alone.
faultSuite(
  'doctor on hosts whose tables and queues are full',
  process.env['OVDIAG_GUEST'] === '1' ? limitFaults : [],
  {putBack: true},
);
