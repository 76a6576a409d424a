/** The part with the command line; all commands use its copy of oclif and of what guards the output. */
import * as oclif from '@oclif/core';
import * as output from '../../src/cli/output.js';
import {share} from './parts.js';

share({oclif, output});

export {main} from '../../src/main.js';
