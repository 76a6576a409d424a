import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {hostModel} from '../../src/model/host.js';
import {parseSwarmState} from '../../src/model/swarm-state.js';
import {knownHost} from '../../src/topology/known-host.js';
import {derived, editAnswers, recordedEvidence} from '../support/evidence.js';

const worker = [
  '"LocalAddr":""',
  '"ListenAddr":"0.0.0.0:2377"',
  '"AdvertiseAddr":"192.168.1.5:2377"',
  '"DataPathAddr":""',
  '"DataPathPort":0',
].join('\n');

describe("the engine's own record of its swarm addresses", () => {
  it('has only what is told', () => {
    const {lines, ...state} = parseSwarmState(worker);
    assert.deepEqual(state, {
      advertiseAddress: '192.168.1.5',
      listenAddress: '0.0.0.0',
      listenPort: 2377,
    });
    assert.equal(lines.length, 5);
  });

  it('knows addresses with and without ports, and of both families', () => {
    const address = (text: string) => parseSwarmState(`"AdvertiseAddr":"${text}"`).advertiseAddress;
    assert.equal(address('192.0.2.1'), '192.0.2.1');
    assert.equal(address('[2001:db8::1]:2377'), '2001:db8::1');
    assert.equal(address('2001:db8::1'), '2001:db8::1');
    assert.equal(address('eth0:2377'), undefined);
    assert.equal(address(''), undefined);
    assert.equal(parseSwarmState('"DataPathPort":4790').dataPathPort, 4790);
    assert.deepEqual(parseSwarmState('not\njson').lines, ['not', 'json']);
  });

  it('tells the VTEP where no task of its own does, and the data path before the control plane', () => {
    const kept = (text: string, tasks: boolean) =>
      knownHost(
        hostModel(
          derived(recordedEvidence('node1'), (draft) => {
            draft.sections.push({
              name: 'swarm-state',
              command: 'grep -o',
              at: draft.startedAt,
              status: 0,
              output: text,
            });
            if (!tasks)
              editAnswers(draft, /verbose=true$/, (network) => {
                network.Services = {};
              });
          }),
        ),
      ).vtep;
    assert.deepEqual(kept(worker, true), {address: '172.31.1.5', source: 'own-task'});
    assert.deepEqual(kept(worker, false), {address: '192.168.1.5', source: 'state-file'});
    assert.deepEqual(kept(worker.replace('"DataPathAddr":""', '"DataPathAddr":"198.51.100.7"'), false), {
      address: '198.51.100.7',
      source: 'state-file',
    });
    assert.deepEqual(kept('"DataPathPort":4789', false)?.source, 'node-address');
  });
});
