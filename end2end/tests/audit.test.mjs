// The audit log: looking for an act, seeing what it changed, and proving that nobody rewrote it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { assertNoFaults, go, keepPicture, launch, openPage, OUTPUT } from '../support/browser.mjs';
import { registerClient, signUp } from '../support/acts.mjs';

const run = promisify(execFile);
const BULKHEAD = process.env.BULKHEAD_E2E_BINARY ?? new URL('../../target/release/bulkhead', import.meta.url).pathname;

describe('the audit log', () => {
    let browser, page, slug;

    before(async () => {
        browser = await launch();
        page = await openPage(browser);
        ({ slug } = await signUp(page));
        await registerClient(page, slug, { name: 'Night agent' });
        await registerClient(page, slug, { name: 'Day agent' });
    });
    after(() => browser?.close());

    test('an act is found by a word and shows what it changed', async () => {
        await go(page, `/t/${slug}/audit`);
        await page.getByText('Live', { exact: true }).waitFor();
        await keepPicture(page, 'audit-log');
        await page.getByRole('searchbox', { name: 'Search' }).fill('Night');
        await page.keyboard.press('Enter');
        await page.getByText('1 of 3 rows match.').waitFor();
        const row = page.locator('tbody tr');
        await row.getByRole('link').first().click();
        await page.waitForURL(/\/audit\/\d+$/);
        await page.getByText('Night agent').first().waitFor();
        await keepPicture(page, 'audit-row');
        assertNoFaults(page);
    });

    test('its export is verified offline, and a forged one is found out', async () => {
        await go(page, `/t/${slug}/audit?dialog=export`);
        const coming = page.waitForEvent('download');
        await page.getByRole('link', { name: /Download JSONL \(3 rows\)/ }).click();
        const path = join(OUTPUT, 'audit.jsonl');
        await (await coming).saveAs(path);
        const whole = await run(BULKHEAD, ['verify-audit', path]);
        assert.match(whole.stdout + whole.stderr, /OK: rows 1 to 3/);
        await writeFile(path, (await readFile(path, 'utf8')).replace('Night agent', 'Light agent'));
        const forged = await run(BULKHEAD, ['verify-audit', path]).catch((error) => error);
        assert.notEqual(forged.code ?? 0, 0, 'a forged export passes');
        assert.match(forged.stdout + forged.stderr, /\b2\b/, 'the first bad row is named');
    });
});
