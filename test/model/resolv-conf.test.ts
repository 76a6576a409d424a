import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {parseResolvConf} from '../../src/model/resolv-conf.js';
import {madeModel} from '../support/evidence.js';

describe('resolv.conf', () => {
  it('gives servers in their order, the last search list, all options', () => {
    const {nameservers, search, options} = parseResolvConf(
      'nameserver 127.0.0.11; search a.example; search b.example c.example; nameserver 10.0.0.1; options ndots:0; options timeout:1',
    );
    assert.deepEqual(nameservers, ['127.0.0.11', '10.0.0.1']);
    assert.deepEqual(search, ['b.example', 'c.example']);
    assert.deepEqual(options, ['ndots:0', 'timeout:1']);
  });

  it('is found by the namespace of the process that it was read of', () => {
    const model = madeModel({
      files: [{name: '0123456789ab', inode: 77}],
      processes: {'10': 77, 'resolver.10': 'nameserver 127.0.0.11', 'resolver.11': 'nameserver 10.0.0.1'},
    });
    assert.deepEqual(model.resolvers.get(77)?.nameservers, ['127.0.0.11']);
    assert.equal(model.resolvers.size, 1);
  });
});
