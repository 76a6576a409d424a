import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'node:test';
import {ovdiag, root} from './support.js';

const file = path.join(root, 'README.md');
const readme = readFileSync(file, 'utf8');

/** The blocks of the README that show a command and its answer. */
const shown = [...readme.matchAll(/```console\n\$ ovdiag (.+)\n([\s\S]*?)```/g)].map(
  ([block, command = '', answer = '']) => ({block, command, answer}),
);

describe('the README', () => {
  it('shows what the commands print, in a terminal of 110 columns', async () => {
    assert.ok(shown.length >= 3, 'there are examples with their output');
    let updated = readme;
    for (const {block, command, answer} of shown) {
      const {stdout, stderr, status} = await ovdiag(command.split(' '), {env: {OVDIAG_COLUMNS: '110'}});
      assert.equal(stderr, '', command);
      assert.equal(status, 0, command);
      if (process.env['UPDATE_GOLDEN'] === '1') {
        updated = updated.replace(block, () => `\`\`\`console\n$ ovdiag ${command}\n${stdout}\`\`\``);
      } else assert.equal(answer, stdout, command);
    }
    if (updated !== readme) writeFileSync(file, updated);
  });

  it('names two commands that are complete on a fresh checkout', () => {
    const {scripts} = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const name of ['demo', 'test']) {
      const command = new RegExp(`<!-- command: ${name} -->\n+\`\`\`sh\n(.+)\n\`\`\``).exec(readme)?.[1];
      assert.match(command ?? '', /^npm ci && npm (run )?[a-z]+$/, name);
      assert.ok(scripts[name], `npm run ${name}`);
    }
  });

  it('names only commands, flags and files that there are', () => {
    const manifest = JSON.parse(readFileSync(path.join(root, 'oclif.manifest.json'), 'utf8')) as {
      commands: Record<string, {flags: Record<string, unknown>}>;
    };
    for (const [, command = ''] of readme.matchAll(/`ovdiag ([a-z]+)[^`]*`/g))
      assert.ok(manifest.commands[command], command);
    const flags = new Set(
      Object.values(manifest.commands).flatMap(({flags}) => Object.keys(flags).map((name) => `--${name}`)),
    );
    // Flags of docker, which test/lab-suite/image.test.ts runs.
    const own = readme.replace(/<!-- run: image -->\n+```[^`]*```/, '');
    assert.notEqual(own, readme);
    for (const [flag] of own.matchAll(/(?<=[ `])--[a-z][a-z-]*/g))
      assert.ok(flags.has(flag) || flag === '--help', flag);
    for (const [, link = ''] of readme.matchAll(/\]\(([^)#]+)\)/g))
      assert.ok(readFileSync(path.join(root, link)) !== undefined, link);
  });
});
