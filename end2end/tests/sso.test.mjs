// A company lets its people in by its own provider: set up, tested, enforced, and used by two people.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { signUp, somebody } from '../support/acts.mjs';
import { assertAccessible } from '../support/axe.mjs';
import { keepPicture, launch, openPage, PHONE } from '../support/browser.mjs';
import { CLIENT, PROVIDER, SECRET, setRecord, signInThere, vouchFor } from '../support/provider.mjs';

describe('single sign-on of a company', () => {
    const domain = `${randomBytes(4).toString('hex')}.example`;
    const ada = { ...somebody(), email: `ada@${domain}` };
    const grace = `grace@${domain}`;
    let browser, page, slug;

    before(async () => {
        browser = await launch();
        page = await openPage(browser, { scripts: false });
        ({ slug } = await signUp(page, ada));
    });
    after(() => browser?.close());

    test('nothing is set up, and the page says how to begin', async () => {
        await page.goto(`/t/${slug}/settings`);
        await page.getByRole('link', { name: 'Set up single sign-on' }).click();
        await page.getByText('Begin with the domain behind the @').waitFor();
        await keepPicture(page, 'sso-empty', { fullPage: true });
    });

    test('a domain is verified by a record', async () => {
        await page.getByLabel('Domain', { exact: true }).fill(domain);
        await page.getByRole('button', { name: 'Add domain' }).click();
        const record = page.getByLabel(`TXT record of ${domain}`);
        const text = (await record.textContent()).trim();
        assert.match(text, /^bulkhead-domain-verification=\w{43}$/);
        await page.getByRole('button', { name: 'Look for the record' }).click();
        await page.getByText('No TXT record of the domain says this yet').waitFor();
        await setRecord(domain, text);
        await page.getByRole('button', { name: 'Look for the record' }).click();
        await page.getByText('Verified', { exact: true }).waitFor();
    });

    test('a provider is connected and tested', async () => {
        await page.getByLabel('Issuer').fill(PROVIDER);
        await page.getByLabel('Client ID').fill(CLIENT);
        await page.getByLabel('Client secret').fill(SECRET);
        await page.getByLabel('Roles of groups').fill('Platform = developer');
        await page.getByRole('button', { name: 'Save connection' }).click();
        await page.getByText('Not tested').waitFor();
        await page.getByRole('button', { name: 'Test the connection' }).click();
        await signInThere(page, ada.email);
        await page.waitForURL(/\/sso\?tested=yes$/);
        await page.getByText('It works').waitFor();
        await keepPicture(page, 'sso-tested', { fullPage: true });
        assert.ok(!(await page.content()).includes(SECRET));
    });

    test('it is enforced', async () => {
        await page.getByRole('switch', { name: 'Single sign-on required' }).click();
        await page.getByText(`${ada.name} can still sign in by password`).waitFor();
    });

    test('somebody comes by it for the first time and is a member', async () => {
        await vouchFor(grace, { groups: ['Platform'] });
        const graces = await openPage(browser, { scripts: false });
        await graces.goto('/sign-in');
        await graces.getByRole('link', { name: 'Continue with SSO' }).click();
        await keepPicture(graces, 'sign-in-sso');
        await graces.getByLabel('Work email').fill(grace);
        await graces.getByRole('button', { name: 'Continue with SSO' }).click();
        await signInThere(graces, grace);
        await graces.waitForURL(new RegExp(`/t/${slug}$`));
        await page.goto(`/t/${slug}/members`);
        await page.getByRole('row', { name: new RegExp(grace) }).getByText(/developer/i).waitFor();
        await graces.context().close();
    });

    test('an address of nobody is told so', async () => {
        const stranger = await openPage(browser, { scripts: false });
        await stranger.goto('/sign-in/sso');
        await stranger.getByLabel('Work email').fill('x@nowhere.example');
        await stranger.getByRole('button', { name: 'Continue with SSO' }).click();
        await stranger.getByText('No company has set up single sign-on').waitFor();
        await stranger.context().close();
    });

    test('the page is usable on a phone, in light and dark', async () => {
        for (const colorScheme of ['light', 'dark']) {
            const phone = await openPage(browser, { as: page, viewport: PHONE, colorScheme });
            // As the server sends it: axe needs scripts, and the page must not.
            await phone.route('**/pkg/*.js', (route) => route.abort());
            for (const path of [`/t/${slug}/sso`, '/sign-in/sso']) {
                await phone.goto(path);
                const overhang = await phone.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
                assert.ok(overhang <= 0, `${path} is ${overhang} px too wide`);
                await assertAccessible(phone, `sso-${colorScheme}`, { onlyColours: colorScheme === 'dark' });
            }
            await keepPicture(phone, `sso-phone-${colorScheme}`, { fullPage: true });
            await phone.context().close();
        }
    });
});
