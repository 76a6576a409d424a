import assert from 'node:assert/strict';
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {Ajv2020} from 'ajv/dist/2020.js';
import {runDecode} from '../packet/run-decode.js';
import {asPackets, fragmentSamples, samples, tunnelSamples} from '../packet/samples.js';
import {pcap} from '../pcap/build.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const schema = (name: string): object => JSON.parse(readFileSync(path.join(root, 'schemas', name), 'utf8'));
const ajv = new Ajv2020({allErrors: true, strict: false});
const isPacket = ajv.compile(schema('decode.json'));
const isSummary = ajv.compile(schema('decode-summary.json'));
const isPiece = ajv.compile(schema('decode-follow.json'));

const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-schema-'));
after(() => rmSync(folder, {recursive: true, force: true}));
const rare = path.join(folder, 'rare.pcap');
writeFileSync(
  rare,
  pcap(
    asPackets([
      ...Object.values(samples()),
      ...Object.values(fragmentSamples()).flat(),
      ...Object.values(tunnelSamples()),
    ]),
  ),
);
const text = path.join(folder, 'text');
writeFileSync(text, 'text');

const captures = path.join(root, 'fixtures/captures');
const files = [
  ...readdirSync(captures)
    .filter((name) => /pcap/.test(name))
    .map((name) => path.join(captures, name)),
  rare,
];
const snapshot = ['--snapshot', path.join(root, 'fixtures/recorded/node1.json.gz')];

describe('the documents of decode --json follow their schemas', () => {
  for (const [name, flags] of [
    ['packets', []],
    ['packets with names', snapshot],
  ] as const) {
    it(name, () => {
      const {stdout} = runDecode(['--json', '--all', text, ...files, ...flags]);
      const lines = stdout.trimEnd().split('\n');
      assert.ok(lines.length > 200);
      for (const line of lines)
        assert.ok(isPacket(JSON.parse(line)), `${line} ${ajv.errorsText(isPacket.errors)}`);
    });
  }

  for (const flags of [
    ['--flows'],
    ['--stats'],
    ['--flows', '--stats', '--all'],
    ['--flows', '--stats', ...snapshot],
  ]) {
    it(flags.slice(0, 3).join(' '), () => {
      const document = JSON.parse(runDecode(['--json', ...flags, ...files]).stdout);
      assert.ok(isSummary(document), ajv.errorsText(isSummary.errors));
    });
  }

  it('--follow', () => {
    const capture = path.join(captures, 'lab-tcp.pcap');
    const {stdout} = runDecode(['--json', '--follow', '10.0.1.9:80', text, capture]);
    const pieces = stdout.trimEnd().split('\n');
    assert.ok(pieces.length > 2);
    for (const line of pieces)
      assert.ok(isPiece(JSON.parse(line)), `${line} ${ajv.errorsText(isPiece.errors)}`);
    assert.ok(pieces.some((line) => JSON.parse(line).base64 !== undefined));
  });

  it('the schemas can refuse', () => {
    assert.equal(isPacket({frame: 1}), false);
    assert.equal(isSummary({schemaVersion: 1, hosts: [], files: [], more: 1}), false);
  });
});
