import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Finding} from '../../../src/findings/finding.js';
import {foldFindings} from '../../../src/findings/fold.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {
  answerOf,
  type Change,
  derived,
  editAnswers,
  editTable,
  type Raw,
  recordedEvidence,
} from '../../support/evidence.js';
import {find, fixOf} from '../support.js';

const [node1, node2] = ['engine-28.5.2/node1', 'engine-28.5.2/node2'].map((name) =>
  recordedEvidence(name),
) as [HostEvidence, HostEvidence];
const ago = (seconds: number) => new Date(Date.parse(node1.startedAt) - seconds * 1000).toISOString();
/** The containers of a host have been running for so long, by its clock. */
const running =
  (seconds: number): Change =>
  (draft) =>
    editAnswers(draft, /^\/containers\/[0-9a-f]+\/json$/, (body: Raw) => {
      body.State.StartedAt = new Date(Date.parse(draft.startedAt) - seconds * 1000).toISOString();
    });
const old = derived(node2, running(3600));
const peers = (change: (peers: Raw[]) => Raw[]): HostEvidence =>
  derived(node1, (draft) =>
    editAnswers(draft, /^\/networks\/.*verbose/, (network: Raw) => {
      network.Peers = change(network.Peers ?? []);
    }),
  );
const other = '192.168.1.5';

describe('peers of a network', () => {
  it('are all nodes with containers there', () => {
    assert.deepEqual(find('gossip-peer-missing', node1, old), []);
    assert.deepEqual(find('gossip-address-differs', node1, old), []);
    const lacking = peers((all) => all.filter(({IP}) => IP !== other));
    const [finding, ...others] = find('gossip-peer-missing', lacking, old);
    assert.deepEqual([others, finding?.host, finding?.subject], [[], 'node1', 'node node2']);
    assert.match(finding?.evidence[1] ?? '', /advertise address 192\.168\.1\.5/);
  });

  it('need not be there within three minutes of the first container, nor long before or after', () => {
    const lacking = peers((all) => all.filter(({IP}) => IP !== other));
    const [young] = find('gossip-peer-missing', lacking, derived(node2, running(100)));
    assert.deepEqual([young?.severity, young?.converging?.ceilingSeconds], ['info', 180]);
    assert.match(young?.cause ?? '', /^converging, (79|80|81) s of at most 180 s left: node1 does not list/);
    const muchLater = derived(old, (draft) => {
      draft.startedAt = new Date(Date.parse(draft.startedAt) + 600_000).toISOString();
    });
    assert.deepEqual(find('gossip-peer-missing', lacking, muchLater), []);
  });

  it('go by the address that a node advertises', () => {
    const second = derived(old, (draft) =>
      editTable(draft, '@host', 'addr', (links) => {
        links
          .find(({ifname}) => ifname === 'eth0')
          .addr_info.push({family: 'inet', local: '10.99.0.2', prefixlen: 24, scope: 'global'});
        return links;
      }),
    );
    const elsewhere = peers((all) =>
      all.map((peer) => (peer.IP === other ? {...peer, IP: '10.99.0.2'} : peer)),
    );
    const [finding, ...others] = find('gossip-address-differs', elsewhere, second);
    assert.deepEqual([others, finding?.subject], [[], 'node node2']);
    assert.match(finding?.cause ?? '', /at 10\.99\.0\.2, and node2 advertises 192\.168\.1\.5/);
    assert.deepEqual(find('gossip-peer-missing', elsewhere, second), []);
  });

  it('are no more those that managers have had down for two minutes', () => {
    const down = (seconds: number) =>
      derived(node1, (draft) =>
        editAnswers(draft, /^\/nodes$/, (nodes: Raw[]) => {
          const lost = nodes.find(({Status}) => Status.Addr === other);
          lost.Status.State = 'down';
          lost.UpdatedAt = ago(seconds);
        }),
      );
    const [finding, ...others] = find('gossip-peer-stale', down(200));
    assert.deepEqual([others, finding?.host, finding?.subject], [[], 'node1', 'node node2']);
    assert.deepEqual(find('gossip-peer-stale', down(60))[0]?.converging, {
      secondsLeft: 60,
      ceilingSeconds: 120,
    });
    assert.deepEqual(find('gossip-peer-stale', node1), []);
    const gone = derived(down(200), (draft) =>
      editAnswers(draft, /^\/networks\/.*verbose/, (network: Raw) => {
        network.Peers = (network.Peers ?? []).filter(({IP}: Raw) => IP !== other);
      }),
    );
    assert.deepEqual(find('gossip-peer-stale', gone), []);
  });
});

describe('names by gossip', () => {
  const renamed = (...names: string[]) =>
    derived(node2, (draft) => {
      const body = draft.docker.answers
        .map((answer) => answer.body as Raw)
        .find((one) => one?.Name === '/web2');
      body.Name = `/${names[0]}`;
      body.NetworkSettings.Networks['uber-net'].DNSNames = names;
    });

  it("are those of their own engine, else 'gossip-name-differs'", () => {
    assert.deepEqual(find('gossip-name-differs', node1, node2), []);
    const found = find('gossip-name-differs', node1, renamed('shop', 'abc'));
    assert.deepEqual(
      found.map(({host, network, subject}) => [host, network, subject]),
      ['node1', 'node2'].map((host) => [host, 'uber-net', 'shop']),
    );
    assert.deepEqual(fixOf(found[0]), ['docker rename shop shop-renamed', 'docker rename shop-renamed shop']);
    // It has another name, and is still found by that which gossip has.
    assert.deepEqual(find('gossip-name-differs', node1, renamed('shop', 'web2')), []);
  });
});

describe('tasks by gossip', () => {
  const app = (answerOf(node1, '/services').body as Raw[]).find(({Spec}) => Spec.Name === 'app').ID;
  const since =
    (seconds: number): Change =>
    (draft) =>
      editAnswers(draft, /^\/tasks$/, (tasks: Raw[]) => {
        for (const task of tasks) task.Status.Timestamp = ago(seconds);
      });
  const unheard: Change = (draft) =>
    editAnswers(draft, /^\/networks\/.*verbose/, (network: Raw) => {
      if (network.Name === 'uber-net') network.Services.app.Tasks.splice(0, 1);
    });

  it('are those that managers list for more than five minutes', () => {
    assert.deepEqual(find('gossip-task-differs', derived(node1, since(900))), []);
    const lacking = (seconds: number) =>
      derived(node1, (draft) => {
        since(seconds)(draft);
        unheard(draft);
      });
    const [finding, ...others] = find('gossip-task-differs', lacking(900));
    assert.deepEqual(
      [others, finding?.severity, finding?.network, finding?.subject],
      [[], 'warning', 'uber-net', 'service app'],
    );
    assert.equal(finding?.converging, undefined);
    // What cuts off the node on which it runs explains it, wherever that is.
    const cut = {...finding, code: 'engine-not-answering', severity: 'error', at: {host: 'node2'}} as Finding;
    const vtep = finding?.at.vtep ?? '';
    assert.match(vtep, /^\d+\.\d+\.\d+\.\d+$/);
    assert.deepEqual(
      foldFindings([finding as Finding, {...cut, reach: [{vtep}]}]).map(({code, folded}) => [
        code,
        folded.length,
      ]),
      [['engine-not-answering', 1]],
    );
    assert.deepEqual(fixOf(finding), ['docker service update --force app']);
    assert.deepEqual(find('gossip-task-differs', lacking(200))[0]?.converging, {
      secondsLeft: 100,
      ceilingSeconds: 300,
    });
    const lost = derived(lacking(900), (draft) =>
      editAnswers(draft, /^\/nodes$/, (nodes: Raw[]) => {
        for (const node of nodes) node.Status.State = 'down';
      }),
    );
    assert.deepEqual(find('gossip-task-differs', lost), []);
  });

  it('are none of a service that has none any more', () => {
    const idle = (...tasks: Raw[]) =>
      derived(node1, (draft) =>
        editAnswers(draft, /^\/tasks$/, (all: Raw[]) => {
          const others = all.filter(({ServiceID}) => ServiceID !== app);
          all.splice(0, all.length, ...others, ...tasks);
        }),
      );
    const ended = (State: string, seconds: number) => ({
      ID: 'ended',
      ServiceID: app,
      DesiredState: 'shutdown',
      Status: {State, Timestamp: ago(seconds)},
    });
    const [finding, ...others] = find('gossip-task-differs', idle(ended('shutdown', 900)));
    assert.deepEqual([others, finding?.subject, finding?.converging], [[], 'service app', undefined]);
    assert.match(finding?.cause ?? '', /still has tasks of app, and the managers list none/);
    assert.equal(find('gossip-task-differs', idle(ended('shutdown', 60)))[0]?.converging?.secondsLeft, 240);
    assert.deepEqual(find('gossip-task-differs', idle(ended('running', 900))), []);
  });

  it('are not of a service that was removed, once its tasks are gone', () => {
    const removed = derived(node1, (draft) => {
      editAnswers(draft, /^\/services$/, (services: Raw[]) => {
        const kept = services.filter(({ID}) => ID !== app);
        services.splice(0, services.length, ...kept);
      });
      editAnswers(draft, /^\/tasks$/, (tasks: Raw[]) => {
        const kept = tasks.filter(({ServiceID}) => ServiceID !== app);
        tasks.splice(0, tasks.length, ...kept);
      });
    });
    const [finding] = find('gossip-task-differs', removed);
    assert.match(finding?.cause ?? '', /still has the service app, which was removed/);
    const ending = derived(removed, (draft) =>
      editAnswers(
        draft,
        /^\/tasks$/,
        (tasks: Raw[]) => void tasks.push({...tasks[0], ID: 'x', ServiceID: app}),
      ),
    );
    assert.deepEqual(find('gossip-task-differs', ending), []);
  });
});
