// What happens in a tenant is told to an address of its own: signed, so that the official library of Standard Webhooks
// takes it; tried again; sent again.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { registerClient, signUp } from '../support/acts.mjs';
import { assertNoFaults, go, hydrated, keepPicture, launch, openPage } from '../support/browser.mjs';
import { ISSUER } from '../support/elsewhere.mjs';
import { assertLooksGood } from '../support/looks.mjs';
import { inbox } from '../support/receiver.mjs';
import { addEndpoint, readSigningSecret, verified } from '../support/webhooks.mjs';

const skip = ISSUER ? false : 'no receiver: see end2end/run.sh';

describe('webhooks', { skip }, () => {
    const box = inbox();
    let browser, page, slug, at, endpoint, secret, former;

    before(async () => {
        browser = await launch();
        page = await openPage(browser);
        ({ slug } = await signUp(page));
        at = (rest) => `/t/${slug}${rest}`;
    });
    after(() => browser?.close());

    /** The newest delivery's row. */
    const newest = (words) => page.getByRole('row').nth(1).getByText(words, { exact: true }).waitFor();

    async function sendTest() {
        await page.getByRole('button', { name: 'Send a test event' }).click();
        await page.getByText('A test event is on its way.').first().waitFor();
    }

    test('the sidebar and the palette lead there, and the empty page teaches', async () => {
        await go(page, at(''));
        await page.getByRole('link', { name: 'Webhooks', exact: true }).click();
        await page.getByText('No endpoint yet').waitFor();
        assert.match(await page.getByLabel('Payload').textContent(), /"type": "connection\.lost"/);
        await page.getByRole('radio', { name: 'Node.js' }).focus();
        await page.keyboard.press('ArrowRight');
        await page.getByText('pip install standardwebhooks').waitFor();
        await assertLooksGoodAt('webhooks-empty', at('/webhooks'), 'No endpoint yet');
        await page.keyboard.press('Control+K');
        await page.getByRole('combobox').waitFor();
        await page.keyboard.type('webhook endpoint');
        await page.keyboard.press('Enter');
        await page.getByRole('dialog', { name: 'Add an endpoint' }).waitFor();
        assertNoFaults(page);
    });

    test('what is wrong with an endpoint is said at its field', async () => {
        const dialog = page.getByRole('dialog', { name: 'Add an endpoint' });
        await dialog.getByLabel('Address', { exact: true }).fill('http://hooks.example/in');
        await dialog.getByRole('button', { name: 'Add endpoint' }).click();
        await dialog.locator('[name=url][aria-invalid=true]').waitFor();
        await dialog.getByLabel('Address', { exact: true }).fill(box.url);
        await dialog.getByRole('checkbox', { name: /^Everything/ }).uncheck();
        await dialog.getByRole('button', { name: 'Add endpoint' }).click();
        await dialog.getByText(/at least one event/).waitFor();
        assertNoFaults(page, { expectedStatus: 422 });
    });

    test('an endpoint is added for a family and a single event, and its secret is shown once', async () => {
        await assertLooksGoodAt('dialog-add-endpoint', at('/webhooks?dialog=new'), 'Everything');
        const dialog = page.getByRole('dialog', { name: 'Add an endpoint' });
        await dialog.getByLabel('What it is for').fill('Alerts of the tests');
        await dialog.getByRole('checkbox', { name: /^MCP client/ }).check();
        await dialog.getByRole('group', { name: 'Events' }).getByText('Choose single ones').first().click();
        await dialog.getByRole('checkbox', { name: /connection\.lost/ }).check();
        await dialog.getByRole('button', { name: 'Add endpoint' }).click();
        secret = await readSigningSecret(page);
        await keepPicture(page, 'dialog-signing-secret');
        await page.getByRole('link', { name: 'Go to the endpoint' }).click();
        await page.waitForURL(/\/webhooks\/[0-9a-f-]{36}$/);
        endpoint = new URL(page.url()).pathname;
        await page.getByRole('heading', { level: 1, name: box.url }).waitFor();
        for (const chip of ['client.*', 'connection.lost']) await page.getByText(chip, { exact: true }).waitFor();
        await go(page, at('/webhooks?dialog=secret'));
        assert.ok(!(await page.content()).includes(secret), 'it is not shown again');
        assertNoFaults(page);
    });

    test('a test event arrives, and the official library takes it', async () => {
        await go(page, endpoint);
        await sendTest();
        const [came] = await box.until(1);
        assert.equal(verified(came, secret).type, 'webhook.test');
        assert.match(came.headers['content-type'], /^application\/json/);
        assert.throws(() => new Webhook(secret).verify(`${came.body} `, came.headers), /signature/i);
        await newest('Delivered');
        assertNoFaults(page);
    });

    test('what was chosen is told, and nothing else', async () => {
        await go(page, at('/settings'));
        const form = page.locator('form[action="/api/rename_tenant"]');
        await form.locator('[name=tenant_name]').fill('Not told');
        await form.getByRole('button').click();
        await page.getByRole('button', { name: 'Dismiss' }).waitFor();
        const client = await registerClient(page, slug, { name: 'Night agent' });
        const [, came] = await box.until(2);
        const told = verified(came, secret);
        assert.equal(told.type, 'client.registered');
        assert.equal(told.data.object.name, 'Night agent');
        assert.equal(told.data.object.id, client.split('/').pop());
        assert.equal(told.data.actor.kind, 'member');
        assert.equal(told.data.after.name, 'Night agent');
        assert.equal('address' in told.data, false, 'nobody is told from where');
        assert.equal((await box.came()).length, 2);
    });

    test('what fails is tried again by itself, and the page follows', async () => {
        await go(page, endpoint);
        await box.answer([500, 'The database is at lunch.']);
        await sendTest();
        await newest('Retrying');
        await assertLooksGoodAt('webhook-retrying', endpoint, 'Deliveries');
        const [first, second] = (await box.until(4)).slice(2);
        assert.equal(first.headers['webhook-id'], second.headers['webhook-id']);
        for (const one of [first, second]) assert.equal(verified(one, secret).type, 'webhook.test');
        await newest('Delivered');
        await page.getByRole('row').nth(1).getByRole('link').click();
        await page.getByText('The database is at lunch.').waitFor();
        for (const words of ['Attempt 1', 'Attempt 2', '500']) await page.getByText(words, { exact: true }).waitFor();
        assert.ok((await page.getByLabel('Request').textContent()).includes(first.headers['webhook-id']));
        assert.deepEqual(JSON.parse(await page.getByLabel('Payload').textContent()), JSON.parse(first.body));
        await assertLooksGoodAt('delivery', new URL(page.url()).pathname, 'Attempt 1');
        assertNoFaults(page);
    });

    test('one delivery is sent again, with the id that it had', async () => {
        const [before] = (await box.came()).slice(-1);
        await page.getByRole('button', { name: 'Send again' }).click();
        await page.getByText('It is sent again.').waitFor();
        const again = (await box.until(5))[4];
        assert.equal(again.headers['webhook-id'], before.headers['webhook-id']);
        assert.equal(again.body, before.body);
        await page.getByText('Attempt 3', { exact: true }).waitFor();
        assertNoFaults(page);
    });

    test('while a secret is rotated, both sign', async () => {
        await go(page, endpoint);
        await page.getByRole('link', { name: 'Rotate secret' }).click();
        await page.getByRole('dialog', { name: 'Rotate secret' }).getByRole('button', { name: 'Rotate secret' }).click();
        former = secret;
        secret = await readSigningSecret(page);
        assert.notEqual(secret, former);
        await page.getByRole('link', { name: 'Done' }).click();
        await page.getByText(/signs too until/).waitFor();
        await sendTest();
        const came = (await box.until(6))[5];
        assert.equal(came.headers['webhook-signature'].split(' ').length, 2);
        for (const one of [secret, former]) verified(came, one);
        assertNoFaults(page);
    });

    test('everything of a range of time is sent again', async () => {
        const ids = (came) => came.map((one) => one.headers['webhook-id']);
        const known = new Set(ids(await box.came()));
        await page.getByRole('link', { name: 'Send again' }).click();
        const dialog = page.getByRole('dialog', { name: 'Send again' });
        await dialog.getByRole('checkbox', { name: /Only what was given up/ }).uncheck();
        await dialog.getByRole('button', { name: 'Send again' }).click();
        await page.getByText(`${known.size} deliveries are sent again.`).waitFor();
        const again = (await box.until(6 + known.size)).slice(6);
        assert.deepEqual(new Set(ids(again)), known);
        assertNoFaults(page);
    });

    test('an endpoint that is gone is disabled, and enabled again', async () => {
        const before = (await box.came()).length;
        await box.answer([410, 'Nobody lives here.']);
        await sendTest();
        await page.getByText('Disabled', { exact: true }).waitFor();
        await assertLooksGoodAt('webhook-disabled', endpoint, 'Nothing is sent to it');
        await page.getByRole('button', { name: 'Enable' }).click();
        await page.getByText('Enabled', { exact: true }).waitFor();
        await sendTest();
        await box.until(before + 2);
        await newest('Delivered');
        assertNoFaults(page);
    });

    test('deliveries are filtered by the address', async () => {
        await page.getByRole('navigation', { name: 'State' }).getByRole('link', { name: 'Retrying' }).click();
        await page.waitForURL(/\?state=retrying$/);
        await page.getByText('Nothing is tried again').waitFor();
        await page.getByRole('navigation', { name: 'State' }).getByRole('link', { name: 'Given up' }).click();
        await page.getByRole('link', { name: 'Send all again' }).click();
        await page.getByRole('dialog', { name: 'Send again' }).getByRole('link', { name: 'Cancel' }).click();
        await page.waitForURL(/\?state=dead$/);
        assertNoFaults(page);
    });

    test('an endpoint is changed', async () => {
        await go(page, `${endpoint}?dialog=edit`);
        const dialog = page.getByRole('dialog', { name: 'Edit endpoint' });
        assert.ok(await dialog.getByRole('checkbox', { name: /connection\.lost/ }).isChecked());
        await dialog.getByLabel('What it is for').fill('Everything for the archive');
        await dialog.getByRole('checkbox', { name: /^Everything/ }).check();
        assert.equal(await dialog.getByRole('checkbox', { name: /^MCP client/ }).isVisible(), false);
        await dialog.getByRole('button', { name: 'Save' }).click();
        await page.getByText('Everything for the archive').waitFor();
        await assertLooksGoodAt('webhooks', at('/webhooks'), 'Everything for the archive');
        for (const name of ['edit', 'rotate', 'disable', 'delete', 'again']) {
            await assertLooksGoodAt(`dialog-webhook-${name}`, `${endpoint}?dialog=${name}`, 'Cancel');
        }
        assertNoFaults(page);
    });

    test('it is deleted with what it was told', async () => {
        await go(page, endpoint);
        await page.getByRole('link', { name: 'Delete' }).click();
        await page.getByRole('dialog', { name: 'Delete endpoint' }).getByRole('button', { name: 'Delete endpoint' }).click();
        await page.getByText('No endpoint yet').waitFor();
        const response = await go(page, endpoint);
        assert.equal(response.status(), 404);
        assertNoFaults(page, { expectedStatus: 404 });
    });

    async function assertLooksGoodAt(name, path, words) {
        await assertLooksGood(browser, page, name, async (looking) => {
            assert.equal((await looking.goto(path)).status(), 200, path);
            const where = name.startsWith('dialog-') ? looking.locator('dialog[open]') : looking.locator('#main');
            await where.getByText(words).first().waitFor();
        });
    }
});

describe('webhooks without scripts', { skip }, () => {
    const box = inbox();
    let browser, page, slug, at, endpoint, secret;

    before(async () => {
        browser = await launch();
        page = await openPage(browser, { scripts: false });
        ({ slug } = await signUp(page));
        at = (rest) => `/t/${slug}${rest}`;
    });
    after(() => browser?.close());

    test('a refused form keeps what was typed and chosen', async () => {
        await page.goto(at('/webhooks?dialog=new'));
        const dialog = page.getByRole('dialog', { name: 'Add an endpoint' });
        await dialog.getByLabel('Address', { exact: true }).fill('http://hooks.example/in');
        await dialog.getByLabel('What it is for').fill('Plain alerts');
        await dialog.getByRole('checkbox', { name: /^Everything/ }).uncheck();
        await dialog.getByRole('checkbox', { name: /^API key/ }).check();
        await dialog.getByRole('button', { name: 'Add endpoint' }).click();
        await dialog.locator('[name=url][aria-invalid=true]').waitFor();
        assert.equal(await dialog.getByLabel('What it is for').inputValue(), 'Plain alerts');
        assert.ok(await dialog.getByRole('checkbox', { name: /^API key/ }).isChecked());
        assert.ok(!(await dialog.getByRole('checkbox', { name: /^Everything/ }).isChecked()));
        await keepPicture(page, 'plain-webhook-refused');
    });

    test('an endpoint is added, and its secret is shown once', async () => {
        secret = await addEndpoint(page, slug, { url: box.url, about: 'Plain alerts' });
        await keepPicture(page, 'plain-webhook-secret');
        await page.reload();
        assert.ok(!(await page.content()).includes(secret), 'gone on reload');
        await page.goto(at('/webhooks'));
        await page.getByRole('link', { name: box.url }).click();
        endpoint = new URL(page.url()).pathname;
        await page.getByRole('heading', { level: 1, name: box.url }).waitFor();
    });

    test('a test event is sent, and sent again', async () => {
        await page.goto(endpoint);
        await page.getByRole('button', { name: 'Send a test event' }).click();
        await page.getByText('A test event is on its way.').waitFor();
        const isTest = (one) => verified(one, secret).type === 'webhook.test';
        let came = await box.until(1);
        for (let tries = 0; !came.some(isTest) && tries < 50; tries += 1) came = await box.until(came.length + 1);
        await page.goto(endpoint);
        await page.getByRole('link', { name: /^webhook\.test/ }).first().click();
        const delivery = new URL(page.url()).pathname;
        await page.getByText('Attempt 1', { exact: true }).waitFor();
        await page.getByRole('button', { name: 'Send again' }).click();
        await page.getByText('It is sent again.').waitFor();
        came = await box.until(came.length + 1);
        assert.ok(delivery.endsWith(came.at(-1).headers['webhook-id']));
        await keepPicture(page, 'plain-delivery', { fullPage: true });
    });

    test('the secret is rotated, and what it was told is sent again', async () => {
        await page.goto(`${endpoint}?dialog=rotate`);
        await page.getByRole('dialog', { name: 'Rotate secret' }).getByRole('button', { name: 'Rotate secret' }).click();
        assert.notEqual(await readSigningSecret(page), secret);
        await page.goto(`${endpoint}?dialog=again`);
        const dialog = page.getByRole('dialog', { name: 'Send again' });
        await dialog.getByRole('checkbox', { name: /Only what was given up/ }).uncheck();
        await dialog.getByRole('button', { name: 'Send again' }).click();
        await page.getByText(/deliveries are sent again|1 delivery is sent again/).waitFor();
    });

    test('it is disabled, enabled and deleted', async () => {
        await page.goto(`${endpoint}?dialog=disable`);
        await page.getByRole('dialog', { name: 'Disable endpoint' }).getByRole('button', { name: 'Disable' }).click();
        await page.getByText('Disabled. Nothing is sent to it.').waitFor();
        await page.getByRole('button', { name: 'Enable' }).click();
        await page.getByText('Enabled', { exact: true }).waitFor();
        await page.goto(`${endpoint}?dialog=delete`);
        await page.getByRole('button', { name: 'Delete endpoint' }).click();
        await page.waitForURL(new RegExp(`${at('/webhooks')}$`));
        await page.getByText('Endpoint deleted.').waitFor();
    });
});
