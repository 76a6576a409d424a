import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import {missing, shells} from '../support/shells.js';

const reader = readFileSync(new URL('../../src/collect/shell/reader.sh', import.meta.url), 'utf8');
/** Its functions, without the calls at its end. */
const functions = reader.slice(0, reader.indexOf('\nread_ip\n'));

const refusal = (table: string) => `# Table \`${table}' is incompatible, use 'nft' tool.\n`;
const raw = '*raw\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n';

describe('what the collector reads of tables that iptables-nft-save refuses', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-refused-'));
  after(() => rmSync(folder, {recursive: true, force: true}));
  const program = (name: string, text: string) => {
    const file = path.join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const nft = program('nft', 'echo "text of $*"');

  /** The sections, `NAME COMMAND: OUTPUT STATUS` each. */
  function read(shell: string[], {saved = '', status = 0, tool = nft, netns = '@host'}): string[] {
    writeFileSync(path.join(folder, 'saved'), saved);
    const save = program('iptables-nft-save', `cat '${folder}/saved'; exit ${status}`);
    const [name = '', ...options] = shell;
    const call = `read_nft_save iptables-nft ip '${save}'`;
    const {stdout, stderr} = spawnSync(name, [...options, '-c', `${functions}\n${call}`, 'reader', netns], {
      encoding: 'utf8',
      // bash reads a start file where this is a socket.
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {PATH: process.env['PATH'], LC_ALL: 'C', nonce: 'N', job: '0', tables: '', nft_tool: tool},
    });
    assert.equal(stderr, '', shell.join(' '));
    return [...stdout.matchAll(/^N< (\S+) \S+ (.*)\n([\s\S]*?)\nN> (.*)$/gm)].map(
      ([, section, command, output, ended]) => `${section} ${command}: ${output}${ended}`,
    );
  }

  // What is printed of a host is not held.
  for (const [shell, netns] of shells.flatMap((one) =>
    ['@host', 'f22212505b8e'].map((of) => [one, of] as const),
  )) {
    it(`is nft's text of each of them: ${shell.join(' ')}, ${netns}`, {skip: missing(shell[0] ?? '')}, () => {
      const saved = raw + refusal('filter') + refusal('nat');
      assert.deepEqual(read(shell, {saved, netns}), [
        `iptables-nft iptables-nft-save -c: ${saved}0`,
        'nft-table nft -a list table ip filter: text of -a list table ip filter\n0',
        'nft-table nft -a list table ip nat: text of -a list table ip nat\n0',
      ]);
      const alone = [`iptables-nft iptables-nft-save -c: ${raw}0`];
      assert.deepEqual(read(shell, {saved: raw, netns}), alone);
      // A name that only reads like a refusal, in a comment of a rule.
      const named = `-A OUTPUT -m comment --comment "# Table \`mangle' is incompatible"\n`;
      assert.deepEqual(read(shell, {saved: named, netns}), [`iptables-nft iptables-nft-save -c: ${named}0`]);
    });
  }

  for (const netns of ['@host', 'f22212505b8e']) {
    it(`keeps the status of iptables-nft-save, and what it printed before it failed: ${netns}`, () => {
      const failed = read(['sh'], {saved: raw, status: 4, netns});
      assert.deepEqual(failed, [`iptables-nft iptables-nft-save -c: ${raw}4`]);
    });

    it(`is nothing where nft is not there: ${netns}`, () => {
      const saved = refusal('filter');
      assert.deepEqual(read(['sh'], {saved, tool: '', netns}), [
        `iptables-nft iptables-nft-save -c: ${saved}0`,
      ]);
    });
  }
});
