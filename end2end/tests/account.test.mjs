// A person's own account: a confirmed address, a forgotten password, a second factor.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { signOut, signUp, somebody } from '../support/acts.mjs';
import { assertNoFaults, go, hydrated, keepPicture, launch, openPage } from '../support/browser.mjs';
import { letterTo, linkIn } from '../support/mail.mjs';
import { codeOf } from '../support/totp.mjs';

describe('an account', () => {
    const ada = somebody();
    let browser, page, secret, used;

    before(async () => {
        browser = await launch();
        page = await openPage(browser);
        Object.assign(ada, await signUp(page, ada));
    });
    after(() => browser?.close());

    test('its address is confirmed by a link', async () => {
        await go(page, linkIn(await letterTo(ada.email, /confirm/i), '/confirm-address'));
        await page.getByRole('button', { name: 'Confirm address' }).click();
        await page.waitForURL(/\/t\/[^/]+$/);
        await go(page, '/account');
        await page.getByText('Confirmed', { exact: true }).waitFor();
        assertNoFaults(page);
    });

    test('a second factor is added with an app', async () => {
        await go(page, '/account');
        await page.getByRole('button', { name: 'Add an authenticator app' }).click();
        secret = (await page.getByLabel('Key for your authenticator app').textContent()).trim();
        await keepPicture(page, 'account-enrolling');
        used = codeOf(secret);
        await page.getByLabel('Code', { exact: true }).fill(used);
        await page.getByRole('button', { name: 'Turn on' }).click();
        await page.getByText('Keep these recovery codes').waitFor();
        assert.equal(await page.locator('.recovery-codes li').count(), 10);
        await keepPicture(page, 'account-recovery-codes');
        assertNoFaults(page);
    });

    test('signing in asks for a code, and takes none twice', async () => {
        await go(page, `/t/${ada.slug}`);
        await signOut(page);
        await signInTo(page, ada);
        await page.getByLabel('Code').fill(used);
        await page.getByRole('button', { name: 'Sign in', exact: true }).click();
        await page.getByText(/used already/).first().waitFor();
        await page.getByLabel('Code').fill(codeOf(secret, 1));
        await page.getByRole('button', { name: 'Sign in', exact: true }).click();
        await page.waitForURL(/\/t\/[^/]+$/);
    });

    test('a forgotten password is replaced by a link', async () => {
        const elsewhere = await openPage(browser);
        await go(elsewhere, '/forgot');
        await elsewhere.getByLabel('Email').fill(ada.email);
        await elsewhere.getByRole('button').last().click();
        await go(elsewhere, linkIn(await letterTo(ada.email, /password/i), '/reset'));
        ada.password = 'another battery staple';
        await elsewhere.getByLabel(/password/i).first().fill(ada.password);
        await elsewhere.getByRole('button').last().click();
        await elsewhere.waitForURL(/\/sign-in/);
        await hydrated(elsewhere);
        await elsewhere.context().close();
        // Every other session has ended with the old password.
        await page.goto(`/t/${ada.slug}`);
        await page.waitForURL(/\/sign-in/);
    });

    async function signInTo(page, { email, password }) {
        await go(page, '/sign-in');
        await page.getByLabel('Email').fill(email);
        await page.getByLabel('Password').fill(password);
        await page.getByRole('button', { name: 'Sign in', exact: true }).click();
        await page.waitForURL(/\/sign-in\/code/);
    }
});
