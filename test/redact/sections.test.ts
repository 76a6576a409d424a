import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {everything, hostProcFiles, procFiles} from '../../src/collect/wanted.js';
import {knownSections} from '../../src/redact/sections.js';
import {all, mapped, section} from './section.js';

describe('addresses in other clothes', () => {
  it('are found in what IPsec is told, whose numbers are made of them', () => {
    const text =
      'src 10.0.1.9 dst 10.0.1.9\n\tproto esp spi 0x2195c734(563463988) reqid 13681891(0x00d0c4e3) mode transport\n';
    const spi = all.spi(0x2195c734);
    assert.equal(
      section('xfrm-state', text),
      `src ${mapped} dst ${mapped}\n\tproto esp spi 0x${spi.toString(16).padStart(8, '0')}(${spi}) reqid 13681891(0x00d0c4e3) mode transport\n`,
    );
  });

  it('are found in what containers are told about names', () => {
    const text =
      '77=4026533415\nresolver.77=nameserver 127.0.0.11; nameserver 10.0.1.9; search corp.example berlin; options ndots:0 timeout:2';
    const redacted = section('processes', text);
    assert.equal(
      redacted,
      `77=4026533415\nresolver.77=nameserver 127.0.0.11; nameserver ${mapped}; search ${all.name('corp.example')} ${all.name('berlin')}; options ndots:0 timeout:2`,
    );
  });
});

describe('filters of tc', () => {
  it('keep whether they match all, and lose what they compare', () => {
    const match = (value: string, mask: string) =>
      `[{"kind":"u32","options":{"match":{"value":"${value}","mask":"${mask}","offmask":"","off":16}}}]`;
    assert.equal(section('tc-filter', match('0', '0')), match('0', '0'));
    assert.equal(section('tc-filter', match('a000109', 'ffffffff')), match('0', 'ffffffff'));
    assert.equal(
      section('tc-filter', '[{"options":{"keys":{"dst_mac":"02:42:0a:00:01:09","src_ip":"10.0.1.9"}}}]'),
      '[{"options":{"keys":{"dst_mac":"redacted","src_ip":"redacted"}}}]',
    );
  });
});

describe('what a host has nothing to tell of', () => {
  it('stays empty', () => {
    for (const name of ['hosts-files', 'engine-log'])
      for (const nothing of ['', '\n']) assert.equal(section(name, nothing), nothing, name);
  });
});

describe('what is not understood', () => {
  it('is refused', () => {
    assert.throws(() => section('nsid', '4026531833 2 unassigned\nweb1'), /not understood/);
  });
});

describe('what the collector reads', () => {
  const folder = fileURLToPath(new URL('../../src/collect/shell/', import.meta.url));

  it('can all be redacted: a new section needs a rule in src/redact/sections.ts', () => {
    const lines = readdirSync(folder)
      .filter((name) => /^(collector|reader)\.sh$/.test(name))
      .flatMap((name) => readFileSync(`${folder}${name}`, 'utf8').split('\n'));
    const named = lines
      .filter((line) => !/^\s*#/.test(line))
      .flatMap((line) => /(?:\bframe_begin|\bbegin|\brun) ([a-z][a-z-]*) /.exec(line)?.[1] ?? []);
    assert.ok(named.length > 15, named.join(' '));
    const unknown = new Set(named.filter((name) => name !== 'end' && !knownSections.has(name)));
    assert.deepEqual([...unknown], []);
  });

  it('so can all files under /proc', () => {
    assert.ok(everything.hostTables.includes('proc'));
    for (const row of ['sockstat:TCP: inuse 0 orphan 0 tw 0 alloc 2 mem 0', 'sockstat6:UDP6: inuse 0'])
      assert.equal(section('proc', `/proc/net/${row}`), `/proc/net/${row}`);
    for (const file of [...procFiles, ...hostProcFiles]) {
      const path = file.replaceAll('*', 'eth0');
      assert.equal(section('proc', `${path}:0`), `${path}:0`);
    }
  });
});
