import {faultSuite} from '../lab/full/fault-suite.js';
import {encryptionFaults} from '../lab/full/faults.js';

faultSuite('doctor on a swarm with a fault of ESP', encryptionFaults);
