import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {newPingText, readPingLine} from '../../src/probe/ping-text.js';

function read(output: string) {
  const text = newPingText();
  for (const line of output.split('\n')) readPingLine(text, line);
  return text;
}

// Printed by iputils 20221126 in the lab.
describe("ping's output", () => {
  it('has answers with times', () => {
    const text = read(`PATTERN: 0x0102
PING 10.0.1.10 (10.0.1.10) 56(84) bytes of data.
64 bytes from 10.0.1.10: icmp_seq=1 ttl=64 time=0.191 ms
64 bytes from 10.0.1.10: icmp_seq=2 ttl=64 time=0.104 ms
64 bytes from 10.0.1.10: icmp_seq=2 ttl=64 time=1.2 ms (DUP!)

--- 10.0.1.10 ping statistics ---
3 packets transmitted, 2 received, +1 duplicates, 33.3333% packet loss, time 404ms
rtt min/avg/max/mdev = 0.104/0.147/0.191/0.043 ms
exit 0`);
    assert.equal(text.transmitted, 3);
    assert.deepEqual(
      [...text.replies],
      [
        [1, 0.191],
        [2, 0.104],
      ],
    );
    assert.equal(text.status, 0);
    assert.deepEqual(text.said, []);
  });

  it('has answers without a time where the packet has no room for one', () => {
    assert.deepEqual([...read('16 bytes from 10.0.1.10: icmp_seq=1 ttl=64').replies], [[1, undefined]]);
  });

  it('tells why nothing came back, or nothing was sent', () => {
    const unreachable = read(`From 10.0.1.9 icmp_seq=1 Destination Host Unreachable
3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 2037ms
exit 1`);
    assert.deepEqual(unreachable.said, ['From 10.0.1.9 icmp_seq=1 Destination Host Unreachable']);
    assert.equal(unreachable.replies.size, 0);
    const none = read('/usr/bin/ping: connect: Network is unreachable\nexit 2');
    assert.deepEqual(none.said, ['ping: connect: Network is unreachable']);
    assert.equal(none.transmitted, 0);
    assert.equal(none.status, 2);
  });

  it('tells the smaller MTU of the way, and of the own route', () => {
    assert.equal(read('From 10.0.1.9 icmp_seq=1 Frag needed and DF set (mtu = 1350)').mtu, 1350);
    const own = read('ping: local error: message too long, mtu=1350');
    assert.equal(own.mtu, 1350);
    assert.deepEqual(own.said, ['ping: local error: message too long, mtu=1350']);
  });
});
