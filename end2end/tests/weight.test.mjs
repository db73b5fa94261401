// What a first visit downloads, as Chromium counts it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertNoFaults, go, launch, openPage } from '../support/browser.mjs';

const LIMIT = 300 * 1024;

let browser;
before(async () => {
    browser = await launch();
});
after(() => browser?.close());

/** The compressed bytes of every script and WebAssembly file that the page fetched. */
function programs(page) {
    return page.evaluate(() =>
        performance
            .getEntriesByType('resource')
            .filter((entry) => /\.(js|wasm)$/.test(new URL(entry.name).pathname))
            .map((entry) => ({ name: entry.name.split('/').pop(), bytes: entry.encodedBodySize })),
    );
}

test('a first visit of /sign-up downloads at most 300 KiB of scripts and WebAssembly', async () => {
    const page = await openPage(browser);
    await go(page, '/sign-up');
    const fetched = await programs(page);
    const total = fetched.reduce((sum, { bytes }) => sum + bytes, 0);
    assert.ok(fetched.length >= 2 && fetched.every(({ bytes }) => bytes > 0), JSON.stringify(fetched));
    assert.ok(total <= LIMIT, `${total} bytes: ${JSON.stringify(fetched)}`);
    assertNoFaults(page);
});
