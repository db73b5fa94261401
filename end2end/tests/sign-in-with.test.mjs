// Signing in with an account elsewhere, at a real OpenID provider.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { signOut, signUp, somebody } from '../support/acts.mjs';
import { keepPicture, launch, openPage } from '../support/browser.mjs';
import { letterTo, linkIn } from '../support/mail.mjs';
import { assertNoFaultsOfOurs, signInThere } from '../support/provider.mjs';

for (const scripts of [true, false]) {
    describe(`signing in with an account elsewhere, ${scripts ? 'with' : 'without'} scripts`, () => {
        const grace = somebody('Grace Hopper', 'Harbour');
        const ada = somebody();
        let browser;

        before(async () => {
            browser = await launch();
        });
        after(() => browser?.close());

        /** The provider's page follows by itself. */
        const to = async (page, button) => {
            await page.getByRole('button', { name: button }).click();
            await page.locator('input[name=login]').waitFor();
        };

        test('somebody new signs up with it', async () => {
            const page = await openPage(browser, { scripts });
            await page.goto('/sign-up');
            await keepPicture(page, `sign-up-with-${scripts}`);
            await to(page, 'Sign up with Example Inc.');
            await signInThere(page, grace.email);
            await page.waitForURL(/\/sign-up\/with$/);
            await page.getByText(grace.email).waitFor();
            await keepPicture(page, `sign-up-with-name-${scripts}`);
            await page.getByLabel('Your name').fill(grace.name);
            await page.getByLabel('Company or team').fill(grace.tenant);
            await page.getByRole('button', { name: 'Create account' }).click();
            await page.waitForURL(/\/t\/[^/]+$/);
            if (scripts) assertNoFaultsOfOurs(page);
            await page.context().close();
        });

        test('and comes back with it', async () => {
            const page = await openPage(browser, { scripts });
            await page.goto('/sign-in');
            await to(page, 'Sign in with Example Inc.');
            await signInThere(page, grace.email);
            await page.waitForURL(/\/t\/[^/]+$/);
            await page.goto('/account');
            await page.getByText('You have none: you sign in with a passkey, a linked account').waitFor();
            await keepPicture(page, `account-linked-${scripts}`, { fullPage: true });
            if (scripts) assertNoFaultsOfOurs(page);
            await page.context().close();
        });

        test('who has an account links it first, and unlinks it again', async () => {
            const page = await openPage(browser, { scripts });
            await signUp(page, ada);
            await page.goto('/sign-in');
            await to(page, 'Sign in with Example Inc.');
            await signInThere(page, ada.email);
            await page.waitForURL(/failed=address-known/);
            await page.getByText('There is an account with this address already').waitFor();
            await page.goto(linkIn(await letterTo(ada.email, /Confirm your email/), '/confirm-address'));
            await page.getByRole('button', { name: /Confirm/ }).click();
            await page.waitForURL(/\/t\/[^/]+$/);
            await page.goto('/account');
            await page.getByRole('button', { name: 'Link Example Inc.' }).click();
            await page.waitForURL(/\/account\?linked=yes/);
            await page.getByText('The account is linked').waitFor();
            await letterTo(ada.email, /You can sign in with Example Inc/);
            const row = page.locator('#linked-accounts');
            await row.getByRole('button', { name: /Unlink/ }).click();
            await row.getByText('None yet.').waitFor();
            assert.equal(await row.getByRole('button', { name: /Unlink/ }).count(), 0);
            if (scripts) assertNoFaultsOfOurs(page);
            await page.context().close();
        });
    });
}
