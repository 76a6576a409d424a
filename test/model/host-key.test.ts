import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {sameHostKey} from '../../src/model/host-key.js';

const node = 'plkqnbardgm39ov275uftr9xj';
const other = 'uh1m4007f0me768x0x93t02zm';
const engine = 'ABCD:EFGH:IJKL';

describe('the key of a host', () => {
  it('is the same while its engine is silent, starts and joins a swarm', () => {
    const keys = [`${node}/boot/1`, '/boot/1', `${engine}/boot/1`, `${other}/boot/2`];
    for (const key of keys.slice(0, 3)) assert.equal(sameHostKey(key, keys), keys[0]);
    assert.equal(sameHostKey(`${other}/boot/2`, keys), `${other}/boot/2`);
    assert.equal(sameHostKey('/boot/1', [`${engine}/boot/1`]), `${engine}/boot/1`);
  });

  it('is another one after a boot, in another namespace, and for another node in the same one', () => {
    for (const key of [`${node}/boot2/1`, `${node}/boot/2`, `${other}/boot/1`])
      assert.equal(sameHostKey(key, [`${node}/boot/1`]), key);
  });

  it('is left alone where two nodes of one place could be meant, or none', () => {
    assert.equal(sameHostKey('/boot/1', [`${node}/boot/1`, `${other}/boot/1`]), '/boot/1');
    assert.equal(sameHostKey('exec:somewhere', ['exec:somewhere']), 'exec:somewhere');
    assert.equal(sameHostKey(`${node}//`, [`${node}//`]), `${node}//`);
  });
});
