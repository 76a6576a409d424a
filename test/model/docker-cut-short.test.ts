import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {namespaceRows} from '../../src/answers/namespace-rows.js';
import {hostModel} from '../../src/model/host.js';
import {fdbEntries} from '../../src/rows/fdb.js';
import {
  derived,
  dockerAnswers,
  editAnswers,
  madeModel,
  overlayOf,
  type Raw,
  recordedEvidence,
} from '../support/evidence.js';

describe('answers of Docker with something odd in them', () => {
  const {id} = overlayOf(recordedEvidence('node1'), 'uber-net');
  const network = (change: (body: Raw) => void) => {
    const odd = derived(recordedEvidence('node2'), (draft) =>
      editAnswers(draft, /^\/networks\/.*verbose/, (body) => {
        if (body.Id === id) change(body);
      }),
    );
    const model = hostModel(odd);
    return {model, network: model.docker?.networks.find((one) => one.id === id)};
  };

  it('are not taken for an engine without endpoints, which would make all rows towards it stale', () => {
    const odd = network((body) => {
      body.Containers = {...body.Containers, odd: null};
    });
    assert.equal(odd.network?.endpoints, undefined);
    const rows = fdbEntries([hostModel(recordedEvidence('node1')), odd.model], id);
    assert.deepEqual(
      rows.filter(({status}) => status === 'fdb-stale'),
      [],
    );
    const none = network((body) => {
      body.Containers = null;
    });
    assert.deepEqual(none.network?.endpoints, []);
  });

  it('are not taken for gossip without tasks', () => {
    const odd = network((body) => {
      body.Services[''].Tasks = [...body.Services[''].Tasks, null];
    });
    assert.equal(odd.network?.services, undefined);
  });

  it('may hold the address of a manager in IPv6', () => {
    const {docker} = madeModel({
      docker: {
        ...dockerAnswers([]),
        '/nodes': [
          {ID: 'n1', ManagerStatus: {Addr: '[fd00::5]:2377'}},
          {ID: 'n2', ManagerStatus: {Addr: '10.0.0.2:2377'}},
        ],
      },
    });
    assert.deepEqual(
      docker?.nodes.map(({managerAddress}) => managerAddress),
      ['fd00::5', '10.0.0.2'],
    );
  });
});

describe('a plain file that is as old as the namespace was', () => {
  const note = (ServerVersion: string) =>
    namespaceRows([
      madeModel({files: [{name: '0123456789ab'}], docker: dockerAnswers([], [], {ServerVersion})}),
    ])[0]?.note;

  it('is normal for a minute with engines up to 27', () => {
    assert.match(note('27.5.1') ?? '', /engines up to 27 leave it so for up to a minute/);
    assert.equal(note('28.0.0'), 'no namespace is mounted on this file');
  });
});
