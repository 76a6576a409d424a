import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {BOTH, labMissing, openLab, readBoth, TEXT_ONLY} from './lab.js';
import {fixture, parsersFor} from './support.js';

/** Text and JSON of one table, read alike. */
function assertAlike(command: string, text: string, json: string): void {
  const parsers = parsersFor(command);
  const fromText = parsers.text(text);
  const fromJson = parsers.json(json);
  assert.deepEqual(fromText.problems, [], command);
  assert.deepEqual(fromJson.problems, [], command);
  assert.ok(fromJson.rows.length > 0, command);
  assert.deepEqual(fromText.rows, fromJson.rows, command);
}

describe('text and JSON of one table give the same model', () => {
  for (const {name, command} of BOTH) {
    test(`recorded: ${command} (${name})`, () => {
      assertAlike(command, fixture(`iproute/${name}.txt`), fixture(`iproute/${name}.json`));
    });
  }

  const missing = labMissing();
  test('live', {skip: missing ?? false}, async () => {
    const lab = await openLab();
    try {
      for (const {place, command} of BOTH) {
        const {text, json} = await readBoth(lab, place, command);
        assertAlike(command, text, json);
      }
      for (const {place, command} of TEXT_ONLY.filter(({name}) => /addr|link/.test(name))) {
        const {rows, problems} = parsersFor(command).text(lab.read(place, command));
        assert.deepEqual(problems, [], command);
        assert.ok(rows.length > 0, command);
      }
    } finally {
      lab.close();
    }
  });
});
