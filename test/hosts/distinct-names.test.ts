import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {distinctNames} from '../../src/hosts/distinct-names.js';
import {HostNames} from '../../src/hosts/host-names.js';
import {sortReadings} from '../../src/hosts/readings.js';
import {madeModel} from '../support/evidence.js';

const hosts = [
  {name: 'web', key: 'e/c/3'},
  {name: 'db', key: 'e/d/4'},
  {name: 'web', key: 'e/a/1'},
  {name: 'web', key: 'e/b/2'},
];

describe('names of hosts', () => {
  it('are left alone where they are distinct, and all numbered by key where they are not', () => {
    assert.deepEqual(distinctNames(hosts), ['web#3', 'db', 'web#1', 'web#2']);
    assert.deepEqual(distinctNames([...hosts].reverse()), ['web#2', 'web#1', 'db', 'web#3']);
  });

  it('skip a number that another host really has in its name', () => {
    const taken = [...hosts, {name: 'web#2', key: 'e/0/0'}];
    assert.deepEqual(distinctNames(taken), ['web#4', 'db', 'web#1', 'web#3', 'web#2']);
  });

  it('are the same for hosts that come one by one, in any order, as for those that are there together', () => {
    const models = [7, 5, 6].map((hostInode) => madeModel({hostname: 'web', hostInode}));
    const together = new Map(sortReadings(models).hosts.map(({key, name}) => [key, name]));
    for (const order of [models, [...models].reverse()]) {
      const names = new HostNames();
      const keys = order.map((model) => names.meet(model));
      assert.deepEqual(new Map(keys.map((key) => [key, names.nameOf(key)])), together);
    }
    assert.deepEqual([...together.values()].sort(), ['web#1', 'web#2', 'web#3']);
  });

  it('are those of the last reading of a host, whichever came first', () => {
    const reading = (name: string, second: number) =>
      madeModel({hostname: name, bootId: 'boot', startedAt: `2026-01-02T03:04:0${second}.000Z`});
    const [before, after] = [reading('old', 1), reading('new', 5)];
    for (const order of [
      [before, after],
      [after, before],
    ]) {
      const names = new HostNames();
      const [key = ''] = order.map((model) => names.meet(model));
      assert.equal(names.nameOf(key), 'new');
      assert.deepEqual(
        sortReadings(order).before?.map(({name}) => name),
        ['new'],
      );
    }
  });
});
