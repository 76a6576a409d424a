import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {describe, it} from 'node:test';
import {scriptJson} from '../../../src/render/report/data.js';
import {recordedEvidence} from '../../support/evidence.js';
import {reportPage} from '../../support/reports.js';

const both = (folder = '') => ['node1', 'node2'].map((name) => recordedEvidence(`${folder}${name}`));
const html = await reportPage(both('fdb-row-missing/'));

describe('the file of a report', () => {
  it('allows its own script and style by their hash, and nothing else', () => {
    const [, policy = ''] = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(html) ?? [];
    const hashOf = (text = '') => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const [, style] = /<style>([\s\S]*?)<\/style>/.exec(html) ?? [];
    const [, script] = /<script>([\s\S]*?)<\/script>/.exec(html) ?? [];
    assert.equal(
      policy,
      `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; base-uri 'none'; form-action 'none'`,
    );
  });

  it('names nothing that is elsewhere', () => {
    assert.doesNotMatch(html, /<[^>]+ (?:src|srcset|action|poster|xlink:href)=/);
    assert.doesNotMatch(html, /<(?:link|iframe|object|embed|base|form)\b/);
    assert.deepEqual([...new Set([...html.matchAll(/ href="([^#][^"]*)"/g)].map(([, to]) => to))], []);
    const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(html) ?? [];
    assert.doesNotMatch(style, /url\(|@import|@font-face/);
  });

  it('has the verdict, the cause and the fix before everything else', () => {
    // Words of commands have elements of their own.
    const plain = html.replaceAll(/<span class="word">([^<]*)<\/span>/g, '$1');
    const at = (text: string) => {
      const found = plain.indexOf(text);
      assert.ok(found > 0, text);
      return found;
    };
    const order = [
      'A remote endpoint has no FDB entry',
      '2026-11-21 09:51:03 UTC',
      '>Cause<',
      '>Fix, as root on node1<',
      'bridge fdb replace',
      '>Also found<',
      'id="findings"',
    ];
    const places = order.map(at);
    assert.deepEqual(
      places,
      [...places].sort((a, b) => a - b),
    );
  });

  it('says whether names are real', async () => {
    assert.match(html, /not redacted: names and addresses are real/);
    const redacted = await reportPage(both().map((evidence) => ({...evidence, redacted: true as const})));
    assert.match(redacted, /redacted: names, addresses and ids are replaced/);
    assert.doesNotMatch(redacted, /not redacted/i);
  });

  it('says how far the readings are apart, and warns where that is too far', async () => {
    assert.match(html, /Readings apart<\/dt><dd>3 s</);
    const [first, second] = both();
    assert.ok(first && second);
    const late = {...second, startedAt: '2026-11-21T11:00:00.000Z', finishedAt: '2026-11-21T11:00:01.000Z'};
    assert.match(await reportPage([first, late]), /differences between hosts may only be older/);
  });

  it('is the same for the same evidence', async () => {
    const again = await reportPage(both('fdb-row-missing/'));
    assert.equal(again, html);
  });
});

describe('JSON in a script element', () => {
  it('neither ends it nor begins a comment, and reads as what went in', () => {
    const value = {'</script>': '<!-- <script> & \u2028\u2029 ]]>'};
    const text = scriptJson(value);
    assert.doesNotMatch(text, /[<>&\u2028\u2029]/);
    assert.deepEqual(JSON.parse(text), value);
  });
});
