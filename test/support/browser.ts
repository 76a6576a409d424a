/** A headless Chromium for tests of what a browser does with a file: Debian's own, driven by playwright-core. */
import {existsSync} from 'node:fs';
import {after, before} from 'node:test';
import {type Browser, chromium} from 'playwright-core';

/** Of Debian's package `chromium`. */
const executable = '/usr/bin/chromium';

/** For `describe`: skips a suite, with the reason, where there is no browser; where the lab is required there must be one. */
export function browserSuite(): {skip: string | false} {
  const isRequired = process.env['OVDIAG_LAB_REQUIRED'] === '1';
  return {skip: existsSync(executable) || isRequired ? false : `no browser here: ${executable} is missing`};
}

/** Starts a browser with an empty profile of its own; close it by `close()`. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: executable,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Called in a suite's body, it has a browser started before the suite's first test and closed after its last. */
export function useBrowser(): () => Browser {
  let browser: Browser | undefined;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser?.close());
  return () => {
    if (!browser) throw new Error('the browser is started before the first test');
    return browser;
  };
}
