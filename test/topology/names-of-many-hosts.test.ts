import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {linkGroups} from '../../src/answers/link-rows.js';
import {packetNames} from '../../src/answers/packet-names.js';
import {selectGroups} from '../../src/answers/select-groups.js';
import type {OvdiagError} from '../../src/base/errors.js';
import {sortReadings} from '../../src/hosts/readings.js';
import {findContainer, findNetwork} from '../../src/topology/names.js';
import {dockerAnswers, dockerContainer, madeModel} from '../support/evidence.js';

const code = (call: () => unknown): [string, number] => {
  try {
    call();
  } catch (error) {
    return [(error as OvdiagError).code, (error as OvdiagError).exit];
  }
  throw new Error('nothing was refused');
};

describe('a name that the answering hosts do not know', () => {
  const told = madeModel({docker: dockerAnswers([dockerContainer('web1')])});
  const silent = madeModel({hostname: 'host2', hostInode: 4001, dockerFailure: 'it hangs'});

  it('may be known to the host whose engine is silent', () => {
    for (const call of [
      () => findContainer([told, silent], 'web2'),
      () => findNetwork([told, silent], 'net'),
      () => selectGroups([told, silent], linkGroups([told, silent]), 'web2'),
    ])
      assert.deepEqual(code(call), ['docker-unread', 3]);
    assert.deepEqual(
      code(() => findContainer([told, silent], 'web2@host1')),
      ['unknown-container', 2],
    );
    assert.equal(findContainer([told, silent], 'web1').host.name, 'host1');
  });
});

describe('readings of hosts', () => {
  const second = (number: number) => `2026-01-02T03:04:${String(number).padStart(2, '0')}.000Z`;

  it('are of one host also where its engine was silent in one of them', () => {
    const {hosts, before} = sortReadings([
      madeModel({startedAt: second(0), docker: dockerAnswers([], [], {ID: 'engine'})}),
      madeModel({startedAt: second(5), dockerFailure: 'it hangs'}),
    ]);
    assert.deepEqual(
      hosts.map(({name, startedAt}) => [name, startedAt]),
      [['host1', second(5)]],
    );
    assert.equal(before?.length, 1);
  });

  it('are not NaN seconds apart', () => {
    const hosts = [madeModel({startedAt: 'then'}), madeModel({hostname: 'host2', hostInode: 4001})];
    assert.deepEqual(sortReadings(hosts).problems, []);
  });
});

describe('a VNI that two networks have, each in its own swarm', () => {
  it('names neither', () => {
    const swarm = (hostname: string, hostInode: number, id: string, name: string) =>
      madeModel({
        hostname,
        hostInode,
        files: [{name: `1-${id.slice(0, 10)}`, inode: 5001}],
        docker: dockerAnswers(
          [],
          [
            {
              Id: id,
              Name: name,
              Driver: 'overlay',
              Options: {'com.docker.network.driver.overlay.vxlanid_list': '4097'},
            },
          ],
        ),
      });
    const one = swarm('host1', 4000, 'aaaaaaaaaaaaaaaaaaaaaaaaa', 'blue');
    const two = swarm('host2', 4001, 'bbbbbbbbbbbbbbbbbbbbbbbbb', 'green');
    assert.equal(packetNames([one]).network(4097), 'blue');
    assert.equal(packetNames([one, two]).network(4097), undefined);
  });
});
