import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {describe, it} from 'node:test';
import {takes, waitingSockets} from '../../src/model/sockets.js';

const head =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const row = (local: string, state: string) =>
  `   0: ${local} ${local.length > 20 ? '0'.repeat(32) : '00000000'}:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0`;

function sockets(rows: string[], rows6: string[] = []) {
  const proc = new Map([['/proc/net/tcp', [head, ...rows].join('\n')]]);
  if (rows6.length > 0) proc.set('/proc/net/tcp6', [head, ...rows6].join('\n'));
  return waitingSockets(proc, 'tcp') ?? [];
}

describe('sockets that wait', () => {
  it('are those that listen, of both families', () => {
    const found = sockets(
      [row('0B00007F:9B6F', '0A'), row('0100000A:0050', '01')],
      [row(`${'0'.repeat(32)}:0050`, '0A')],
    );
    assert.deepEqual(
      found.map(({port}) => port),
      [0x9b6f, 80],
    );
  });

  it('are unknown where the tables were not read, and none where they are empty', () => {
    assert.equal(waitingSockets(new Map(), 'tcp'), undefined);
    assert.equal(waitingSockets(undefined, 'udp'), undefined);
    assert.deepEqual(sockets([]), []);
  });

  it('take packets for their own address or any, in either byte order', () => {
    const of = (address: string) => ({address, port: 80, text: ''});
    assert.ok(takes(of('0B00007F'), '127.0.0.11'));
    assert.ok(takes(of('7F00000B'), '127.0.0.11'));
    assert.ok(!takes(of('0100007F'), '10.0.0.5'));
    assert.ok(takes(of('00000000'), '10.0.0.5'));
    assert.ok(takes(of('0'.repeat(32)), '10.0.0.5'));
    assert.ok(takes(of('0000000000000000FFFF00000500000A'), '10.0.0.5'));
    assert.ok(!takes(of('000080FE00000000FFFE00000500000A'), '10.0.0.5'));
  });

  it('are found as this kernel lists them', {skip: process.platform !== 'linux'}, async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const own = waitingSockets(new Map([['/proc/net/tcp', readFileSync('/proc/net/tcp', 'utf8')]]), 'tcp');
    server.close();
    const found = own?.find((socket) => socket.port === port);
    assert.ok(found && takes(found, '127.0.0.1') && !takes(found, '10.0.0.5'));
  });

  it('are all that the collector leaves in: connected ones it drops', () => {
    const connected = /^connected='(.*)'$/m.exec(
      readFileSync(new URL('../../src/collect/shell/reader.sh', import.meta.url), 'utf8'),
    )?.[1];
    const input = [
      head,
      row('0B00007F:9B6F', '0A'),
      row('0B00007F:9B6E', '07'),
      ...['01', '02', '03', '04', '05', '06', '08', '09', '0B', '0C'].map((state) =>
        row('0B00007F:1111', state),
      ),
      'FWM  00000100 rr ',
      '  -> 0A000104:0000      Masq    1      12         3         ',
    ].join('\n');
    for (const grep of [['grep'], ['busybox', 'grep']]) {
      const [program = '', ...words] = grep;
      const {stdout, error} = spawnSync(program, [...words, '-v', connected ?? ''], {
        input,
        encoding: 'utf8',
      });
      if (error) continue;
      assert.equal(stdout.trimEnd().split('\n').length, 5, stdout);
      assert.ok(!stdout.includes('1111'));
    }
  });
});
