import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {atLeast, engineVersion, within} from '../../src/model/engine-version.js';

describe('versions of engines', () => {
  it('are read as distributions write them', () => {
    assert.deepEqual(engineVersion('20.10.24+dfsg1'), [20, 10, 24]);
    assert.deepEqual(engineVersion('28.5.2'), [28, 5, 2]);
    assert.deepEqual(engineVersion('29.0.0-rc.1'), [29, 0, 0]);
    assert.deepEqual(engineVersion('17.06.2-ce'), [17, 6, 2]);
    assert.deepEqual(engineVersion('v29.2'), [29, 2, 0]);
    for (const text of ['', 'dev', '29', 'library-import', '1.2.x', undefined])
      assert.equal(engineVersion(text), undefined, text);
  });

  it('are compared number by number', () => {
    const version = engineVersion('25.0.13') ?? [0, 0, 0];
    assert.ok(within(version, '25.0.13', '25.0.14'));
    assert.ok(!within(version, '25.0.14', '25.0.20'));
    assert.ok(!within(version, '25.0.0', '25.0.12'));
    assert.ok(atLeast(version, '25.0.9') && atLeast(version, '25.0.13') && !atLeast(version, '25.1'));
  });
});
