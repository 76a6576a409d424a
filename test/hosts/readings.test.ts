import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {sortReadings} from '../../src/hosts/readings.js';
import {madeModel, recordedModel} from '../support/evidence.js';

const second = (number: number) => `2026-01-02T03:04:${String(number).padStart(2, '0')}.000Z`;
const read = (at: string, more: object = {}) => madeModel({startedAt: at, ...more});

describe('sorting readings', () => {
  it('takes the same host read twice for two times, whatever order they come in', () => {
    const {hosts, before, problems} = sortReadings([read(second(9)), read(second(5))]);
    assert.deepEqual(
      [hosts.map(({startedAt}) => startedAt), before?.map(({startedAt}) => startedAt), problems],
      [[second(9)], [second(5)], []],
    );
  });

  it('takes two hosts of one swarm for two, and never their containers’ names for identity', () => {
    const {hosts, before} = sortReadings([recordedModel('node2'), recordedModel('node1')]);
    assert.deepEqual(
      hosts.map(({name}) => name),
      ['node1', 'node2'],
    );
    assert.equal(before, undefined);
  });

  it('looks twice only where the readings are 3 to 60 seconds apart', () => {
    for (const [gap, looked] of [
      [2, false],
      [3, true],
      [59, true],
    ] as const) {
      assert.equal(
        sortReadings([read(second(0)), read(second(gap))]).before !== undefined,
        looked,
        `${gap} s`,
      );
    }
    const late = '2026-01-02T03:05:01.000Z';
    assert.equal(sortReadings([read(second(0)), read(late)]).before, undefined);
  });

  it('takes a host after a restart for another one', () => {
    const {hosts} = sortReadings([read(second(0)), read(second(9), {bootId: 'another'})]);
    assert.equal(hosts.length, 2);
    assert.deepEqual(
      hosts.map(({name}) => name),
      ['host1#1', 'host1#2'],
    );
  });

  it('tells two hosts of one name apart', () => {
    const {hosts} = sortReadings([read(second(0), {hostInode: 1}), read(second(0), {hostInode: 2})]);
    assert.equal(new Set(hosts.map(({name}) => name)).size, 2);
  });

  it('warns where hosts were read more than a minute apart', () => {
    const other = {hostname: 'host2', hostInode: 4001};
    assert.deepEqual(sortReadings([read(second(0)), read('2026-01-02T03:05:00.000Z', other)]).problems, []);
    const [skew] = sortReadings([read(second(0)), read('2026-01-02T03:05:01.000Z', other)]).problems;
    assert.equal(skew?.code, 'skew');
    assert.match(skew?.message ?? '', /61 s apart/);
    const lenient = sortReadings([read(second(0)), read('2026-01-02T03:05:01.000Z', other)], 61);
    assert.deepEqual(lenient.problems, []);
  });
});
