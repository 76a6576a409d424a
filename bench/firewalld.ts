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
import {derived, recordedEvidence, sectionOf} from '../test/support/evidence.js';
import {comparePairs, headLine} from './paired.js';

interface Listing {
  nftables: unknown[];
}

const pairs = Number(process.argv[2] ?? 30);
const root = fileURLToPath(new URL('..', import.meta.url));
const rules = JSON.parse(
  readFileSync(path.join(root, 'fixtures/recorded/filters/firewalld-open.json'), 'utf8'),
) as Listing;

const hosts = ['node1', 'node2'].map(recordedEvidence);
const guarded = hosts.map((host) =>
  derived(host, (draft) => {
    const section = sectionOf(draft, '@host', 'nft');
    const {nftables} = JSON.parse(section.output) as Listing;
    section.output = JSON.stringify({nftables: [...nftables, ...rules.nftables]});
  }),
);

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
