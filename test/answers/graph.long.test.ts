import {describe, it} from 'node:test';
import {fixtureFolders, recordedSwarm, simulatedSwarms} from '../support/pictured.js';
import {agreesWithDoctor} from './graph-agreement.js';

describe('a picture and doctor', () => {
  for (const folder of fixtureFolders)
    it(`agree on ${folder}`, () => agreesWithDoctor(recordedSwarm(folder)));
  for (const [at, swarm] of simulatedSwarms.entries())
    it(`agree on simulated swarm ${at + 1}`, () => agreesWithDoctor(swarm()));
});
