import assert from 'node:assert/strict';
import {before, describe, it} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Examination} from '../../src/checks/run.js';
import {collect} from '../../src/collect/collect.js';
import {parseHost} from '../../src/collect/transport.js';
import {everything} from '../../src/collect/wanted.js';
import type {Finding} from '../../src/findings/finding.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {examineAll} from '../lab/doctor-run.js';
import {expectedHere} from '../lab/full/kernel-has.js';
import {image} from '../lab/image.js';
import type {Lab} from '../lab/lab.js';
import {lastingPrefix, restartEngine} from '../lab/restart.js';
import {labSuite, useLab} from '../lab/use.js';
import {until} from '../lab/wait.js';

/** As long as `doctor` waits before it believes a finding. */
const secondLookMs = 3200;

/** Looks do not follow each other so closely that they are most of the machine's work. */
const betweenLooksMs = 1500;

/** What is young enough to settle by itself is no alarm. */
function unexpected(findings: Finding[]): Finding[] {
  const expected = expectedHere();
  return findings.filter(({code, converging}) => converging === undefined && !expected.has(code));
}

describe('doctor is quiet on a healthy swarm', labSuite(), () => {
  const standing = useLab();
  let lab: Lab;
  let prefixes: string[];
  before(async () => {
    lab = standing();
    prefixes = await Promise.all(lab.nodes.map(async ({name}) => (await lastingPrefix(lab, name)).join(' ')));
  });
  const manager = (...args: string[]) => lab.node('node1').docker(args);

  const read = (listenSeconds?: number): Promise<HostEvidence[]> => {
    const {signal} = new AbortController();
    const wanted = listenSeconds === undefined ? everything : {...everything, listenSeconds};
    return Promise.all(prefixes.map((prefix) => collect(parseHost(`exec:${prefix}`), wanted, {signal})));
  };

  /** What `doctor` would report, by one look or, where that finds anything, by two. */
  async function look(): Promise<string[]> {
    const first = await read();
    if (unexpected(examineAll(first).findings).length === 0) return [];
    await sleep(secondLookMs);
    return told(examineAll(first, await read()));
  }

  const told = (examination: Examination) =>
    unexpected(examination.findings).map(
      ({code, severity, host, network, subject, cause, evidence}) =>
        `${severity} ${code} ${network ?? '-'} on ${host ?? '-'}: ${subject}: ${cause} [${evidence.join(' | ')}]`,
    );

  /** Looks again and again while something is done, and for some time after. */
  async function during(
    what: string,
    action: () => Promise<unknown>,
    isTrue: (report: string) => boolean = () => false,
  ): Promise<void> {
    const reports: string[] = [];
    let isOver = false;
    let looks = 0;
    const start = Date.now();
    const acting = action().finally(() => {
      isOver = true;
    });
    // Its failure is thrown below.
    acting.catch(() => undefined);
    for (let after = 0; after < 2; looks++) {
      if (isOver) after++;
      const seconds = ((Date.now() - start) / 1000).toFixed(0);
      for (const report of await look()) if (!isTrue(report)) reports.push(`${seconds} s: ${report}`);
      await sleep(betweenLooksMs);
    }
    await acting;
    console.log(
      `${what}: ${looks} looks in ${((Date.now() - start) / 1000).toFixed(0)} s, ${reports.length} reports`,
    );
    assert.deepEqual(reports, [], what);
  }

  const replicas = (service: string, count: number) =>
    until({what: `${count} of ${service}`}, async () => {
      const {stdout} = await manager(
        'service',
        'ls',
        '--filter',
        `name=${service}`,
        '--format',
        '{{.Replicas}}',
      );
      return stdout.startsWith(`${count}/${count}`) ? true : undefined;
    });
  /** Swarm has done what it was asked: no task is on its way to another state. */
  const settled = (service: string) =>
    until({what: `${service} to settle`}, async () => {
      const {stdout} = await manager(
        'service',
        'ps',
        service,
        '--format',
        '{{.DesiredState}} {{.CurrentState}}',
      );
      const running = stdout.split('\n').filter((line) => line.startsWith('Running'));
      return running.length > 0 && running.every((line) => line.startsWith('Running Running'))
        ? true
        : undefined;
    });

  const deployment = () =>
    lab.node('node1').ask<{UpdateStatus?: {State: string; StartedAt: string}}>('/services/app');

  it('at rest, over a sample with broadcast, multicast and pings', async () => {
    const before = await read();
    let isOver = false;
    const reading = read(3).finally(() => {
      isOver = true;
    });
    const noise = async () => {
      while (!isOver) {
        for (const address of ['10.0.1.255', '224.0.0.251', 'web2', 'app'])
          await lab
            .node('node1')
            .exec('web1', ['ping', '-q', '-c', '3', '-W', '1', address], {reject: false});
        // By the VIP, and from outside by the published port, where the kernel has what they need.
        const call = "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 1 app 80";
        await lab.node('node1').exec('web1', ['sh', '-c', call], {reject: false});
        const outside = ['curl', '-s', '-m', '1', `http://${lab.node('node1').address}:8080/`];
        await lab.router.run(outside, {reject: false});
      }
    };
    const [after] = await Promise.all([reading, noise()]);
    assert.deepEqual(told(examineAll(before, after)), []);
  });

  it('while a service is scaled up and down', async () => {
    await manager('service', 'update', '-d', '--replicas-max-per-node', '4', 'app');
    await during('scaling', async () => {
      await manager('service', 'scale', '-d', 'app=6');
      await replicas('app', 6);
      await manager('service', 'scale', '-d', 'app=2');
      await replicas('app', 2);
      await settled('app');
    });
    await manager('service', 'update', '-d', '--replicas-max-per-node', '1', 'app');
    await settled('app');
  });

  it('while a service is deployed again', () =>
    during('deploying again', async () => {
      const begun = async () => (await deployment()).UpdateStatus;
      const before = await begun();
      await manager('service', 'update', '-d', '--force', 'app');
      await until({what: 'the new tasks'}, async () => {
        const now = await begun();
        return now?.State === 'completed' && now.StartedAt !== before?.StartedAt ? true : undefined;
      });
      await settled('app');
    }));

  it('while a node is drained, and takes work again', () =>
    during('draining', async () => {
      await manager('node', 'update', '--availability', 'drain', 'node2');
      const label = encodeURIComponent('{"label":["com.docker.swarm.service.name"]}');
      await until({what: 'node2 to be empty'}, async () =>
        (await lab.node('node2').ask<object[]>(`/containers/json?filters=${label}`)).length === 0
          ? true
          : undefined,
      );
      await manager('node', 'update', '--availability', 'active', 'node2');
      await replicas('app', 2);
      await replicas('site', 1);
    }));

  it('while a network is made, used, removed and made again', () =>
    during('a network', async () => {
      for (let turn = 0; turn < 2; turn++) {
        // A network that was just removed is still there for a moment.
        await until({what: 'again-net'}, async () => {
          await manager('network', 'create', '-d', 'overlay', '--attachable', 'again-net');
          return true;
        });
        const runs = lab.nodes.map(({name, docker}) =>
          docker([
            'run',
            '-d',
            '--network',
            'again-net',
            '--name',
            `again-${name}`,
            image,
            '/bin/sleep',
            '600',
          ]),
        );
        await Promise.all(runs);
        await lab.node('node1').exec('again-node1', ['ping', '-c', '3', 'again-node2'], {reject: false});
        await Promise.all(lab.nodes.map(({name, docker}) => docker(['rm', '-f', `again-${name}`])));
        await until({what: 'the end of again-net'}, async () => {
          await manager('network', 'rm', 'again-net');
          return true;
        });
      }
    }));

  it('while the engine of a node is restarted', () =>
    during(
      'restarting an engine',
      async () => {
        lab = await restartEngine(lab, 'node2');
        await replicas('app', 2);
        await replicas('site', 1);
      },
      // The manager may call the node down for a while, and that is what it then says.
      (report) => report.startsWith('warning node-down') || report.startsWith('error node-down'),
    ));
});
