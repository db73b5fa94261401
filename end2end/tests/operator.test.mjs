// The people who run the instance: their console, a tenant that they suspend, and one that lets them look.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { signUp, somebody } from '../support/acts.mjs';
import { assertNoFaults, go, hydrated, keepPicture, launch, openPage } from '../support/browser.mjs';
import { furnishedTenant } from '../support/furnish.mjs';
import { assertLooksGood } from '../support/looks.mjs';
import { letterTo, linkIn } from '../support/mail.mjs';
import { codeOf } from '../support/totp.mjs';

/** Whom BULKHEAD_OPERATORS names: see run.sh. */
const OPERATOR = 'operator@example.com';

describe('the operator', () => {
    const grace = { ...somebody('Grace Hopper', 'The instance'), email: OPERATOR };
    let browser, page, ada, tenant;

    before(async () => {
        browser = await launch();
        ada = await furnishedTenant(browser);
        page = await openPage(browser);
        Object.assign(grace, await signUp(page, grace));
    });
    after(() => browser?.close());

    test('finds no console before address and second factor are there', async () => {
        const missing = async () => {
            assert.equal((await go(page, '/operator')).status(), 404);
            await page.getByRole('heading', { name: 'Nothing here' }).waitFor();
            assertNoFaults(page, { expectedStatus: 404 });
        };
        await missing();
        await go(page, linkIn(await letterTo(OPERATOR, /confirm/i), '/confirm-address'));
        await page.getByRole('button', { name: 'Confirm address' }).click();
        await page.waitForURL(/\/t\/[^/]+$/);
        await missing();
        await go(page, '/account');
        await page.getByRole('button', { name: 'Add an authenticator app' }).click();
        const secret = (await page.getByLabel('Key for your authenticator app').textContent()).trim();
        await page.getByLabel('Code', { exact: true }).fill(codeOf(secret));
        await page.getByRole('button', { name: 'Turn on' }).click();
        await page.getByText('Keep these recovery codes').waitFor();
        assert.equal((await go(page, '/operator')).status(), 200);
    });

    test('goes from the menu to the console and finds a tenant', async () => {
        await go(page, `/t/${grace.slug}`);
        await page.locator('button[popovertarget=person]').click();
        await page.getByRole('link', { name: 'Operator console' }).click();
        await page.getByRole('heading', { level: 1, name: 'Tenants' }).waitFor();
        await page.getByLabel('Name, address or id').fill(ada.slug);
        await page.getByRole('button', { name: 'Filter' }).click();
        await page.waitForURL(/search=/);
        await page.getByText('1 tenant', { exact: true }).waitFor();
        await page.getByRole('link', { name: ada.person.tenant }).click();
        await page.waitForURL(/\/operator\/tenants\//);
        tenant = new URL(page.url()).pathname;
        await page.getByRole('heading', { level: 1, name: ada.person.tenant }).waitFor();
        await page.getByRole('link', { name: ada.person.email }).waitFor();
        assertNoFaults(page);
    });

    test('the console looks good on each screen', async () => {
        for (const [name, path] of Object.entries({
            tenants: '/operator',
            tenant,
            usage: '/operator/usage',
            plans: '/operator/plans',
            jobs: '/operator/jobs',
            log: '/operator/log',
            'dialog-suspend': `${tenant}?dialog=suspend`,
        })) {
            const label = name.startsWith('dialog-') ? `${name}-operator` : `operator-${name}`;
            await assertLooksGood(browser, page, label, (look) => look.goto(path));
        }
    });

    test('to others the console is a page that is not there', async () => {
        const adas = await openPage(browser, { as: ada.page });
        for (const path of ['/operator', tenant, '/operator/jobs']) {
            assert.equal((await go(adas, path)).status(), 404, path);
            await adas.getByRole('heading', { name: 'Nothing here' }).waitFor();
        }
        await keepPicture(adas, 'operator-missing');
        assertNoFaults(adas, { expectedStatus: 404 });
        await adas.context().close();
    });

    test('suspends a tenant, whose people read why and cannot lift it', async () => {
        await go(page, tenant);
        await page.getByRole('link', { name: 'Suspend tenant' }).click();
        const dialog = page.getByRole('dialog', { name: 'Suspend tenant' });
        await dialog.getByRole('button', { name: 'Suspend tenant' }).click();
        await dialog.getByText('Please say why.').waitFor();
        await dialog.getByLabel('Reason').fill('Mails that nobody asked for');
        await dialog.getByRole('button', { name: 'Suspend tenant' }).click();
        await page.getByText(/Suspended by the operator since/).waitFor();
        await page.getByRole('button', { name: 'Resume tenant' }).waitFor();
        const letter = await letterTo(ada.person.email, /was suspended/);
        assert.match(letter, /Mails that nobody asked for/);
        const adas = await openPage(browser, { as: ada.page });
        await go(adas, `/t/${ada.slug}/tasks`);
        await adas.getByText(/Mails that nobody asked for/).first().waitFor();
        await go(adas, `/t/${ada.slug}/settings`);
        await adas.getByText(/until they lift it/).first().waitFor();
        await assertLooksGood(browser, ada.page, 'suspended-by-operator', (look) => look.goto(`/t/${ada.slug}/settings`));
        await adas.context().close();
        // Without scripts, too.
        const plain = await openPage(browser, { as: page, scripts: false });
        await plain.goto(tenant);
        await plain.getByRole('button', { name: 'Resume tenant' }).click();
        await plain.getByText('Resumed. The owners get a letter.').waitFor();
        await plain.context().close();
        assertNoFaults(page, { expectedStatus: 422 });
    });

    test('corrects a call, whose page says why', async () => {
        const adas = await openPage(browser, { as: ada.page });
        await go(adas, `/t/${ada.slug}/usage/calls`);
        const row = adas.locator('tbody tr').filter({ hasText: 'list_tasks' }).first();
        await row.getByRole('link').first().click();
        await adas.waitForURL(/\/usage\/calls\/./);
        const call = new URL(adas.url()).pathname;
        const fill = async (on, units) => {
            const card = on.locator('.card').filter({ has: on.getByRole('heading', { name: 'Correct a call' }) });
            await card.getByLabel('Call id').fill(call.split('/').pop());
            await card.getByLabel('Units').fill(units);
            await card.getByLabel('Reason').fill('Counted twice');
            await card.getByRole('button', { name: 'Correct' }).click();
            return card;
        };
        await go(page, tenant);
        const card = await fill(page, '-2');
        await card.getByText('No more can be taken off than the call counts: 1.').waitFor();
        await fill(page, '-1');
        await page.getByText('Corrected. The tenant reads why on the page of the call.').waitFor();
        await page.locator('tbody').getByText('Corrected the usage').first().waitFor();
        // Without scripts, too.
        const plain = await openPage(browser, { as: page, scripts: false });
        await plain.goto(tenant);
        const refused = await fill(plain, '-1');
        await refused.getByText('No more can be taken off than the call counts: 0.').waitFor();
        assert.equal(await refused.getByLabel('Reason').inputValue(), 'Counted twice');
        await fill(plain, '1');
        await plain.getByText('Corrected. The tenant reads why on the page of the call.').waitFor();
        await plain.context().close();
        await go(adas, call);
        await adas.locator('tbody').getByText('Counted twice').first().waitFor();
        await assertLooksGood(browser, ada.page, 'call-corrected', (look) => look.goto(call));
        assertNoFaults(adas);
        await adas.context().close();
        assertNoFaults(page, { expectedStatus: 422 });
    });

    test('looks at a tenant that lets them, and leaves', async () => {
        const adas = await openPage(browser, { as: ada.page });
        assert.equal((await go(page, `/t/${ada.slug}`)).status(), 404);
        await go(adas, `/t/${ada.slug}/settings`);
        const card = adas.locator('.card').filter({ has: adas.getByRole('heading', { name: 'Support access' }) });
        await card.getByLabel('For').selectOption('8 hours');
        await card.getByLabel('Reason').fill('Our agent gets 403 since this morning');
        await card.getByRole('button', { name: 'Let them look' }).click();
        await card.getByText(/The operator can look at this tenant until/).waitFor();
        await keepPicture(adas, 'support-allowed', { fullPage: true });

        await go(page, tenant);
        await page.getByText('Our agent gets 403 since this morning').waitFor();
        await page.getByRole('button', { name: 'Enter tenant' }).click();
        await page.waitForURL(new RegExp(`/t/${ada.slug}$`));
        await hydrated(page);
        await page.getByText(/You look at .* as an operator/).waitFor();
        for (const name of ['MCP clients', 'Usage', 'Tasks', 'Members']) {
            await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
            await page.getByRole('heading', { level: 1, name }).waitFor();
            await page.getByText(/You look at .* as an operator/).waitFor();
        }
        for (const path of ['', '/clients', '/tasks', '/settings']) {
            const name = `visit${path.replace('/', '-') || '-overview'}`;
            await assertLooksGood(browser, page, name, (look) => look.goto(`/t/${ada.slug}${path}`));
        }
        await go(page, `/t/${ada.slug}`);
        await page.getByRole('button', { name: 'Leave tenant' }).click();
        await page.waitForURL(new RegExp(`${tenant}$`));
        assert.equal((await go(page, `/t/${ada.slug}`)).status(), 404);

        await go(adas, `/t/${ada.slug}/audit`);
        await adas.locator('tbody').getByText('Entered the tenant to look at it').first().waitFor();
        await adas.locator('tbody').getByText(new RegExp(`Operator ${grace.name}`)).first().waitFor();
        assertNoFaults(adas);
        await adas.context().close();
        assertNoFaults(page, { expectedStatus: 404 });
    });

    test('is out as soon as the tenant ends it', async () => {
        await go(page, tenant);
        await page.getByRole('button', { name: 'Enter tenant' }).click();
        await page.waitForURL(new RegExp(`/t/${ada.slug}$`));
        const adas = await openPage(browser, { as: ada.page });
        await go(adas, `/t/${ada.slug}/settings`);
        await adas.getByRole('button', { name: 'End access now' }).click();
        await adas.getByRole('button', { name: 'Let them look' }).waitFor();
        assert.equal((await go(page, `/t/${ada.slug}/tasks`)).status(), 404);
        await go(page, '/operator/log');
        await page.getByText('Entered a tenant with its consent').first().waitFor();
        await page.getByText('Suspended a tenant').first().waitFor();
        await assertLooksGood(browser, page, 'operator-log-filled', (look) => look.goto('/operator/log'));
        assertNoFaults(adas);
        await adas.context().close();
        assertNoFaults(page, { expectedStatus: 404 });
    });
});
