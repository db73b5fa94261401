// One page on each screen: a desk's and a phone's, in light and in dark.

import assert from 'node:assert/strict';
import { assertAccessible } from './axe.mjs';
import { assertNoFaults, DESKTOP, hydrated, keepPicture, openPage, PHONE } from './browser.mjs';

/**
 * Looks at a page on each screen: nothing red in the console, nothing for axe to find, nothing that runs off the side.
 * A picture of each is kept.
 *
 * @param as a page of the person who looks
 * @param open leads a fresh page there
 */
export async function assertLooksGood(browser, as, name, open) {
    for (const [width, viewport] of Object.entries({ wide: DESKTOP, narrow: PHONE })) {
        for (const colorScheme of ['light', 'dark']) {
            const page = await openPage(browser, { as, viewport, colorScheme });
            await open(page);
            await hydrated(page);
            await page.locator('.skeleton').waitFor({ state: 'detached' });
            await inspect(page, `${name}-${width}-${colorScheme}`);
            await page.context().close();
        }
    }
}

async function inspect(page, name) {
    await keepPicture(page, name, { fullPage: !name.startsWith('dialog-') });
    await assertAccessible(page, name, { onlyColours: name.endsWith('-dark') });
    const overhang = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(overhang <= 0, `${name} is ${overhang} px too wide`);
    assertNoFaults(page);
}
