import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {inNamespace, namespacePath} from '../../src/topology/in-namespace.js';

describe('a command for a namespace', () => {
  it('enters the file in the directory of the engine', () => {
    assert.equal(
      inNamespace({netnsDir: '/srv/docker/netns'}, '1-abc', 'ip link show', 'vxlan0'),
      'nsenter --net=/srv/docker/netns/1-abc ip link show vxlan0',
    );
    assert.equal(inNamespace({}, 'lb_x', 'ip addr'), 'nsenter --net=/var/run/docker/netns/lb_x ip addr');
  });

  it('enters nothing for the namespace of the host', () => {
    assert.equal(inNamespace({netnsDir: '/srv/netns'}, '@host', 'ip link show', 'br0'), 'ip link show br0');
  });

  it('goes through dockerd where its mounts are its own, as the file is no namespace for others', () => {
    const host = {netnsDir: '/run/docker/netns', netnsPath: '/proc/77/root/run/docker/netns'};
    assert.equal(
      inNamespace(host, '1-abc', 'ip addr'),
      'nsenter --net=/proc/77/root/run/docker/netns/1-abc ip addr',
    );
    assert.equal(namespacePath(host, '1-abc'), '/run/docker/netns/1-abc');
  });

  it('quotes what a shell would take for its own', () => {
    assert.equal(
      inNamespace({netnsDir: "/a b/it's"}, '1-$(x)', 'ip link set', 'x;reboot', 'mtu', 1450),
      "nsenter --net='/a b/it'\\''s/1-$(x)' ip link set 'x;reboot' mtu 1450",
    );
  });
});
