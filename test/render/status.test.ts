import assert from 'node:assert/strict';
import {afterEach, beforeEach, describe, it, mock} from 'node:test';
import {statusLine} from '../../src/render/status.js';
import {pipe, terminal} from './support.js';

/** What a terminal shows in its one line after all that was written. */
function screenOf(written: readonly string[]): string {
  let screen = '';
  for (const part of written.join('').split('\r')) screen = part + screen.slice(part.length);
  return screen.trimEnd();
}

describe('statusLine', () => {
  let written: string[];
  const stream = {write: (text: string) => written.push(text)};

  beforeEach(() => {
    written = [];
    mock.timers.enable({apis: ['setTimeout']});
  });
  afterEach(() => mock.timers.reset());

  it('says nothing about what takes less than a second', () => {
    const status = statusLine(stream, terminal());
    status.update('Asking host-a');
    mock.timers.tick(999);
    status.done();
    mock.timers.tick(5000);
    assert.deepEqual(written, []);
  });

  it('shows the newest text after a second, follows it, and leaves no trace', () => {
    const status = statusLine(stream, terminal());
    status.update('Asking host-a');
    status.update('Asking host-b and host-c');
    mock.timers.tick(1000);
    assert.equal(screenOf(written), 'Asking host-b and host-c');
    status.update('Asking host-b');
    assert.equal(screenOf(written), 'Asking host-b');
    status.update('Asking host-b');
    assert.equal(written.length, 2);
    status.done();
    assert.equal(screenOf(written), '');
    assert.ok(written.at(-1)?.endsWith('\r'));
    status.update('late');
    assert.equal(written.length, 3);
  });

  it('keeps to one line, without control characters', () => {
    const status = statusLine(stream, terminal({width: 20, unicode: false}));
    status.update('\u001b[2J\nAsking a host with a very long name');
    mock.timers.tick(1000);
    assert.deepEqual(written, ['\r\\x1b[2J\\x0aAskin...']);
    status.done();
    assert.ok(!written.join('').includes('\u001b'));
  });

  it('writes nothing off a TTY', () => {
    const status = statusLine(stream, pipe);
    status.update('Asking host-a');
    mock.timers.tick(5000);
    status.done();
    assert.deepEqual(written, []);
  });
});
