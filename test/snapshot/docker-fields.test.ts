import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import fc from 'fast-check';
import {agreedVersion} from '../../src/collect/engine-contact.js';
import {keepListed} from '../../src/snapshot/docker-fields.js';

const id = 'a'.repeat(64);
const paths = [
  '/version',
  '/info',
  '/networks',
  `/networks/${id}`,
  `/networks/${id}?verbose=true`,
  '/containers/json?all=true',
  `/containers/${id}/json`,
  '/nodes',
  '/services',
  '/tasks',
  '/tasks?filters=%7B%7D',
];

describe('keepListed', () => {
  it('keeps no environment, command, mount or foreign label', () => {
    const secret = 'hunter2';
    const container = {
      Id: id,
      Name: '/web',
      Path: secret,
      Args: [secret],
      State: {Status: 'running', Pid: 7, Error: secret, Health: {Status: 'healthy', Log: [{Output: secret}]}},
      Config: {
        Hostname: 'h',
        Env: [`PASSWORD=${secret}`],
        Cmd: [secret],
        Entrypoint: [secret],
        Healthcheck: {Test: [secret]},
        Labels: {'com.docker.swarm.task.id': 't', 'traefik.basicauth': secret, [secret]: 'x'},
      },
      HostConfig: {NetworkMode: 'n', Binds: [secret], LogConfig: {Config: {token: secret}}},
      Mounts: [{Source: secret}],
      NetworkSettings: {
        SandboxKey: '/k',
        Networks: {n: {NetworkID: 'i', DriverOpts: {key: secret}, IPAMConfig: {x: secret}}},
      },
    };
    const kept = keepListed(`/containers/${id}/json`, 200, container);
    assert.doesNotMatch(JSON.stringify(kept), /hunter2/);
    assert.deepEqual(JSON.parse(JSON.stringify(kept)), {
      Id: id,
      Name: '/web',
      State: {Status: 'running', Pid: 7, Health: {Status: 'healthy'}},
      Config: {Hostname: 'h', Labels: {'com.docker.swarm.task.id': 't'}},
      HostConfig: {NetworkMode: 'n'},
      NetworkSettings: {SandboxKey: '/k', Networks: {n: {NetworkID: 'i'}}},
    });
    const service = {
      ID: 's',
      Spec: {Name: 'x', TaskTemplate: {ContainerSpec: {Env: [secret], Secrets: [secret]}}},
    };
    const task = {ID: 't', Spec: {Runtime: 'x', ContainerSpec: {Args: [secret]}}, GenericResources: [secret]};
    const node = {ID: 'n', Spec: {Labels: {[secret]: secret}}, Description: {TLSInfo: {TrustRoot: secret}}};
    const info = {
      ID: 'i',
      HttpProxy: `http://u:${secret}@p`,
      Labels: [secret],
      Swarm: {Cluster: {ID: 'c', Spec: {CAConfig: {SigningCAKey: secret}}, JoinTokens: secret}},
    };
    const kinds: [string, unknown][] = [
      ['/services', [service]],
      ['/tasks', [task]],
      ['/nodes', [node]],
      ['/info', info],
      [
        '/networks',
        [
          {
            Name: 'n',
            Options: {'com.docker.network.driver.mtu': '1', token: secret},
            Labels: {token: secret},
          },
        ],
      ],
    ];
    for (const [path, body] of kinds) {
      const text = JSON.stringify(keepListed(path, 200, body));
      assert.doesNotMatch(text, /hunter2/, path);
      assert.ok(text.length > 10, path);
    }
  });

  it('keeps nothing of paths that are not listed, and only the message of errors', () => {
    for (const path of [
      '/secrets',
      '/configs',
      '/swarm',
      '/events',
      '/versions',
      `/containers/${id}/logs`,
      '/info/x',
    ])
      assert.equal(keepListed(path, 200, {Name: 'x', ID: 'y', Spec: 'z'}), undefined, path);
    assert.deepEqual(
      {...(keepListed('/nodes', 503, {message: 'no manager', Env: 'x'}) as object)},
      {message: 'no manager'},
    );
    assert.equal(keepListed('/nodes', 500, 'plain'), undefined);
  });

  it('can not be made to touch prototypes', () => {
    const evil = JSON.parse(
      `{"Name": "n", "__proto__": {"polluted": 1}, "Containers": {"__proto__": {"Name": "p"}, "constructor": {"Name": "c"}, "${id}": {"Name": "ok"}}}`,
    ) as unknown;
    const kept = keepListed(`/networks/${id}`, 200, evil) as {Containers: Record<string, unknown>};
    assert.equal(({} as {polluted?: unknown}).polluted, undefined);
    assert.equal((kept as {polluted?: unknown}).polluted, undefined);
    assert.equal(Object.getPrototypeOf(kept.Containers), Object.prototype);
    assert.deepEqual(Object.keys(kept.Containers), ['__proto__', 'constructor', id]);
    const again = JSON.stringify(kept);
    assert.deepEqual(JSON.parse(again), JSON.parse(JSON.stringify(JSON.parse(again))));
  });

  it('takes any JSON of any path and status', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...paths, '/x'),
        fc.constantFrom(200, 404, 500),
        fc.json(),
        (path, status, json) => {
          const kept = keepListed(path, status, JSON.parse(json));
          if (kept !== undefined) JSON.stringify(kept);
        },
      ),
      {numRuns: 500},
    );
  });

  it('takes deep nesting without a fault', () => {
    const deep = JSON.parse(`${'{"Name":'.repeat(3000)}1${'}'.repeat(3000)}`) as unknown;
    for (const path of paths) keepListed(path, 200, deep);
  });
});

describe('agreedVersion', () => {
  it('is the lower of ours and the newest of each engine', () => {
    // Engine → the newest API it speaks, from Docker's API changelog; ours is 1.52.
    const engines: Record<string, [newest: string, agreed: string]> = {
      '17.06': ['1.30', '1.30'],
      '18.09': ['1.39', '1.39'],
      '19.03': ['1.40', '1.40'],
      '20.10': ['1.41', '1.41'],
      '23.0': ['1.42', '1.42'],
      '24.0': ['1.43', '1.43'],
      '25.0': ['1.44', '1.44'],
      '26.0': ['1.45', '1.45'],
      '27.0': ['1.46', '1.46'],
      '27.5': ['1.47', '1.47'],
      '28.0': ['1.48', '1.48'],
      '28.5': ['1.51', '1.51'],
      '29.0': ['1.52', '1.52'],
      '29.2': ['1.53', '1.52'],
      '29.7': ['1.55', '1.52'],
      later: ['2.0', '1.52'],
    };
    for (const [engine, [newest, agreed]] of Object.entries(engines))
      assert.equal(agreedVersion(newest), agreed, engine);
  });

  it('is none where the engine tells none that could be a version', () => {
    for (const text of [undefined, '', '1', '1.', 'v1.41', '1.41\r\nX: y', '1.4141', '../../x', '1.41/../..'])
      assert.equal(agreedVersion(text), undefined, String(text));
  });
});
