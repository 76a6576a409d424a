import {faultSuite} from '../lab/full/fault-suite.js';
import {serviceFaults} from '../lab/full/faults.js';

faultSuite('doctor on a swarm with a fault of a VIP', serviceFaults);
