/**
 * Shows the main job on the recorded two-node swarm: `npm run demo`. Each command line is printed above its answer
 * and can be typed as it stands.
 */
import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

const swarm = [
  '--snapshot',
  'fixtures/recorded/node1.json.gz',
  '--snapshot',
  'fixtures/recorded/node2.json.gz',
];
const broken = ['--snapshot', 'fixtures/recorded/fdb-row-missing/node1.json.gz'];

const steps: [string, string[]][] = [
  ["What is in Docker's namespace directory on both hosts?", ['namespaces', ...swarm]],
  ['What is plugged into the overlay network uber-net?', ['links', 'uber-net', ...swarm]],
  ['Who is on uber-net, and where, as each host knows it?', ['fdb', 'uber-net', ...swarm]],
  ['The same on a host that lost one row:', ['fdb', 'uber-net', ...broken]],
  ['How is the container web1 connected?', ['inspect', 'web1', ...swarm]],
];

const root = fileURLToPath(new URL('..', import.meta.url));
for (const [question, args] of steps) {
  process.stdout.write(`\n# ${question}\n$ node bin/run.js ${args.join(' ')}\n`);
  const {status, error} = spawnSync(process.execPath, ['bin/run.js', ...args], {cwd: root, stdio: 'inherit'});
  if (error) throw error;
  if (status !== 0) {
    process.stderr.write(`demo: ${args[0]} ended with status ${status}\n`);
    process.exitCode = 1;
  }
}
process.stdout.write(`
# On a host with Docker: sudo node bin/run.js namespaces
# All commands: node bin/run.js --help
`);
