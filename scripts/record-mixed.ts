/**
 * Records tables of iptables-nft in fixtures/mixed/, before and after nft has put a rule into each, in a network namespace of its
 * own. Needs root, `unshare`, iptables-nft and nft; run with `node --import tsx scripts/record-mixed.ts [ROOT]`, where ROOT is
 * another system's root directory, whose programs are recorded instead.
 */
import {execFileSync} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {shellWord} from '../src/base/shell.js';

const [root] = process.argv.slice(2);
const fixtures = fileURLToPath(new URL('../fixtures/mixed/', import.meta.url));
const programs = root === undefined ? '' : `chroot ${shellWord(root)} `;
const version = execFileSync('sh', ['-c', `${programs}nft --version`], {encoding: 'utf8'});
const folder = `${fixtures}nft-${/v([\d.]+)/.exec(version)?.[1] ?? 'unknown'}`;
mkdirSync(folder, {recursive: true});

const native = ['filter INPUT', 'filter DOCKER-USER', 'nat PREROUTING', 'mangle OUTPUT'].map(
  (place) =>
    `${programs}nft insert rule ip ${place} ip saddr '{ 192.0.2.66, 192.0.2.67 }' ct state new counter drop`,
);

execFileSync(
  'unshare',
  [
    '-n',
    'sh',
    '-ec',
    `
${programs}iptables-nft-restore <${shellWord(`${fixtures}rules.save`)}
${programs}iptables-nft-save -c >before.save
${native.join('\n')}
${programs}iptables-nft-save -c >after.save
${programs}nft -j list ruleset >after.json
for table in filter nat mangle; do ${programs}nft -a list table ip $table >after-$table.txt; done
`,
  ],
  {cwd: folder, stdio: 'inherit'},
);
