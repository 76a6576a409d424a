import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {foldFindings} from '../../../src/findings/fold.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {answerOf, derived, editAnswers, later, type Raw, recordedEvidence} from '../../support/evidence.js';
import {examine, find} from '../support.js';

const [node1, node2] = ['node1', 'node2'].map((name) => recordedEvidence(name)) as [
  HostEvidence,
  HostEvidence,
];

/** A moment so many seconds before the reading. */
const ago = (seconds: number) => new Date(Date.parse(node1.startedAt) - seconds * 1000).toISOString();

const networks = (draft: HostEvidence): Raw[] => answerOf(draft, '/networks').body as Raw[];
const uber = networks(node1).find(({Name}) => Name === 'uber-net');
const attachmentsPath = node1.docker.answers.find(({path}) => path.startsWith('/tasks?'))?.path ?? '';

const withNetwork = (network: Raw) =>
  derived(node1, (draft) => void networks(draft).push({Scope: 'swarm', Driver: '', IPAM: {}, ...network}));
const withTasks = (...more: Raw[]) =>
  derived(node1, (draft) => editAnswers(draft, /^\/tasks$/, (tasks: Raw[]) => void tasks.push(...more)));
const withServices = (...more: Raw[]) =>
  derived(node1, (draft) =>
    editAnswers(draft, /^\/services$/, (services: Raw[]) => void services.push(...more)),
  );

const task = (id: string, state: string, more: Raw = {}): Raw => ({
  ID: id.padEnd(25, '0'),
  ServiceID: 'newservice',
  Slot: 1,
  NodeID: answerOf(node1, '/nodes').body ? (answerOf(node1, '/nodes').body as Raw[])[0].ID : undefined,
  DesiredState: 'running',
  Spec: {},
  ...more,
  Status: {State: state, Timestamp: ago(120), ...more.Status},
});
const service = (name: string, endpoint: Raw = {}): Raw => ({
  ID: `id-${name}`,
  Spec: {Name: name},
  Endpoint: endpoint,
});
const port = (published: number, mode = 'ingress', protocol = 'tcp') => ({
  Protocol: protocol,
  TargetPort: 80,
  PublishedPort: published,
  PublishMode: mode,
});

describe('a network of the swarm', () => {
  it('without a driver after more than 30 seconds is not allocated', () => {
    const [finding, ...others] = find(
      'network-not-allocated',
      withNetwork({Name: 'lost', Id: 'lostid', Created: ago(120)}),
    );
    assert.deepEqual(others, []);
    assert.equal(finding?.network, 'lost');
    assert.match(finding?.cause ?? '', /lost since it was created 2 minutes ago/);
    const [young] = find('network-not-allocated', withNetwork({Name: 'new', Id: 'newid', Created: ago(20)}));
    assert.deepEqual([young?.severity, young?.converging], ['info', {secondsLeft: 10, ceilingSeconds: 30}]);
    assert.deepEqual([finding?.severity, finding?.converging], ['error', undefined]);
    assert.deepEqual(find('network-not-allocated', node1), []);
  });

  it('is reported once by any number of managers', () => {
    const lost = withNetwork({Name: 'lost', Id: 'lostid', Created: ago(120)});
    const other = derived(lost, (draft) => {
      const about = draft.sections.find(({name}) => name === 'about');
      if (about) about.output = about.output.replace(/^bootId=.*$/m, 'bootId=another');
    });
    assert.equal(find('network-not-allocated', lost, other).length, 1);
  });

  it('with the VNI of another one is told with both', () => {
    const twin = {...uber, Id: 'twinid', Name: 'twin'};
    const [finding, ...others] = find('vni-shared', withNetwork(twin));
    assert.deepEqual(others, []);
    assert.match(finding?.cause ?? '', /uber-net and twin have the same VNI 4097|twin and uber-net/);
    const own = {...twin, Options: {'com.docker.network.driver.overlay.vxlanid_list': '5000'}};
    assert.deepEqual(find('vni-shared', withNetwork(own)), []);
  });

  it('for ingress is there once where services publish ports', () => {
    const none = derived(node1, (draft) => {
      for (const network of networks(draft)) network.Ingress = false;
      for (const answer of draft.docker.answers)
        if (/^\/networks\/[^?]+\?verbose/.test(answer.path)) (answer.body as Raw).Ingress = false;
    });
    assert.match(
      find('ingress-network-odd', none)[0]?.cause ?? '',
      /no ingress network: the published ports of site/,
    );
    const two = withNetwork({...uber, Id: 'second', Name: 'second', Ingress: true, Options: {}});
    assert.match(find('ingress-network-odd', two)[0]?.cause ?? '', /2 ingress networks/);
    assert.deepEqual(find('ingress-network-odd', node1), []);
    const old = withNetwork({...uber, Id: 'old', Name: 'old', Labels: {'com.docker.swarm.internal': 'true'}});
    assert.match(
      find('ingress-network-odd', old)[0]?.cause ?? '',
      /old is an ingress network of the old form/,
    );
  });

  it('whose name a local network has as well', () => {
    const local = (used: Raw) =>
      derived(node2, (draft) => {
        const network = {Name: 'uber-net', Id: 'f'.repeat(64), Scope: 'local', Driver: 'bridge', IPAM: {}};
        networks(draft).push(network);
        draft.docker.answers.push({
          path: `/networks/${network.Id}`,
          status: 200,
          body: {...network, Containers: used},
        } as Raw);
      });
    const [finding, ...others] = find('network-name-twice', node1, local({}));
    assert.deepEqual(others, []);
    assert.deepEqual([finding?.host, finding?.subject], ['node2', 'uber-net']);
    assert.deepEqual(finding?.fix.by === 'commands' && finding.fix.commands, [
      `docker network rm ${'f'.repeat(64)}`,
    ]);
    // Once a node has refused a task for it, it is as bad as that, which is folded under it.
    const nodes = answerOf(node1, '/nodes').body as Raw[];
    const hidden = task('hidden', 'rejected', {
      NodeID: nodes.find(({Description}) => Description.Hostname === 'node2')?.ID,
      DesiredState: 'shutdown',
      Status: {
        State: 'rejected',
        Timestamp: ago(60),
        Err: 'could not find network: network uber-net not found',
      },
      NetworksAttachments: [{Network: {ID: uber.Id}, Addresses: []}],
    });
    const shown = foldFindings(examine(withTasks(hidden), local({})).findings);
    const [root] = shown.filter(({code}) => code === 'network-name-twice');
    assert.deepEqual(
      [root?.severity, root?.folded.map(({finding: {code}}) => code)],
      ['error', ['task-rejected']],
    );
    const [used] = find('network-name-twice', node1, local({abc: {Name: 'c'}}));
    assert.equal(used?.fix.by, 'unknown');
    assert.deepEqual(find('network-name-twice', node1, node2), []);
  });
});

describe('a task', () => {
  it('that is new for more than 30 seconds is stuck, with the reason that the lists give', () => {
    const stuck = (more: Raw, ...others: Raw[]) =>
      find('task-stuck', withTasks(task('stuck', 'new', more), ...others));
    assert.match(stuck({})[0]?.cause ?? '', /1 task of service newservice waits in state new for 2 minutes/);
    const [young] = stuck({Status: {State: 'new', Timestamp: ago(10)}});
    assert.deepEqual([young?.severity, young?.converging?.secondsLeft], ['info', 20]);
    assert.deepEqual(stuck({DesiredState: 'shutdown'}), []);
    const addressless = stuck({NetworksAttachments: [{Network: {ID: uber.Id}, Addresses: []}]});
    assert.match(addressless[0]?.cause ?? '', /no address on uber-net: its pool is full/);
    assert.equal(addressless[0]?.network, 'uber-net');
    const both = stuck({}, task('stuck2', 'new', {Slot: 2}));
    assert.deepEqual([both.length, /^2 tasks of/.test(both[0]?.cause ?? '')], [1, true]);
  });

  it('whose service publishes a port that does not exist is stuck by that', () => {
    const high = derived(withTasks(task('stuck', 'new', {ServiceID: 'id-high'})), (draft) =>
      editAnswers(
        draft,
        /^\/services$/,
        (services: Raw[]) => void services.push(service('high', {Ports: [port(70_000)]})),
      ),
    );
    assert.match(find('task-stuck', high)[0]?.cause ?? '', /service high .*port 70000 does not exist/);
  });

  it('that is pending is stuck by networks only where a host port is taken', () => {
    const pending = (Err: string) =>
      find(
        'task-stuck',
        withTasks(task('wait', 'pending', {Status: {State: 'pending', Timestamp: ago(60), Err}})),
      );
    assert.match(
      pending('no suitable node (host-mode port already in use on 2 nodes)')[0]?.fix.by ?? '',
      /others/,
    );
    assert.deepEqual(pending('no suitable node (insufficient resources on 2 nodes)'), []);
  });

  it('is folded under the network that was not allocated', () => {
    const lost = derived(withNetwork({Name: 'lost', Id: 'lostid', Created: ago(120)}), (draft) =>
      editAnswers(
        draft,
        /^\/tasks$/,
        (tasks: Raw[]) =>
          void tasks.push(
            task('stuck', 'new', {NetworksAttachments: [{Network: {ID: 'lostid'}, Addresses: []}]}),
          ),
      ),
    );
    const findings = foldFindings(examine(lost).findings);
    const shown = findings.filter(({code}) => code === 'network-not-allocated' || code === 'task-stuck');
    assert.deepEqual(
      shown.map(({code}) => code),
      ['network-not-allocated'],
    );
    assert.deepEqual(
      shown[0]?.folded.map(({finding}) => finding.code),
      ['task-stuck'],
    );
  });

  it('that a node rejects for its network, until it runs', () => {
    const refused = task('refused', 'rejected', {
      DesiredState: 'shutdown',
      Status: {State: 'rejected', Timestamp: ago(60), Err: 'could not find network: network abc not found'},
    });
    const [finding, ...others] = find('task-rejected', withTasks(refused));
    assert.deepEqual(others, []);
    assert.equal(finding?.subject, 'service newservice on node1');
    assert.match(finding?.cause ?? '', /a local network of the same name/);
    assert.deepEqual(find('task-rejected', withTasks(refused, task('again', 'running'))), []);
    const host = {
      ...refused,
      Status: {
        ...refused.Status,
        Err: 'container cannot be disconnected from host network or connected to host network',
      },
    };
    assert.match(
      find('task-rejected', withTasks(host))[0]?.cause ?? '',
      /on the host network and on another one/,
    );
    const mtu = {
      ...refused,
      Status: {
        ...refused.Status,
        Err: 'failed to parse 1450k: strconv.Atoi: parsing "1450k": invalid syntax',
      },
    };
    assert.match(
      find('task-rejected', withTasks(mtu))[0]?.cause ?? '',
      /the mtu option .* is not a usable number/,
    );
    const other = {...refused, Status: {...refused.Status, Err: 'No such image: app:2'}};
    assert.deepEqual(find('task-rejected', withTasks(other)), []);
  });
});

describe('what is given to services', () => {
  it('is a published port of its own, but for host mode on different nodes', () => {
    const twice = (mode: string, protocol = 'tcp') =>
      find('published-port-twice', withServices(service('second', {Ports: [port(8080, mode, protocol)]})));
    assert.match(
      twice('ingress')[0]?.cause ?? '',
      /^(site and second|second and site) publish the same port 8080\/tcp/,
    );
    assert.equal(twice('host').length, 1);
    assert.deepEqual(twice('ingress', 'udp'), []);
    const hosts = withServices(
      service('a', {Ports: [port(9, 'host')]}),
      service('b', {Ports: [port(9, 'host')]}),
    );
    assert.deepEqual(find('published-port-twice', hosts), []);
  });

  it('is a VIP inside the network that nobody else has', () => {
    const vip = (address: string) =>
      find(
        'vip-odd',
        withServices(service('odd', {VirtualIPs: [{NetworkID: uber.Id, Addr: `${address}/24`}]})),
      );
    assert.match(vip('10.9.9.9')[0]?.cause ?? '', /outside the subnets/);
    assert.match(vip('10.0.1.1')[0]?.cause ?? '', /the gateway of the network/);
    assert.match(vip('10.0.1.4')[0]?.cause ?? '', /also the address of task m62oyv4op3a5/);
    const taken = vip('10.0.1.5').map(({cause}) => cause);
    assert.equal(taken.length, 2);
    assert.match(taken.join('\n'), /also the VIP of site/);
    assert.deepEqual(vip('10.0.1.200'), []);
  });

  it("stays the same VIP, else 'vip-changed'", () => {
    const again = (address: string) =>
      later(node1, 10, (draft) =>
        editAnswers(draft, /^\/services$/, (services: Raw[]) => {
          const {Endpoint} = services.find(({Spec}) => Spec.Name === 'app');
          Endpoint.VirtualIPs = [{NetworkID: uber.Id, Addr: `${address}/24`}];
        }),
      );
    assert.deepEqual(find('vip-changed', node1, again('10.0.1.2')), []);
    const [finding, ...others] = find('vip-changed', node1, again('10.0.1.77'));
    assert.deepEqual(
      [others, finding?.severity, finding?.network, finding?.subject, finding?.basis],
      [[], 'warning', 'uber-net', 'app', 'sample'],
    );
    assert.match(finding?.cause ?? '', /from 10\.0\.1\.2 to 10\.0\.1\.77/);
    const unread = examine(node2, later(node2, 10)).notChecked.filter(
      ({checkName}) => checkName === 'vip-changes',
    );
    assert.match(unread[0]?.reason ?? '', /no manager was read/);
  });

  it('is an address inside the range of the network', () => {
    const ranged = (range: string) =>
      derived(node1, (draft) => {
        const all = [...networks(draft), ...draft.docker.answers.map(({body}) => body as Raw)];
        for (const network of all) if (network?.Id === uber.Id) network.IPAM.Config[0].IPRange = range;
      });
    const [finding] = find('address-outside-range', ranged('10.0.1.128/25'));
    assert.equal(finding?.network, 'uber-net');
    assert.deepEqual(find('address-outside-range', ranged('10.0.1.0/25')), []);
  });
});

describe('an attachment', () => {
  it('of a container that does not run on its node is left', () => {
    const gone = (seconds: number) =>
      derived(node1, (draft) =>
        editAnswers(
          draft,
          new RegExp(`^${attachmentsPath.replaceAll(/[?%.]/g, '\\$&')}$`),
          (tasks: Raw[]) => {
            const [first] = tasks;
            first.Status = {
              State: 'running',
              Timestamp: ago(seconds),
              ContainerStatus: {ContainerID: 'e'.repeat(64)},
            };
            first.DesiredState = 'running';
          },
        ),
      );
    const [finding, ...others] = find('attachment-left', gone(300), node2);
    assert.deepEqual(others, []);
    assert.match(finding?.cause ?? '', /keep 10\.\S+ of \S+ for a container that does not run on node[12]/);
    assert.deepEqual(find('attachment-left', gone(-30), node2), []);
    assert.deepEqual(find('attachment-left', node1, node2), []);
  });
});
