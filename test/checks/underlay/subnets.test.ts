import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {derived, editAnswers, editTable, type Raw, recordedEvidence} from '../../support/evidence.js';
import {codesOf, examine, find} from '../support.js';

const route = (dst: string) => ({
  type: 'unicast',
  dst,
  gateway: '172.31.1.1',
  dev: 'eth0',
  table: 'main',
  protocol: 'static',
  scope: 'global',
  flags: [],
});
const withRoute = (dst: string) =>
  derived(recordedEvidence('node1'), (draft) =>
    editTable(draft, '@host', 'route', (rows) => [...rows, route(dst)]),
  );

describe('subnets', () => {
  it("finds an overlay that has the other node's addresses", () => {
    const [one, ...more] = find('subnet-overlap', recordedEvidence('doctor/subnet-overlap/node1'));
    assert.deepEqual(more, []);
    assert.deepEqual([one?.network, one?.subject, one?.severity], ['lan-net', '192.168.1.0/24', 'warning']);
    assert.match(one?.evidence.join('\n') ?? '', /node1: the VTEP of another node: 192\.168\.1\.5/);
  });

  it('takes a route into the subnet for a clash, and one around it for a hint', () => {
    const into = find('subnet-overlap', withRoute('10.0.1.128/25'));
    assert.deepEqual(
      into.map(({network, severity}) => [network, severity]),
      [['uber-net', 'warning']],
    );
    assert.match(into[0]?.evidence.join('\n') ?? '', /node1: 10\.0\.1\.128\/25 via 172\.31\.1\.1 dev eth0/);
    const around = find('subnet-overlap', withRoute('10.50.0.0/16'));
    assert.deepEqual(
      around.map(({network, subject, severity}) => [network, subject, severity]),
      [
        ['two-nets', '10.50.1.0/24', 'info'],
        ['two-nets', '10.50.2.0/24', 'info'],
      ],
    );
    assert.deepEqual(find('subnet-overlap', withRoute('10.51.0.0/16')), []);
  });

  it('knows addresses of interfaces, bridges, name servers, and what they are not', () => {
    const on = (change: (draft: HostEvidence) => void) =>
      find('subnet-overlap', derived(recordedEvidence('node1'), change)).map(
        ({network, severity, evidence}) => [network, severity, evidence.at(-1)],
      );
    const servers = (text: string) => (draft: HostEvidence) =>
      void draft.sections.push({
        name: 'resolvers',
        command: 'grep',
        at: draft.startedAt,
        status: 0,
        output: text,
      });
    assert.deepEqual(on(servers('nameserver 10.0.1.53\nnameserver 9.9.9.9\n')), [
      ['uber-net', 'warning', 'node1: a name server of the host: 10.0.1.53'],
    ]);
    assert.deepEqual(on(servers('nameserver 127.0.0.53\n')), []);
    const bridge = on((draft) =>
      editAnswers(draft, /^\/networks/, (body) => {
        for (const network of [body].flat())
          if (network.Name === 'docker_gwbridge')
            network.IPAM.Config = [{Subnet: '10.0.0.0/16', Gateway: '10.0.0.1'}];
      }),
    );
    assert.deepEqual(bridge.map(([network]) => network).sort(), [
      'ingress',
      'quiet-net',
      'secret-net',
      'uber-net',
    ]);
  });

  it('takes a bridge network for a clash only where a container is on both', () => {
    const bridged = (attached: boolean) =>
      derived(recordedEvidence('node1'), (draft) => {
        const id = 'b'.repeat(64);
        editAnswers(draft, /^\/networks$/, (body: Raw[]) => {
          const any = body.find(({Name}) => Name === 'docker_gwbridge');
          const IPAM = {...any.IPAM, Config: [{Subnet: '10.0.1.0/24', Gateway: '10.0.1.1'}]};
          body.push({...any, Id: id, Name: 'compose_default', Options: {}, IPAM});
        });
        if (!attached) return;
        editAnswers(draft, /^\/containers\/[0-9a-f]+\/json/, (body) => {
          const networks = body.NetworkSettings.Networks;
          if (networks['uber-net']) networks['compose_default'] = {...networks['uber-net'], NetworkID: id};
        });
      });
    const severities = (attached: boolean) =>
      find('subnet-overlap', bridged(attached)).map(({network, severity}) => [network, severity]);
    assert.deepEqual(severities(false), [['uber-net', 'info']]);
    assert.deepEqual(severities(true), [['uber-net', 'warning']]);
  });

  it('tells one subnet once for all hosts', () => {
    const second = derived(withRoute('10.0.1.128/25'), (draft) => {
      const about = draft.sections.find(({name}) => name === 'about');
      if (about)
        about.output = about.output
          .replace('hostname=node1', 'hostname=other')
          .replace(/bootId=.*/, 'bootId=2');
    });
    const [one, ...more] = find('subnet-overlap', withRoute('10.0.1.128/25'), second);
    assert.deepEqual(more, []);
    assert.deepEqual([one?.host, one?.basis], [null, 'several-hosts']);
  });

  it('says that a subnet is public, once', () => {
    const recorded = recordedEvidence('doctor/subnet-public/node1');
    assert.deepEqual(
      find('subnet-public', recorded, recordedEvidence('node2')).map(({network, subject, severity}) => [
        network,
        subject,
        severity,
      ]),
      [['public-net', '11.22.33.0/24', 'info']],
    );
    const at = (subnet: string) =>
      codesOf(
        examine(
          derived(recorded, (draft) =>
            editAnswers(draft, /^\/networks/, (body) => {
              for (const network of [body].flat())
                if (network.Name === 'public-net') network.IPAM.Config = [{Subnet: subnet}];
            }),
          ),
        ).findings,
        /^subnet-public$/,
      ).length;
    assert.deepEqual(
      ['172.31.0.0/24', '172.32.0.0/24', '100.64.9.0/24', '192.0.0.0/8', '2001:db8::/64'].map(at),
      [0, 1, 0, 1, 0],
    );
  });
});
