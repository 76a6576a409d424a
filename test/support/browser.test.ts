import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {browserSuite, useBrowser} from './browser.js';

describe('the browser of the tests', browserSuite(), () => {
  const browser = useBrowser();

  it('shows a page with what its script made of it', async () => {
    const page = await browser().newPage();
    await page.setContent(
      '<h1>before</h1><script>document.querySelector("h1").textContent = "after"</script>',
    );
    assert.equal(await page.textContent('h1'), 'after');
    await page.close();
  });
});
