// Passkeys: added, used in place of a password and of a code, copied, removed.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { signIn, signOut, signUp, somebody } from '../support/acts.mjs';
import { assertAccessible } from '../support/axe.mjs';
import { BASE, PHONE, assertNoFaults, go, keepPicture, launch, openPage } from '../support/browser.mjs';
import { letterTo } from '../support/mail.mjs';
import { NAMED, deviceOf } from '../support/passkeys.mjs';

describe('passkeys', () => {
    const ada = somebody();
    let browser, page, device;

    before(async () => {
        browser = await launch();
        page = await openPage(browser, { baseURL: NAMED });
        device = await deviceOf(page);
        Object.assign(ada, await signUp(page, ada));
    });
    after(() => browser?.close());

    const card = () => page.locator('#passkeys');
    const withPasskey = () => page.getByRole('button', { name: 'Sign in with a passkey' });

    test('one is added, with recovery codes', async () => {
        await go(page, '/account');
        await page.getByText('No passkeys yet').waitFor();
        await page.getByRole('button', { name: 'Add a passkey' }).click();
        await card().getByText('Chrome on Linux').waitFor();
        await page.getByText('Keep these recovery codes').waitFor();
        assert.equal(await page.locator('.recovery-codes li').count(), 10);
        const [{ isResidentCredential, rpId }] = await device.credentials();
        assert.deepEqual({ isResidentCredential, rpId }, { isResidentCredential: true, rpId: 'localhost' });
        await keepPicture(page, 'passkeys-added', { fullPage: true });
        await letterTo(ada.email, /passkey was added/);
        assertNoFaults(page);
    });

    test('the same device does not make a second one', async () => {
        await page.getByRole('button', { name: 'Add a passkey' }).click();
        await page.getByText('has a passkey for your account already').waitFor();
        assert.equal((await device.credentials()).length, 1);
    });

    test('it is given a name', async () => {
        await card().getByRole('link', { name: 'Rename' }).click();
        const dialog = page.getByRole('dialog', { name: 'Rename passkey' });
        await keepPicture(page, 'passkeys-rename');
        await dialog.getByLabel('Name').fill('Work laptop');
        await dialog.getByRole('button', { name: 'Rename' }).click();
        await dialog.waitFor({ state: 'hidden' });
        await card().getByText('Work laptop').waitFor();
        assertNoFaults(page);
    });

    test('the card is fine at both widths and in both themes', async () => {
        for (const colorScheme of ['light', 'dark']) {
            const narrow = await openPage(browser, { baseURL: NAMED, as: page, viewport: PHONE, colorScheme });
            await go(narrow, '/account');
            await narrow.getByText('Work laptop').waitFor();
            await keepPicture(narrow, `passkeys-narrow-${colorScheme}`, { fullPage: true });
            await assertAccessible(narrow, `passkeys-${colorScheme}`);
            const overhang = await narrow.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
            assert.ok(overhang <= 0, `${overhang} px too wide`);
            assertNoFaults(narrow);
            await narrow.context().close();
        }
    });

    test('it signs in without an address and without a password', async () => {
        await go(page, `/t/${ada.slug}`);
        await signOut(page);
        await go(page, '/sign-in?next=%2Faccount');
        await keepPicture(page, 'passkeys-sign-in');
        await withPasskey().click();
        await page.waitForURL(/\/account$/);
        await card().getByText('last used').waitFor();
        assertNoFaults(page);
    });

    test('it answers after a password, and where the person is asked again', async () => {
        await go(page, '/step-up');
        await page.getByRole('button', { name: 'Use a passkey' }).click();
        await page.waitForURL(/\/account$/);
        await go(page, `/t/${ada.slug}`);
        await signOut(page);
        await page.getByLabel('Email').fill(ada.email);
        await page.getByLabel('Password').fill(ada.password);
        await page.getByRole('button', { name: 'Sign in', exact: true }).click();
        await page.waitForURL(/\/sign-in\/code/);
        await page.getByRole('button', { name: 'Use a passkey' }).waitFor();
        await keepPicture(page, 'passkeys-second-step');
        await assertAccessible(page, 'passkeys-second-step');
        await page.getByRole('button', { name: 'Use a passkey' }).click();
        await page.waitForURL(/\/t\/[^/]+$/);
        assertNoFaults(page);
    });

    test('without its person it does nothing', async () => {
        await signOut(page);
        await device.verify(false);
        await withPasskey().click();
        await page.getByText('Nothing was done').waitFor();
        await device.verify(true);
        await withPasskey().click();
        await page.waitForURL(/\/t\/[^/]+$/);
        assertNoFaults(page);
    });

    test('a copy is refused and told', async () => {
        const [credential] = await device.credentials();
        assert.ok(credential.signCount > 2, `${credential.signCount} signatures`);
        await signOut(page);
        await device.replace(credential, 1);
        await withPasskey().click();
        await page.getByText('may have been copied').waitFor();
        await letterTo(ada.email, /passkey was refused/);
        await device.replace(credential, credential.signCount);
        assertNoFaults(page, { expectedStatus: 422 });
    });

    test('a removed one opens nothing, and then the password is enough', async () => {
        await withPasskey().click();
        await page.waitForURL(/\/t\/[^/]+$/);
        await go(page, '/account');
        await card().getByRole('button', { name: 'Remove Work laptop' }).click();
        await page.getByText('No passkeys yet').waitFor();
        await letterTo(ada.email, /passkey was removed/);
        await go(page, `/t/${ada.slug}`);
        await signOut(page);
        await withPasskey().click();
        await page.getByText('not known here').waitFor();
        page.faults.splice(0);
        await signIn(page, ada);
        assertNoFaults(page);
    });

    test('an address without a name says where passkeys work', async () => {
        const elsewhere = await openPage(browser, { baseURL: BASE });
        await signIn(elsewhere, ada);
        await go(elsewhere, '/account');
        await elsewhere.getByText(`open ${NAMED} to use yours`).waitFor();
        await keepPicture(elsewhere, 'passkeys-by-number', { fullPage: true });
        assertNoFaults(elsewhere);
        await elsewhere.context().close();
    });

    test('without scripts nothing offers what would not work', async () => {
        const plain = await openPage(browser, { baseURL: NAMED, scripts: false, as: page });
        await plain.goto('/account');
        assert.match(await plain.locator('#passkeys .needs-scripts').textContent(), /needs JavaScript/);
        assert.equal(await plain.getByRole('button', { name: 'Add a passkey' }).count(), 0);
        await plain.goto('/sign-in');
        assert.equal(await plain.getByRole('button', { name: /passkey/ }).count(), 0);
        await plain.context().close();
    });
});
