import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {deadLink, isDown, isUp} from '../../src/kernel/link-state.js';

describe('the state of a link', () => {
  for (const [about, link, up, dead] of [
    ['set down', {flags: ['BROADCAST'], operState: 'DOWN'}, false, 'down'],
    // As the other end of a veth that is down leaves it.
    ['up without a carrier', {flags: ['NO-CARRIER', 'UP'], operState: 'DOWN'}, true, 'without carrier'],
    ['up', {flags: ['UP', 'LOWER_UP'], operState: 'UNKNOWN'}, true, undefined],
    ['down by its state alone', {operState: 'DOWN'}, false, 'down'],
    ['up by its state alone', {operState: 'UP'}, true, undefined],
    ['not told', {}, undefined, undefined],
  ] as const) {
    it(`${about}: up is ${up}`, () => {
      const own = {...link, ...('flags' in link ? {flags: [...link.flags]} : {})};
      assert.equal(isUp(own), up);
      assert.equal(isDown(own), up === false);
      assert.equal(deadLink(own), dead);
    });
  }
});
