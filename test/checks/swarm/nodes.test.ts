import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {
  answerOf,
  derived,
  editAnswers,
  type Raw,
  recordedEvidence,
  sectionOf,
} from '../../support/evidence.js';
import {engineConfig, stopped as engineStopped} from '../../support/row-changes.js';
import {find} from '../support.js';

const [node1, node2] = ['node1', 'node2'].map((name) => recordedEvidence(name)) as [
  HostEvidence,
  HostEvidence,
];
const networks = (draft: HostEvidence): Raw[] => answerOf(draft, '/networks').body as Raw[];

describe('Windows nodes', () => {
  // The encrypted network of the lab has containers on both nodes.
  const told = (host: HostEvidence) =>
    find('windows-node-unlike', host).filter(({network}) => network !== 'secret-net');

  const windows = (change: (draft: HostEvidence) => void = () => {}) =>
    derived(node1, (draft) => {
      editAnswers(draft, /^\/nodes$/, (nodes: Raw[]) => {
        const worker = nodes.find(({Spec}) => Spec.Role === 'worker');
        worker.Description.Platform = {OS: 'windows'};
      });
      change(draft);
    });
  const option = (name: string, value: string) => (draft: HostEvidence) => {
    for (const {body} of draft.docker.answers)
      for (const network of [body].flat() as Raw[])
        if (network?.Name === 'uber-net' && network.Options) network.Options[name] = value;
  };

  it('take part in plain networks', () => {
    assert.equal(find('windows-node-unlike', windows())[0]?.network, 'secret-net');
    assert.deepEqual(told(windows()), []);
    assert.deepEqual(told(derived(node1, option('encrypted', ''))), []);
  });

  it('do not encrypt, and know no mtu and no dsr', () => {
    const [finding, ...others] = told(windows(option('encrypted', '')));
    assert.deepEqual([others, finding?.network, finding?.subject], [[], 'uber-net', 'uber-net on node2']);
    assert.match(
      told(windows(option('com.docker.network.driver.mtu', '1400')))[0]?.cause ?? '',
      /ignore the option, so larger UDP/,
    );
    assert.match(told(windows(option('dsr', '')))[0]?.cause ?? '', /do not see the address of the client/);
  });

  it('use UDP 4789 only', () => {
    const port = (DataPathPort: number) =>
      told(
        windows((draft) =>
          editAnswers(draft, /^\/info$/, (body: Raw) => {
            body.Swarm.Cluster.DataPathPort = DataPathPort;
          }),
        ),
      );
    assert.equal(port(7789)[0]?.subject, 'data-path port 7789');
    assert.deepEqual(port(0), []);
  });
});

describe('a swarm network on a worker', () => {
  const lists = (draft: HostEvidence, Containers: Raw = {}) => {
    const network = {
      ...networks(draft).find(({Name}) => Name === 'uber-net'),
      Id: 'leftnetwork00000000000000',
      Name: 'left',
      Peers: null,
      Options: {},
    };
    networks(draft).push({...network, Containers: {}});
    draft.docker.answers.push({
      path: `/networks/${network.Id}?verbose=true`,
      at: draft.startedAt,
      status: 200,
      body: {...network, Containers, Services: {}},
    });
  };
  const left = derived(node2, (draft) => lists(draft));

  it('without anything attached is left, and more so where the managers have removed it', () => {
    const [alone, ...others] = find('network-left-on-node', left);
    assert.deepEqual([others, alone?.severity, alone?.subject], [[], 'info', 'left']);
    const [gone] = find('network-left-on-node', node1, left);
    assert.match(gone?.cause ?? '', /the managers have removed that network/);
    assert.equal(gone?.severity, 'warning');
    assert.deepEqual(find('network-left-on-node', node1, node2), []);
  });

  it('with something attached, or on a manager, is not', () => {
    const used = derived(node2, (draft) =>
      lists(draft, {'lb-left': {Name: 'left-endpoint', IPv4Address: '10.0.9.2/24'}}),
    );
    assert.deepEqual(find('network-left-on-node', used), []);
    assert.deepEqual(
      find(
        'network-left-on-node',
        derived(node1, (draft) => lists(draft)),
      ),
      [],
    );
  });

  it('is left where the node has left the swarm', () => {
    const outside = derived(left, (draft) =>
      editAnswers(draft, /^\/info$/, (body: Raw) => {
        body.Swarm.LocalNodeState = 'inactive';
      }),
    );
    assert.match(find('network-left-on-node', outside)[0]?.cause ?? '', /although it left the swarm/);
  });
});

describe('counts of addresses', () => {
  const counted = (IPsInUse: number, DynamicIPsAvailable: number, range?: string) =>
    derived(node1, (draft) => {
      for (const {body} of draft.docker.answers)
        for (const network of [body].flat() as Raw[])
          if (network?.Name === 'uber-net' && network.IPAM) {
            network.Status = {IPAM: {Subnets: {'10.0.1.0/24': {IPsInUse, DynamicIPsAvailable}}}};
            if (range !== undefined) network.IPAM.Config[0].IPRange = range;
          }
    });

  it('add up to the subnet', () => {
    assert.deepEqual(find('address-count-odd', counted(12, 244)), []);
    const [finding, ...others] = find('address-count-odd', counted(12, 240));
    assert.deepEqual([others, finding?.severity, finding?.network], [[], 'info', 'uber-net']);
    assert.match(finding?.evidence[0] ?? '', /together 252 of 256/);
    assert.deepEqual(find('address-count-odd', counted(12, 100, '10.0.1.128/25')), []);
    assert.deepEqual(find('address-count-odd', node1), []);
  });
});

describe('a task with a health check', () => {
  const health = (Status: string, seconds: number) =>
    derived(node1, (draft) =>
      editAnswers(draft, /^\/containers\/[0-9a-f]+\/json$/, (body: Raw) => {
        if (body.Config?.Labels?.['com.docker.swarm.service.name'] !== 'app') return;
        body.State.Health = {Status};
        const about = sectionOf(draft, undefined, 'about').output;
        body.State.StartedAt = new Date(
          (Number(/^time=(\d+)$/m.exec(about)?.[1]) - seconds) * 1000,
        ).toISOString();
      }),
    );

  it('gets nothing while it is not healthy', () => {
    const [ill, ...others] = find('task-not-healthy', health('unhealthy', 30));
    assert.deepEqual([others, ill?.severity, /^app\./.test(ill?.subject ?? '')], [[], 'warning', true]);
    assert.equal(find('task-not-healthy', health('starting', 90))[0]?.severity, 'info');
    assert.deepEqual(find('task-not-healthy', health('starting', 20)), []);
    assert.deepEqual(find('task-not-healthy', health('healthy', 90)), []);
    assert.deepEqual(find('task-not-healthy', node1), []);
  });
});

describe('an engine that does not run', () => {
  const stopped = (...config: string[]) => derived(node1, engineStopped(...config));

  it('and has live-restore, or nftables without its feature, refuses the swarm', () => {
    const [live, ...others] = find('engine-refuses-swarm', stopped(engineConfig, 'config.live-restore=true'));
    assert.deepEqual([others, live?.subject], [[], 'live-restore']);
    const nftables = 'config.firewall-backend=nftables';
    assert.equal(
      find('engine-refuses-swarm', stopped(engineConfig, nftables))[0]?.subject,
      'firewall-backend',
    );
    assert.deepEqual(
      find('engine-refuses-swarm', stopped(engineConfig, nftables, 'config.swarm-nftables=true')),
      [],
    );
    assert.deepEqual(find('engine-refuses-swarm', stopped(engineConfig, 'config.live-restore=false')), []);
    assert.deepEqual(find('engine-refuses-swarm', stopped()), []);
  });

  it('and has nftables on a host that does not forward refuses to start', () => {
    const closed = derived(
      stopped(engineConfig, 'config.firewall-backend=nftables', 'config.swarm-nftables=true'),
      (draft) => {
        const proc = sectionOf(draft, '@host', 'proc');
        proc.output = proc.output.replace(
          '/proc/sys/net/ipv4/ip_forward:1',
          '/proc/sys/net/ipv4/ip_forward:0',
        );
      },
    );
    assert.equal(find('engine-refuses-swarm', closed)[0]?.subject, 'ip_forward');
  });
});

describe('DNS options', () => {
  const resolver = (settings: string) =>
    derived(node1, (draft) => {
      const processes = sectionOf(draft, undefined, 'processes');
      const file = String(
        (answerOf(draft, /^\/containers\/[0-9a-f]+\/json$/).body as Raw).NetworkSettings?.SandboxKey,
      );
      const inodes = sectionOf(draft, undefined, 'files').output.split('\n');
      const own = draft.docker.answers
        .filter(({path}) => /^\/containers\/[0-9a-f]+\/json$/.test(path))
        .map(({body}) => body as Raw)
        .find((body) => Object.hasOwn(body.NetworkSettings?.Networks ?? {}, 'uber-net'));
      const sandbox =
        String(own.NetworkSettings.SandboxKey ?? file)
          .split('/')
          .at(-1) ?? '';
      const inode = inodes.find((line) => line.endsWith(`/${sandbox}`))?.split(' ')[1];
      const pid = processes.output
        .split('\n')
        .find((line) => line.endsWith(`=${inode}`))
        ?.split('=')[0];
      processes.output += `resolver.${pid}=${settings}\n`;
    });

  it('with ndots keep names of one word from other servers', () => {
    const [finding, ...others] = find('dns-ndots', resolver('nameserver 127.0.0.11; options ndots:2 edns0'));
    assert.deepEqual([others, finding?.severity, finding?.host], [[], 'info', 'node1']);
    assert.match(finding?.evidence[0] ?? '', /options ndots:2/);
    assert.deepEqual(find('dns-ndots', resolver('nameserver 127.0.0.11; options ndots:0')), []);
    assert.deepEqual(find('dns-ndots', resolver('nameserver 8.8.8.8; options ndots:2')), []);
  });
});
