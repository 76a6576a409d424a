import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {statSync} from 'node:fs';
import {after, before, describe, it} from 'node:test';
import {readAnswer} from '../../src/probe/ask.js';
import {startCaptures} from '../../src/probe/captures.js';
import {sendProbes} from '../../src/probe/send.js';
import {openShell, type ProbeShell} from '../../src/probe/session.js';
import {patternBytes} from '../../src/probe/sight.js';
import type {Point} from '../../src/probe/types.js';
import {type NamespaceFolder, namespaceFolder, namespacesUnavailable} from '../support/namespaces.js';
import {none, untilProcesses} from '../support/processes.js';

const installed = (program: string) => !spawnSync(program, ['--help']).error;
const toolless = ['ping', 'tcpdump'].find((tool) => !installed(tool));

describe("the probe's text in every shell", {
  skip: namespacesUnavailable() || (toolless ? `there is no ${toolless} here` : false),
}, () => {
  let spaces: NamespaceFolder;
  before(async () => {
    spaces = namespaceFolder('probe');
    await spaces.add('aabbccddeeff', ['link set lo up']);
    await spaces.add('ffeeddccbbaa');
  });
  after(() => spaces.remove());
  const inodeOf = (name: string) => statSync(spaces.file(name)).ino;

  async function open(shell: string[], mark: string): Promise<ProbeShell> {
    const {signal} = new AbortController();
    const argv = ['env', `OVDIAG_MARK=${mark}`, 'unshare', '-n', ...shell, '-s'];
    const opened = await openShell(
      {kind: 'exec', label: 'test', argv},
      {netnsDir: spaces.folder, signal, longestSeconds: 60},
    );
    if ('failure' in opened) throw new Error(opened.failure);
    return opened;
  }

  for (const shell of [['dash'], ['bash'], ['bash', '--posix'], ['busybox', 'sh']]) {
    const name = shell.join(' ');
    it(`captures and sends in ${name}`, {
      skip: installed(shell[0] ?? '') ? false : `there is no ${name}`,
    }, async () => {
      const mark = `probe-shell-${process.pid}-${name.replaceAll(' ', '')}`;
      const opened = await open(shell, mark);
      assert.ok(opened.tools.canEnter);
      assert.match(opened.tools.pingVersion, /iputils/);
      const inode = inodeOf('aabbccddeeff');
      const point: Point = {
        host: 'here',
        hostKey: 'here',
        side: 'source',
        point: 'container',
        netns: 'aabbccddeeff',
        inode,
        interfaces: ['lo'],
        carries: 'plain',
      };
      const signature = {pattern: Buffer.from('10203040506070').subarray(0, patternBytes)};
      const captures = await startCaptures({
        points: [point, {...point, inode: inode + 1}, {...point, interfaces: ['none0']}],
        shells: new Map([['here', opened]]),
        signature,
        traffic: [{protocol: 'icmp'}],
        tries: 20,
        address: '127.0.0.1',
      });
      assert.equal(captures.states[0]?.failure, undefined);
      assert.match(captures.states[1]?.failure ?? '', /aabbccddeeff is gone, or another one has its name/);
      assert.match(captures.states[2]?.failure ?? '', /none0/);
      const {signal} = new AbortController();
      const {sightings} = captures;
      const sent = await sendProbes(
        {shell: opened, inode, netns: point.netns, address: '127.0.0.1', signature, sightings, signal},
        {protocol: 'icmp'},
        3,
      );
      assert.deepEqual([...sent.answered], ['1.1', '1.2', '1.3']);
      assert.equal(sent.packets, 3);
      if (opened.tools.found.has('ask')) {
        const said: string[] = [];
        await opened.run(['ask', inode, point.netns, '127.0.0.1', 'web1.'], (line) => void said.push(line));
        // Nobody answers names there, and whichever tool asks says so.
        assert.equal(readAnswer(said).result, 'refused', said.join());
      }
      for (const direction of ['forward', 'reverse']) {
        const seen = sightings.filter((one) => one.direction === direction).map((one) => one.try);
        assert.deepEqual([...new Set(seen)], ['1.1', '1.2', '1.3'], direction);
      }
      await opened.close();
      await untilProcesses(`OVDIAG_MARK=${mark}`, none, 2000);
    });
  }

  it('tells what could not be done instead of guessing', async () => {
    const opened = await open(['sh'], `probe-shell-${process.pid}-fails`);
    const {signal} = new AbortController();
    const common = {
      shell: opened,
      signature: {pattern: Buffer.alloc(patternBytes, 1)},
      sightings: [],
      signal,
    };
    const unreachable = await sendProbes(
      {...common, inode: inodeOf('ffeeddccbbaa'), netns: 'ffeeddccbbaa', address: '192.0.2.1'},
      {protocol: 'icmp'},
      3,
    );
    assert.equal(unreachable.packets, 0);
    assert.match(unreachable.said.join(), /Network is unreachable/);
    await assert.rejects(
      sendProbes({...common, inode: 1, netns: 'ffeeddccbbaa', address: '192.0.2.1'}, {protocol: 'icmp'}, 3),
      /The probe could not be sent: the namespace ffeeddccbbaa is gone/,
    );
    await opened.close();
  });

  it('passes no word on that could be more than a word', async () => {
    const opened = await open(['sh'], `probe-shell-${process.pid}-words`);
    for (const word of ['a\nping 1', '', 'ä', '\u0000']) {
      await assert.rejects(
        opened.run(['ping', word], () => undefined),
        TypeError,
      );
    }
    await opened.close();
  });
});
