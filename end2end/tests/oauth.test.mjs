// How a person lets an app in: what the consent page says, how it looks, what each answer leads to, and how they throw
// the app out again.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { endpoint, signUp } from '../support/acts.mjs';
import { assertNoFaults, BASE, go, keepPicture, launch, openPage } from '../support/browser.mjs';
import { allow, answer, deny, openConsent } from '../support/consent.mjs';
import { CERTIFICATE } from '../support/documents.mjs';
import { assertLooksGood } from '../support/looks.mjs';
import { startApp } from '../support/oauth-clients.mjs';

const CLIENT = '@modelcontextprotocol/client 2';

describe('letting an app in', () => {
    const apps = new Map();
    let browser, person, page, at;

    before(async () => {
        browser = await launch();
        page = await openPage(browser);
        person = await signUp(page);
        at = (rest) => `/t/${person.slug}${rest}`;
    });
    after(async () => {
        for (const app of apps.values()) await app.close();
        await browser?.close();
    });

    async function start(name, { browse, document = false, url = endpoint(person.slug) }) {
        const app = await startApp(CLIENT, url, { name, document, browse });
        apps.set(name, app);
        return app;
    }

    for (const [name, document] of Object.entries({ 'Weather station': false, 'Garden planner': true })) {
        const what = document ? 'that has a document' : 'that registered itself';
        const skip = document && !CERTIFICATE ? 'no certificate for documents: see end2end/run.sh' : false;
        test(`an app ${what} is shown on each screen`, { skip }, async () => {
            const browse = async (url) => {
                const open = async (looking) => {
                    await openConsent(looking, url);
                    await assertSays(looking, name, document);
                };
                await assertLooksGood(browser, page, `consent-${document ? 'document' : 'registered'}`, open);
                await allow(page, url);
            };
            const app = await start(name, { document, browse });
            assert.equal((await app.call('whoami')).client, name);
        });
    }

    async function assertSays(looking, name, document) {
        const words = await looking.locator('#main').innerText();
        assert.ok(words.includes(name), `the app's name is in: ${words}`);
        assert.ok(words.includes(person.email), `who is signed in is in: ${words}`);
        assert.ok(words.includes(person.tenant), `where it will work is in: ${words}`);
        assert.match(words, /127\.0\.0\.1/, 'where the answer goes');
        assert.match(words, /tasks:write/, 'what it may do');
        if (document) assert.match(words, /localhost/, 'who vouches for it');
        else assert.match(words, /cannot check/, 'that nobody vouches for it');
    }

    test('it works without scripts', async () => {
        const plain = await openPage(browser, { as: page, scripts: false });
        const app = await start('Typewriter', { browse: (url) => allow(plain, url) });
        assert.equal((await app.call('whoami')).client, 'Typewriter');
        await plain.context().close();
    });

    test('what is unticked is not given', async () => {
        const browse = async (url) => {
            await openConsent(page, url);
            await page.getByRole('checkbox', { name: /tasks:write/ }).uncheck();
            await answer(page, 'Allow');
        };
        const app = await start('Reading lamp', { browse });
        const { scopes } = await app.call('whoami');
        assert.ok(scopes.includes('tasks:read'), scopes.join(' '));
        assert.ok(!scopes.includes('tasks:write'), scopes.join(' '));
        assertNoFaults(page);
    });

    test('an app that is denied is told so, and nothing else', async () => {
        const app = await start('Night watch', { browse: (url) => deny(page, url) });
        await assert.rejects(app.call('whoami'), (error) => error.code === 'access_denied');
        assert.equal(app.tokens(), undefined);
        await go(page, at('/clients'));
        await page.getByRole('link', { name: 'Typewriter' }).first().waitFor();
        assert.equal(await page.getByText('Night watch').count(), 0, 'nobody has connected it');
        assertNoFaults(page);
    });

    test('who is not signed in signs in first, and is asked then', async () => {
        const stranger = await openPage(browser);
        const browse = async (url) => {
            await stranger.goto(url);
            await stranger.waitForURL(/\/sign-in\?next=/);
            await stranger.getByLabel('Email').fill(person.email);
            await stranger.getByLabel('Password').fill(person.password);
            await stranger.getByRole('button', { name: 'Sign in', exact: true }).click();
            await stranger.waitForURL(/\/oauth\/consent\/[^/]+$/);
            await answer(stranger, 'Allow');
        };
        const app = await start('Alarm clock', { browse });
        assert.equal((await app.call('whoami')).tenant, person.slug);
        assertNoFaults(stranger);
        await stranger.context().close();
    });

    test('an app that knows no tenant is let into the one that is chosen', async () => {
        const app = await start('Traveller', { url: `${BASE}/mcp`, browse: (url) => allow(page, url) });
        assert.equal((await app.call('whoami')).tenant, person.slug);
        assertNoFaults(page);
    });

    test('nobody but the person can answer, and only on our page', async () => {
        const other = await openPage(browser, { scripts: false });
        await signUp(other);
        const refused = {};
        const browse = async (url) => {
            await openConsent(page, url);
            const fields = await fieldsOf(page);
            refused.site = await post(fields, page, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' });
            refused.person = await post(fields, other, { origin: BASE, 'sec-fetch-site': 'same-origin' });
            await answer(page, 'Allow');
        };
        const app = await start('Pen friend', { browse });
        assert.equal((await app.call('whoami')).client, 'Pen friend');
        for (const [who, response] of Object.entries(refused)) {
            const told = `another ${who}: ${response.status} ${response.headers.get('location')}`;
            assert.doesNotMatch(told, /code=/, told);
        }
        await other.context().close();
    });

    test('the pages about log-ins look good on each screen', async () => {
        const pages = { grants: at('/grants'), 'oauth-debugger': at('/oauth'), 'account-apps': '/account' };
        for (const [name, path] of Object.entries(pages)) {
            await assertLooksGood(browser, page, name, async (looking) => {
                assert.equal((await looking.goto(path)).status(), 200, path);
                await looking.locator('#main').getByText('Typewriter').first().waitFor();
            });
        }
    });

    test('an app that its person disconnects is out within a second, and asks again', async () => {
        await go(page, '/account');
        await page.getByRole('link', { name: 'Disconnect Typewriter' }).click();
        const dialog = page.getByRole('dialog', { name: 'Disconnect app' });
        await keepPicture(page, 'dialog-disconnect-app');
        await dialog.getByRole('button', { name: 'Disconnect' }).click();
        await page.getByText('The app is disconnected.').waitFor();
        await assertOut(apps.get('Typewriter'));
    });

    test('a log-in that an administrator ends is over within a second, and the app asks again', async () => {
        await go(page, at('/grants'));
        const card = page.locator('section.card').filter({ has: page.getByRole('heading', { name: 'Reading lamp' }) });
        await card.getByRole('link', { name: `End the log-in of ${person.name}` }).click();
        const dialog = page.getByRole('dialog', { name: 'End log-in' });
        await keepPicture(page, 'dialog-end-log-in');
        await dialog.getByRole('button', { name: 'End log-in' }).click();
        await page.getByText('The log-in has ended.').waitFor();
        await assertOut(apps.get('Reading lamp'));
    });

    /** The next call is refused, and what follows is a log-in from the beginning. */
    async function assertOut(app) {
        await sleep(1_000);
        const [mark, times] = [app.seen.length, app.asked.length];
        // Its own page may be closed by now.
        app.browse = (url) => allow(page, url);
        await app.call('whoami');
        assert.equal(app.seen[mark], `POST ${at('/mcp')} 401`);
        assert.equal(app.asked.length, times + 1, 'its person is asked again');
        assertNoFaults(page);
    }
});

/** What the consent page's form would send with the button that allows. */
function fieldsOf(page) {
    const button = page.getByRole('button', { name: 'Allow', exact: true });
    return button.evaluate((button) => [...new FormData(button.form, button)]);
}

/** Sends the form without a browser, with the cookies of a page. */
async function post(fields, page, headers) {
    const cookies = await page.context().cookies();
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const sent = { method: 'POST', headers: { ...headers, cookie }, body: new URLSearchParams(fields) };
    return fetch(`${BASE}/oauth/consent`, { ...sent, redirect: 'manual' });
}
