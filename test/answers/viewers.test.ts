/** The answers of commands that only show: networks, links, namespaces, explain. */
import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {explainAnswer} from '../../src/answers/explain.js';
import {linksAnswer} from '../../src/answers/links.js';
import {namespacesAnswer} from '../../src/answers/namespaces.js';
import {networksAnswer} from '../../src/answers/networks.js';
import {statusOfProblems} from '../../src/hosts/host-problems.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {derived, madeEvidence, recordedEvidence} from '../support/evidence.js';
import {readerOf} from './reader.js';

const node1 = recordedEvidence('node1');

/** The engine was not asked, or did not answer. */
const withoutDocker = derived(node1, (draft) => {
  draft.docker.answers = [];
});

/** A host whose engine has an overlay that nothing here needed yet. */
function idle(about: Record<string, string> = {}): HostEvidence {
  const network = {
    Id: 'a'.repeat(25),
    Name: 'idle-net',
    Driver: 'overlay',
    Scope: 'swarm',
    IPAM: {},
    Options: {},
  };
  return madeEvidence({about, docker: {'/networks': [network], '/containers/json?all=1': []}});
}

describe('networks', () => {
  const asked = (hosts: HostEvidence[], drivers?: string[]) => networksAnswer(readerOf([hosts]), drivers);

  it('are those of the drivers that were asked for', async () => {
    const {document} = await asked([node1]);
    const drivers = new Set(document.networks.map(({driver}) => driver));
    assert.ok(drivers.has('overlay') && drivers.has('bridge'));
    const {document: some} = await asked([node1], ['overlay']);
    assert.deepEqual([...new Set(some.networks.map(({driver}) => driver))], ['overlay']);
    assert.deepEqual((await asked([node1], ['nosuch'])).document.networks, []);
  });

  it('are known to Docker alone, which is told where it was not read', async () => {
    const {document} = await asked([withoutDocker]);
    assert.deepEqual(
      document.problems.filter(({code}) => code === 'docker-needed').map(({host}) => host),
      ['node1'],
    );
    assert.equal(statusOfProblems(document), 3);
    assert.deepEqual((await asked([node1])).document.problems, []);
    const unreached = derived(withoutDocker, (draft) => {
      draft.failure = {code: 'ssh-closed', message: 'the connection was closed', suggestions: []};
    });
    const codes = (await asked([unreached])).document.problems.map(({code}) => code);
    assert.ok(codes.includes('ssh-closed') && !codes.includes('docker-needed'));
  });

  it('are known not to be here only of one host that could be seen', async () => {
    assert.equal((await asked([idle()])).isAbsent, true);
    assert.equal((await asked([idle()], ['bridge'])).isAbsent, false);
    assert.equal((await asked([idle({uid: '1000', enter: '0'})])).isAbsent, false);
    assert.equal((await asked([idle(), node1])).isAbsent, false);
    assert.equal((await asked([node1], ['overlay'])).isAbsent, false);
  });
});

describe('links', () => {
  const asked = (hosts: HostEvidence[], name?: string, all = false, stats = false) =>
    linksAnswer(readerOf([hosts]), {name, all, stats});

  it('are those of the overlays, of all namespaces, or of what is named', async () => {
    const kinds = async (...question: [name?: string, all?: boolean]) => {
      const {document} = await asked([node1], ...question);
      return [...new Set(document.namespaces.map(({kind}) => kind))].sort();
    };
    assert.deepEqual(await kinds(), ['overlay']);
    const all = await kinds(undefined, true);
    assert.ok(all.includes('container') && all.includes('host') && all.includes('overlay'));
    assert.deepEqual(await kinds('web1'), ['container']);
    assert.deepEqual(await kinds('host'), ['host']);
  });

  it('have counters where they were asked for', async () => {
    const statsOf = async (stats: boolean) => {
      const {document} = await asked([node1], undefined, false, stats);
      return document.namespaces.flatMap(({links}) => links.map((link) => link.stats !== null));
    };
    assert.ok((await statsOf(true)).some((has) => has));
    assert.ok((await statsOf(false)).every((has) => !has));
  });

  it('are known to be none only where all could be seen', async () => {
    assert.equal((await asked([idle()])).isKnownEmpty, true);
    assert.equal((await asked([idle({uid: '1000', enter: '0'})])).isKnownEmpty, false);
    assert.equal((await asked([idle(), madeEvidence({hostname: 'host2'})])).isKnownEmpty, false);
    assert.equal((await asked([node1])).isKnownEmpty, false);
  });
});

describe('namespaces', () => {
  it('are those of all hosts', async () => {
    const {hosts, namespaces} = await namespacesAnswer(readerOf([[node1, recordedEvidence('node2')]]));
    assert.equal(hosts.length, 2);
    assert.deepEqual([...new Set(namespaces.map(({host}) => host))], ['node1', 'node2']);
  });
});

describe('explanations', () => {
  it('are all of them, or one, by its very code', () => {
    const {explanations} = explainAnswer();
    assert.ok(explanations.length > 100);
    assert.deepEqual(
      explainAnswer('fdb-row-missing').explanations.map(({code}) => code),
      ['fdb-row-missing'],
    );
    assert.throws(() => explainAnswer('fdb-row-mising'), {
      code: 'unknown-code',
      exit: 2,
      suggestions: ['Did you mean: ovdiag explain fdb-row-missing', 'All codes: ovdiag explain'],
    });
  });
});
