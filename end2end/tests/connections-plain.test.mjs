// Connections in a browser that runs no script at all: described by the form, connected with a key, found, ended.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { signUp } from '../support/acts.mjs';
import { keepPicture, launch, openPage } from '../support/browser.mjs';
import { connect, describeAsText, importApi, openTry, setUpApp } from '../support/connections.mjs';
import { API, ISSUER } from '../support/elsewhere.mjs';
import { API_KEY } from '../support/warehouse.mjs';

const skip = ISSUER ? false : 'no service elsewhere: see end2end/run.sh';

describe('connections without scripts', { skip }, () => {
    let browser, page, person, at, connection;

    before(async () => {
        browser = await launch();
        page = await openPage(browser, { scripts: false });
        person = await signUp(page);
        at = (rest) => `/t/${person.slug}${rest}`;
    });
    after(() => browser?.close());

    test('the catalogue is searched by its address', async () => {
        await page.goto(at('/connections'));
        await page.getByRole('searchbox', { name: 'Search the catalogue' }).fill('weather');
        await page.getByRole('button', { name: 'Search' }).click();
        await page.waitForURL(/\?q=weather$/);
        assert.equal(await page.locator('.catalogue > li:visible').count(), 1);
        await keepPicture(page, 'plain-catalogue', { fullPage: true });
        await page.goto(at('/connections?q=nothing-is-called-so'));
        await page.getByText('No service matches').waitFor();
    });

    test('a service is described by the form, which keeps what was typed', async () => {
        await page.goto(at('/connections/describe'));
        const form = page.locator('form').filter({ has: page.getByLabel('Base address') });
        await form.getByLabel('Name', { exact: true }).fill('Key ring');
        await form.getByLabel('Word', { exact: true }).fill('keyring');
        await form.getByLabel('Documentation').fill('https://docs.keyring.example/');
        await form.getByLabel('Base address').fill(`${API}/keyed`);
        await form.getByLabel('Path that says whose account it is').fill('/me');
        await form.getByLabel('Where in its answer the name stands').fill('account.name');
        await form.getByLabel('How one logs in').selectOption('A key in a header');
        await form.getByRole('button', { name: 'Describe' }).click();
        await page.getByText('The header\'s name, please.').waitFor();
        await keepPicture(page, 'plain-describe-refused', { fullPage: true });
        assert.equal(await form.getByLabel('Base address').inputValue(), `${API}/keyed`);
        assert.equal(await form.getByLabel('How one logs in').inputValue(), 'header');
        await form.getByLabel('Name of the header or parameter').fill('X-Api-Key');
        await form.getByRole('button', { name: 'Describe' }).click();
        await page.waitForURL(/\/connections\/new\/keyring$/);
    });

    test('a wrong key is refused and nothing is kept; the right one connects', async () => {
        await page.getByLabel('Label', { exact: true }).fill('Front door');
        await page.getByLabel('Key', { exact: true }).fill('not-this-one');
        await page.getByRole('button', { name: 'Connect', exact: true }).click();
        await page.getByText('does not accept this: This key opens nothing.').waitFor();
        await keepPicture(page, 'plain-key-refused', { fullPage: true });
        assert.ok(!(await page.content()).includes('not-this-one'));
        assert.equal(await page.getByLabel('Label', { exact: true }).inputValue(), 'Front door');
        await page.getByLabel('Key', { exact: true }).fill(API_KEY);
        await page.getByRole('button', { name: 'Connect', exact: true }).click();
        await page.waitForURL(/\/connections\/[0-9a-f-]{36}\?done=connected$/);
        connection = new URL(page.url()).pathname;
        await page.getByText('Connected.').waitFor();
        await page.getByText('Healthy', { exact: true }).waitFor();
        await page.getByText('Key ring').first().waitFor();
        assert.ok(!(await page.content()).includes(API_KEY));
    });

    test('it is tested, renamed and given another key', async () => {
        await page.goto(connection);
        await page.getByRole('button', { name: 'Test' }).click();
        await page.getByText('Key ring let us in as Key ring.').waitFor();
        await keepPicture(page, 'plain-connection-tested', { fullPage: true });
        await page.goto(`${connection}?dialog=rename`);
        await page.getByRole('dialog', { name: 'Rename' }).getByLabel('Label').fill('Back door');
        await page.getByRole('dialog', { name: 'Rename' }).getByRole('button', { name: 'Rename' }).click();
        await page.getByRole('heading', { level: 1, name: 'Back door' }).waitFor();
        await page.goto(`${connection}?dialog=key`);
        const dialog = page.getByRole('dialog', { name: 'Change the key' });
        await dialog.getByLabel('Key', { exact: true }).fill(API_KEY);
        await dialog.getByRole('button', { name: 'Change' }).click();
        await page.getByText('Changed. It works.').waitFor();
    });

    test('it is disconnected, and one is told that the key lives on there', async () => {
        await page.goto(connection);
        await page.getByRole('link', { name: 'Disconnect' }).click();
        await page.getByRole('dialog', { name: 'Disconnect' }).getByRole('button', { name: 'Disconnect' }).click();
        await page.waitForURL(new RegExp(`${at('/connections')}$`));
        await page.getByText('take the access or the key back there too').waitFor();
        await page.getByRole('row', { name: /Back door/ }).getByText('Disconnected', { exact: true }).waitFor();
        await page.goto(connection);
        await page.getByText('It has ended.').waitFor();
        await keepPicture(page, 'plain-disconnected', { fullPage: true });
    });

    test('one goes to a service and back, imports its API and tries a tool', async () => {
        await describeAsText(page, person.slug);
        await setUpApp(page);
        await connect(page, { as: person.email, label: 'Shed' });
        await page.getByText('Healthy', { exact: true }).waitFor();
        const api = await importApi(page, person.slug, { word: 'stock', source: `${API}/openapi.json`, provider: 'warehouse' });
        await page.getByRole('button', { name: 'Choose all of items' }).click();
        await page.getByText('4 tools, of 6 operations').waitFor();
        const dialog = await openTry(page, `${api}/tools`, 'List what is in stock');
        await dialog.getByLabel('q').fill('nut');
        await dialog.getByRole('button', { name: 'Try it' }).click();
        await dialog.getByText(/It answered in/).waitFor();
        assert.match(await dialog.getByLabel('What a model reads').textContent(), /"Nut"/);
        await keepPicture(page, 'plain-tried');
    });
});
