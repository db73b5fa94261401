// One person in several tenants, and several tenants on one server.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { registerClient, signUp, somebody } from '../support/acts.mjs';
import { assertNoFaults, BASE, go, hydrated, keepPicture, launch, openPage } from '../support/browser.mjs';
import { furnishedTenant } from '../support/furnish.mjs';

describe('tenants', () => {
    let browser, ada, bob, page;

    before(async () => {
        browser = await launch();
        ada = await furnishedTenant(browser);
        const other = await openPage(browser, { scripts: false });
        bob = { ...(await signUp(other, somebody('Bob', 'Somewhere Else'))), page: other };
        page = await openPage(browser, { as: ada.page });
    });
    after(() => browser?.close());

    test('a second tenant is made in the settings, and is empty', async () => {
        await go(page, `/t/${ada.slug}/settings`);
        const card = page.locator('.card').filter({ has: page.getByRole('heading', { name: 'Another tenant' }) });
        await card.getByLabel('Name').fill('Second Venture');
        await card.getByRole('button', { name: 'Create tenant' }).click();
        await page.waitForURL(/\/t\/second-venture[^/]*$/);
        ada.second = new URL(page.url()).pathname;
        await go(page, `${ada.second}/tasks`);
        await page.getByText('No task yet').waitFor();
        await go(page, `${ada.second}/clients`);
        await page.getByText('No client yet').waitFor();
        assertNoFaults(page);
    });

    test('the switcher leads from one to the other', async () => {
        await go(page, `${ada.second}/tasks`);
        await page.getByRole('button', { name: 'Switch tenant' }).click();
        await keepPicture(page, 'tenant-switcher');
        await page.getByRole('link', { name: /Analytical Engines/ }).click();
        await page.waitForURL(new RegExp(`/t/${ada.slug}`));
        await go(page, `/t/${ada.slug}/tasks`);
        await page.getByText('Renew the certificate').first().waitFor();
        assertNoFaults(page);
    });

    test('another’s page looks like one that does not exist', async () => {
        const bobs = bob.page;
        const client = await registerClient(bobs, bob.slug, { name: 'Bob’s' });
        const mine = (path) => path.replace(/^\/t\/[^/]+/, `/t/${bob.slug}`);
        const missing = ['/t/never-existed', `/t/${bob.slug}/clients/${crypto.randomUUID()}`];
        const foreign = [
            `/t/${ada.slug}`,
            `/t/${ada.slug}/clients`,
            `/t/${ada.slug}/usage`,
            `/t/${ada.slug}/tasks`,
            `/t/${ada.slug}/settings`,
            ada.client,
            ada.task,
            mine(ada.client),
            mine(ada.task),
        ];
        for (const path of [...missing, ...foreign]) {
            const response = await bobs.goto(path);
            assert.equal(response.status(), 404, path);
            const words = await bobs.locator('#main').last().innerText();
            assert.match(words, /Nothing here/, path);
            assert.doesNotMatch(await bobs.content(), /Analytical|Night agent|Renew/, path);
        }
        const live = await fetch(`${BASE}/t/${ada.slug}/usage/live`, { headers: { cookie: await cookies(bobs) } });
        assert.equal(live.status, 404);
        assert.equal((await bobs.goto(client)).status(), 200);
    });

    test('hydrating a page of nobody’s goes quietly', async () => {
        const visitor = await openPage(browser, { as: bob.page });
        await go(visitor, `/t/${ada.slug}/tasks`);
        await hydrated(visitor);
        await visitor.getByRole('heading', { name: 'Nothing here' }).waitFor();
        assertNoFaults(visitor, { expectedStatus: 404 });
    });
});

async function cookies(page) {
    return (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
}
