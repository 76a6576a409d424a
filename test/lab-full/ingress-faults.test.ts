import {faultSuite} from '../lab/full/fault-suite.js';
import {ingressFaults} from '../lab/full/faults.js';

faultSuite('doctor on a swarm with a fault of a published port', ingressFaults);
