import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {checkTrace} from '../support/read-only.js';
import {onlyReads} from '../support/read-only-programs.js';
import {parseStrace} from '../support/strace.js';

const violations = (...lines: string[]) => checkTrace(parseStrace(lines.join('\n'), 100)).violations;
const route = 'socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = 3';
const message = (type: string, length = 40) =>
  `sendto(3, [{nlmsg_len=${length}, nlmsg_type=${type}, nlmsg_flags=NLM_F_REQUEST|0x300, nlmsg_seq=1, nlmsg_pid=0}, "\\x00"], 152, 0, NULL, 0) = 152`;
const generic = 'socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC) = 3';
const genericMessage = (family: string, command: string) =>
  `sendto(3, [{nlmsg_len=44, nlmsg_type=${family}, nlmsg_flags=NLM_F_REQUEST|NLM_F_ACK, nlmsg_seq=2, nlmsg_pid=0}, "\\x${command}\\x01\\x00\\x00"], 44, 0, NULL, 0) = 44`;

describe('the check of a strace listing', () => {
  it('lets reading pass', () => {
    assert.deepEqual(
      violations(
        'execve("/usr/sbin/ip", ["ip", "-d", "-s", "-j", "-force", "-batch", "-"], 0x5 /* 9 vars */) = 0',
        'execve("/usr/sbin/none", ["rm", "-rf", "/"], 0x5 /* 9 vars */) = -1 ENOENT (No such file or directory)',
        'openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 4',
        'openat(AT_FDCWD, "/dev/null", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 4',
        'connect(4, {sa_family=AF_UNIX, sun_path="/var/run/docker.sock"}, 23) = 0',
        'write(4, "GET /v1.41/info HTTP/1.1\\r\\nHost"..., 60) = 60',
        'ioctl(1, TCGETS, 0x7ffe) = -1 ENOTTY (Inappropriate ioctl for device)',
        'kill(0, SIGTERM) = 0',
        route,
        message('0x12 /* NLMSG_??? */'),
        message('RTM_GETNEIGH'),
        message('0 /* NLMSG_??? */', 0),
        'ioctl(3, SIOCETHTOOL, 0x7ffcc91fe270) = 0',
        generic,
        genericMessage('nlctrl', '03'),
        genericMessage('ethtool', '0b'),
      ),
      [],
    );
  });

  it('stops at everything else', () => {
    const cases: string[][] = [
      ['execve("/bin/rm", ["rm", "x"], 0x5 /* 9 vars */) = 0'],
      ['openat(AT_FDCWD, "/etc/passwd", O_RDWR) = 4'],
      ['openat(AT_FDCWD, "/dev/null/x", O_WRONLY) = 4'],
      ['mkdir("/x", 0777) = 0'],
      ['mount("a", "/b", 0x5, MS_BIND, NULL) = 0'],
      ['init_module(0x7f, 5, "") = 0'],
      ['kill(1, SIGTERM) = 0'],
      ['connect(4, {sa_family=AF_INET, sin_port=htons(80)}, 16) = 0'],
      ['write(4, "POST /v1.41/containers/create HTTP/1.1\\r\\n"..., 60) = 60'],
      ['sendto(5, "DELETE /networks/x HTTP/1.1\\r\\n", 30, 0, NULL, 0) = 30'],
      ['ioctl(3, SIOCSIFFLAGS, {ifr_name="lo"}) = 0'],
      [message('0x12')],
      [route, message('0x10 /* NLMSG_??? */')],
      [route, message('RTM_NEWLINK')],
      // The same number deletes an address here and reads a policy there.
      [route, message('0x15')],
      ['socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER) = 3', message('0xa00')],
      ['socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER) = 3', message('0xa15')],
      [
        'socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER) = 3',
        message('NFNL_SUBSYS_NFTABLES<<8|NFT_MSG_GETOBJ_RESET'),
      ],
      ['socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG) = 3', message('21')],
      // ETHTOOL_MSG_FEATURES_SET, and a command of another family.
      [generic, genericMessage('ethtool', '0c')],
      [generic, genericMessage('IPVS', '03')],
      [route, 'sendto(3, 0x7ffe, 40, 0, NULL, 0) = 40'],
    ];
    for (const lines of cases) assert.equal(violations(...lines).length, 1, lines.join('\n'));
    assert.deepEqual(violations('socket(AF_NETLINK, SOCK_RAW, NETLINK_XFRM) = 3', message('0x15')), []);
  });

  it('knows forms of commands, not programs', () => {
    for (const command of [
      'ip -V',
      '/usr/sbin/ip -d -s -j addr show',
      'bridge -j fdb show',
      'iptables-legacy-save -c',
      'ip6tables-nft-save -c',
      'nft -j list ruleset',
      'nft -a list table ip filter',
      'docker system dial-stdio',
      'ethtool -i eth0',
      'nsenter --net=/proc/12/ns/net /usr/sbin/ethtool -k bond0.7',
    ])
      assert.ok(onlyReads(command.split(' ')), command);
    for (const command of [
      'ip link add x type bridge',
      'ip addr flush dev eth0',
      'ip -batch -',
      'bridge fdb del x',
      'iptables -L',
      'iptables-restore -c',
      'nft flush ruleset',
      'nft delete table ip filter',
      'docker ps',
      'docker system prune',
      'sed -i s/a/b/ x',
      'sed -ni s/a/b/ x',
      'nsenter --net=/x ip link',
      'sh -c id',
      'modprobe xt_u32',
      'ethtool -K eth0 tx off',
      'ethtool -i --flash',
      '',
    ])
      assert.ok(!onlyReads(command.split(' ')), command);
  });
});
