// How much clients may call, and what that costs: limits that a tenant sets itself, quotas of keys, what other limits would
// have refused, and the plan behind them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { signUp } from '../support/acts.mjs';
import { assertNoFaults, go, launch, openPage } from '../support/browser.mjs';

describe('limits', () => {
    let browser, page, slug, at;

    before(async () => {
        browser = await launch();
        page = await openPage(browser);
        ({ slug } = await signUp(page));
        at = (rest) => `/t/${slug}${rest}`;
    });
    after(() => browser?.close());

    test('the sidebar leads there, and nothing limits a tenant of its own company', async () => {
        await go(page, at(''));
        await page.getByRole('link', { name: 'Limits', exact: true }).click();
        await page.getByText('Nothing limits them.').waitFor();
        await page.getByText('No keys that work').waitFor();
        assertNoFaults(page);
    });

    test('what is wrong is said at its field, and a quota is shown as a bar', async () => {
        await page.getByLabel('Units a month').first().fill('many');
        await page.getByRole('button', { name: 'Save limits' }).click();
        await page.locator('[name=monthly_units][aria-invalid=true]').waitFor();
        assertNoFaults(page, { expectedStatus: 422 });
        await page.locator('[name=monthly_units]').fill('1,000');
        await page.getByRole('checkbox', { name: /^Refuse calls/ }).check();
        await page.getByRole('button', { name: 'Save limits' }).click();
        await page.getByText('0 of 1,000 (0%)').waitFor();
        await page.getByText(/Calls are refused after 1,000 units/).waitFor();
        await page.getByRole('meter', { name: 'Units of this month' }).waitFor();
    });

    test('the plan says what it has, and limits lead there and back', async () => {
        await page.getByRole('link', { name: 'Plan', exact: true }).click();
        await page.getByRole('heading', { name: 'Self-hosted: free' }).waitFor();
        await page.getByRole('link', { name: 'Limits', exact: true }).last().click();
        await page.getByRole('heading', { level: 1, name: 'Limits' }).waitFor();
        assertNoFaults(page, { expectedStatus: 422 });
    });
});

describe('limits without scripts', () => {
    let browser, page;

    before(async () => {
        browser = await launch();
        page = await openPage(browser, { scripts: false });
    });
    after(() => browser?.close());

    test('limits are set, and another limit is asked about', async () => {
        const { slug } = await signUp(page);
        await page.goto(`/t/${slug}/limits`);
        await page.locator('[name=monthly_units]').fill('50');
        await page.getByRole('button', { name: 'Save limits' }).click();
        await page.getByText('0 of 50 (0%)').waitFor();
        await page.locator('input[name=units]').fill('10');
        await page.getByRole('button', { name: 'Try it' }).click();
        await page.waitForURL(/units=10/);
        await page.getByText('A quota of 10 units would have refused nothing.').waitFor();
        assert.equal(await page.locator('input[name=units]').inputValue(), '10');
    });
});
