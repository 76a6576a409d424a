import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {describe, it} from 'node:test';
import {execa} from 'execa';
import {renderDot} from '../../../src/render/graph/dot.js';
import {renderMermaid} from '../../../src/render/graph/mermaid.js';
import {browserSuite, useBrowser} from '../../support/browser.js';
import {hostileSwarm, pictures} from './pictures.js';

const graphviz = await execa('dot', ['-V'], {reject: false}).then(({exitCode}) => exitCode === 0);
const isRequired = process.env['OVDIAG_LAB_REQUIRED'] === '1';

describe('a picture for Graphviz', {skip: graphviz || isRequired ? false : 'dot is not installed'}, () => {
  for (const {name, document} of [...pictures, hostileSwarm])
    it(`is drawn without a word: ${name}`, async () => {
      const text = renderDot(await document(), {indexes: true});
      assert.match(text, /^[\n\u0020-\u007e]*$/);
      const {stdout, stderr} = await execa('dot', ['-Tsvg'], {input: text, timeout: 600_000});
      assert.equal(stderr, '');
      assert.match(stdout, /<\/svg>/);
      assert.doesNotMatch(stdout, /<(script|image|a)\b/);
    });
});

/** Mermaid's flowcharts are parsed by what needs a document to clean texts with. */
const mermaid = path.join(path.dirname(createRequire(import.meta.url).resolve('mermaid')), 'mermaid.min.js');

describe('a picture for Mermaid', browserSuite(), () => {
  const browser = useBrowser();

  it('is a flowchart to its own parser, whatever the names are', async () => {
    const page = await browser().newPage();
    await page.setContent('<!doctype html><title>parser</title>');
    await page.addScriptTag({content: readFileSync(mermaid, 'utf8')});
    for (const {name, document} of [...pictures, hostileSwarm]) {
      const text = renderMermaid(await document(), {indexes: true});
      assert.match(text, /^[\n\u0020-\u007e]*$/);
      const kind = await page.evaluate<string>(
        `mermaid.parse(${JSON.stringify(text)}).then(({diagramType}) => diagramType, (error) => error.message)`,
      );
      assert.match(kind, /^flowchart/, name);
    }
    const wrong = await page.evaluate<boolean>(
      `mermaid.parse('flowchart LR\\n a[ --> ]b').then(() => true, () => false)`,
    );
    assert.equal(wrong, false, 'the parser refuses what is none');
    await page.close();
  });
});
