import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {deadLink, isDown, isUp} from '../../src/kernel/link-state.js';
import type {Link} from '../../src/model/facts.js';

describe('the state of a link', () => {
  const links: [string, Pick<Link, 'flags' | 'operState'>, boolean | undefined, string | undefined][] = [
    ['set down', {flags: ['BROADCAST'], operState: 'DOWN'}, false, 'down'],
    // As the other end of a veth that is down leaves it.
    ['up without a carrier', {flags: ['NO-CARRIER', 'UP'], operState: 'DOWN'}, true, 'without carrier'],
    ['up', {flags: ['UP', 'LOWER_UP'], operState: 'UNKNOWN'}, true, undefined],
    ['down by its state alone', {operState: 'DOWN'}, false, 'down'],
    ['up by its state alone', {operState: 'UP'}, true, undefined],
    ['not told', {}, undefined, undefined],
  ];
  for (const [about, link, up, dead] of links) {
    it(`${about}: up is ${up}`, () => {
      assert.equal(isUp(link), up);
      assert.equal(isDown(link), up === false);
      assert.equal(deadLink(link), dead);
    });
  }
});
