/**
 * Compares the CPU time that `doctor` takes for two hosts with the rules of firewalld beside Docker's, as they were recorded,
 * with that for the same hosts without them:
 *
 *   npm run build && node --import tsx bench/firewalld.ts [PAIRS]
 */
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {record} from '../src/hosts/keep.js';
import {addNftTables, derived, recordedEvidence} from '../test/support/evidence.js';
import {comparePairs, headLine} from './paired.js';

const pairs = Number(process.argv[2] ?? 30);
const root = fileURLToPath(new URL('..', import.meta.url));
const rules = readFileSync(path.join(root, 'fixtures/recorded/filters/firewalld-open.json'), 'utf8');

const hosts = ['node1', 'node2'].map(recordedEvidence);
const guarded = hosts.map((host) => derived(host, (draft) => addNftTables(draft, rules)));

const scratch = mkdtempSync(path.join(tmpdir(), 'ovdiag-firewalld-'));
try {
  const doctor = async (name: string, evidence: typeof hosts): Promise<string[]> => {
    const file = path.join(scratch, `${name}.json.gz`);
    await record(file, evidence, 'bench');
    return [process.execPath, path.join(root, 'bin/run.js'), 'doctor', '--snapshot', file];
  };
  const [withRules, without] = [await doctor('firewalld', guarded), await doctor('plain', hosts)];
  console.log(headLine(pairs));
  comparePairs('doctor, firewalld', pairs, withRules, without);
} finally {
  rmSync(scratch, {recursive: true, force: true});
}
