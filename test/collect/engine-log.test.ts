import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {parseEngineLog} from '../../src/model/engine-log.js';
import {onlyReads} from '../support/read-only-programs.js';

const collector = readFileSync(
  fileURLToPath(new URL('../../src/collect/shell/collector.sh', import.meta.url)),
  'utf8',
);
const picker = /^log_signatures="[\s\S]*?^pick_log\(\) \{\n[\s\S]*?^\}$/m.exec(collector)?.[0] ?? '';

const pick = (...lines: string[]) =>
  execFileSync('sh', ['-c', `${picker}\npick_log`], {input: `${lines.join('\n')}\n`, encoding: 'utf8'});
const entry = (minute: number, message: string, level = 'error') =>
  `time="2026-11-29T21:${minute}:00.1Z" level=${level} msg="${message}"`;

describe("the lines that are picked of an engine's log", () => {
  it('are warnings and errors with a known signature, like ones together', () => {
    const taken = 'Failed to add ingress: listen tcp 0.0.0.0:8080: bind: address already in use';
    const picked = pick(
      entry(10, taken),
      entry(11, 'something else'),
      entry(12, taken),
      entry(13, taken, 'debug'),
      entry(14, 'overlay: failed to add peer entry', 'warning'),
    );
    assert.deepEqual(
      parseEngineLog(picked).map(({kind, count, first, last}) => [kind, count, first, last]),
      [
        ['ingress', 2, '2026-11-29T21:10:00.1Z', '2026-11-29T21:12:00.1Z'],
        ['entry', 1, '2026-11-29T21:14:00.1Z', '2026-11-29T21:14:00.1Z'],
      ],
    );
  });

  it('hold no key, and no more than 160 characters and 200 groups', () => {
    const key = 'f'.repeat(40);
    assert.equal(
      pick(entry(10, `Failed to add SA: {Key: ${key} %!s(PANIC=String method: nil)}`, 'warning')).trim(),
      'keys 1 2026-11-29T21:10:00.1Z 2026-11-29T21:10:00.1Z',
    );
    const many = Array.from({length: 300}, (_, index) =>
      entry(10, `Failed to create real server 10.0.0.${index} ${'x'.repeat(400)}`),
    );
    const lines = pick(...many)
      .trim()
      .split('\n');
    assert.equal(lines.length, 200);
    assert.ok(lines.every((line) => line.length < 240));
  });

  it('are picked by a program that only reads', () => {
    const text = /awk '([^']*)'/.exec(picker)?.[1] ?? '';
    assert.ok(onlyReads(['awk', text]));
    assert.ok(!onlyReads(['awk', `${text} { print > "/tmp/file" }`]));
    assert.ok(!onlyReads(['awk', `${text} { system("true") }`]));
  });

  it('have kinds that are known', () => {
    const kinds = [...picker.matchAll(/^(?:log_signatures=")?([a-z]+)=/gm)].map(([, kind]) => kind);
    for (const kind of kinds)
      assert.equal(parseEngineLog(`${kind} 1 - - (connectivity issues)`).length, 1, kind);
  });
});
