// Accounts at another service: described, connected in a browser at a real authorization server, called by clients that
// never see a token, and disconnected there too.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bringIn, endpoint, issueKey, registerClient, signUp, somebody } from '../support/acts.mjs';
import { assertNoFaults, BASE, go, hydrated, keepPicture, launch, openPage } from '../support/browser.mjs';
import { connect, describeAsText, importApi, openTry, setUpApp } from '../support/connections.mjs';
import { API, APP, CALLBACK, forgetAccessTokens, introspect, ISSUER, ledger, renewDocument } from '../support/elsewhere.mjs';
import { assertLooksGood } from '../support/looks.mjs';
import { connectLegacy, connectModern } from '../support/mcp.mjs';
import { assertNoFaultsOfOurs } from '../support/provider.mjs';

const skip = ISSUER ? false : 'no service elsewhere: see end2end/run.sh';

describe('an account elsewhere', { skip }, () => {
    const [ada, bob] = [somebody(), somebody('Bob Kahn', 'unused')];
    const source = `${API}/openapi.json?for=${ada.email}`;
    let browser, page, watching, bobs, slug, at, connection, own, api, tools, key, token;

    before(async () => {
        browser = await launch();
        [page, bobs] = [await openPage(browser), await openPage(browser)];
        ({ slug } = await signUp(page, ada));
        at = (rest) => `/t/${slug}${rest}`;
    });
    after(() => browser?.close());

    test('the catalogue is searched with every letter', async () => {
        await go(page, at('/connections'));
        const cards = page.locator('.catalogue > li:visible');
        const all = await cards.count();
        await page.getByRole('searchbox', { name: 'Search the catalogue' }).pressSequentially('strav');
        await page.getByRole('link', { name: 'Strava', exact: true }).waitFor();
        assert.ok(all > 40 && (await cards.count()) === 1, `${await cards.count()} of ${all}`);
        assertNoFaults(page);
    });

    test('what is wrong with a description is said', async () => {
        await go(page, at('/connections/describe'));
        const text = page.getByLabel('Description', { exact: true });
        const form = page.locator('form').filter({ has: text });
        await text.fill('id = "warehouse"\nname = "Warehouse"\n');
        await form.getByRole('button', { name: 'Describe' }).click();
        await form.getByText(/Missing field/).waitFor();
        assertNoFaults(page, { expectedStatus: 422 });
    });

    test('a service is described as text, and its app set up', async () => {
        await describeAsText(page, slug);
        await hydrated(page);
        await page.locator('#main').getByText(CALLBACK).first().waitFor();
        await keepPicture(page, 'connect-described', { fullPage: true });
        await setUpApp(page);
        await go(page, at('/connections/new/warehouse'));
        assert.ok((await page.content()).includes(APP.id));
        assert.ok(!(await page.content()).includes(APP.secret), 'the secret is not shown again');
        await assertLooksGoodAt('connect-ready', at('/connections/new/warehouse'), 'Go on to Warehouse');
        assertNoFaults(page);
    });

    test('somebody who says no there is told so calmly', async () => {
        await page.getByRole('button', { name: 'Go on to Warehouse' }).click();
        await page.getByRole('link', { name: '[ Cancel ]' }).click();
        await page.waitForURL(/\/connections\/new\/warehouse\?failed=denied$/);
        await page.getByText('Access was not allowed at Warehouse').waitFor();
        await keepPicture(page, 'connect-denied');
        assertNoFaultsOfOurs(page);
    });

    test('an account is connected, and another page that is open shows it', async () => {
        watching = await openPage(browser, { as: page });
        await go(watching, at('/connections'));
        await watching.getByText('Live', { exact: true }).waitFor();
        assert.equal(await watching.getByRole('table').count(), 0);

        await go(page, at('/connections/new/warehouse'));
        connection = await connect(page, { as: ada.email, scopes: ['Change what is in stock'] });
        await hydrated(page);
        await page.getByText('Connected. Your clients can use Warehouse from now on.').waitFor();
        await page.getByText('Healthy', { exact: true }).waitFor();
        await page.locator('#main').getByText(`Warehouse, ${ada.email}`).waitFor();
        await page.getByText('Change what is in stock').waitFor();
        await watching.getByRole('row', { name: /Warehouse/ }).getByText('Healthy').waitFor();
        for (const one of [page, watching]) assertNoFaultsOfOurs(one);
    });

    test('it is tried and renamed, and the other page follows', async () => {
        await page.getByRole('button', { name: 'Test' }).click();
        await page.getByText(`Warehouse let us in as ${ada.email}.`).waitFor();
        await keepPicture(page, 'connection-tested', { fullPage: true });
        await page.getByRole('link', { name: 'Rename' }).click();
        const dialog = page.getByRole('dialog', { name: 'Rename' });
        await dialog.getByLabel('Label').fill('North shed');
        await dialog.getByRole('button', { name: 'Rename' }).click();
        await page.getByRole('heading', { level: 1, name: 'North shed' }).waitFor();
        await watching.getByRole('row', { name: /North shed/ }).waitFor();
        await watching.context().close();
        assertNoFaults(page);
    });

    test('its API is imported, and operations are chosen', async () => {
        api = await importApi(page, slug, { word: 'stock', source, provider: 'warehouse', opened: hydrated });
        await hydrated(page);
        await page.getByText('Cannot be a tool').waitFor();
        assert.ok(await page.getByRole('checkbox', { name: /GET \/till/ }).isDisabled());
        await page.getByRole('button', { name: 'Choose all of items' }).click();
        await page.getByRole('checkbox', { name: /GET \/me/ }).check();
        await page.getByRole('button', { name: 'Save' }).click();
        await page.getByText('5 tools, of 6 operations').waitFor();
        assertNoFaults(page);
        await assertLooksGoodAt('api', api, '5 tools, of 6 operations');
        tools = `${api}/tools`;
    });

    test('a tool is tried by hand', async () => {
        const dialog = await openTry(page, tools, 'List what is in stock');
        await hydrated(page);
        await dialog.getByLabel('q').fill('bolt');
        await dialog.getByRole('button', { name: 'Try it' }).click();
        await dialog.getByText(/It answered in/).waitFor();
        assert.match(await dialog.getByLabel('What a model reads').textContent(), /"Bolt"/);
        await keepPicture(page, 'dialog-tried');
        assertNoFaults(page);
    });

    test('what changes something is asked about once more', async () => {
        const dialog = await openTry(page, tools, 'Put something on a shelf');
        await hydrated(page);
        await dialog.getByLabel(/^name/).fill('Spirit level');
        await dialog.getByLabel('kind').selectOption('tool');
        await dialog.getByLabel('labels').fill('long\nyellow');
        await dialog.getByRole('checkbox', { name: /fragile/ }).check();
        await ledger(ada.email);
        await dialog.getByRole('button', { name: 'Try it' }).click();
        assert.deepEqual(await ledger(ada.email), [], 'not before it is ticked');
        await dialog.getByRole('checkbox', { name: /This changes things at Warehouse/ }).check();
        await dialog.getByRole('button', { name: 'Try it' }).click();
        await dialog.getByText(/It answered in/).waitFor();
        const [call] = await ledger(ada.email);
        const sent = { name: 'Spirit level', kind: 'tool', labels: ['long', 'yellow'], fragile: true };
        assert.deepEqual(JSON.parse(call.body), sent);
        assertNoFaults(page);
    });

    test('the official clients call it, and no client\'s key reaches the service', async () => {
        const client = await registerClient(page, slug, { name: 'Stock taker' });
        key = await issueKey(page, client, { name: 'shelf', connections: 'Read and write' });
        await ledger(ada.email);
        for (const open of [connectModern, connectLegacy]) {
            const taker = await open(endpoint(slug), key);
            const { tools } = await taker.listTools();
            const names = tools.map((tool) => tool.name).filter((name) => name.startsWith('stock_'));
            assert.deepEqual(names.sort(), ['add_item', 'get_item', 'list_items', 'remove_item', 'who_am_i'].map((name) => `stock_${name}`));
            const found = await taker.callTool({ name: 'stock_list_items', arguments: { q: 'washer', limit: 1 } });
            assert.equal(dataOf(found).items[0].name, 'Washer');
            const added = dataOf(await taker.callTool({ name: 'stock_add_item', arguments: { name: `By ${open.name}` } }));
            await taker.callTool({ name: 'stock_remove_item', arguments: { id: added.id } });
            const gone = await taker.callTool({ name: 'stock_get_item', arguments: { id: added.id } });
            assert.ok(gone.isError && /no such item/.test(gone.content[0].text), JSON.stringify(gone));
            await taker.close();
        }
        const calls = await ledger(ada.email);
        const asked = calls.slice(0, 4).map(({ method, path, query }) => `${method} ${path}${query}`);
        assert.equal(asked[0], 'GET /v1/items?q=washer&limit=1');
        assert.equal(asked[1], 'POST /v1/items');
        assert.ok(!JSON.stringify(calls).includes(key), 'the key is nowhere in what the service was sent');
        token = await assertItsOwnTokens(calls);
    });

    test('a token that the service no longer takes is renewed within the call', async () => {
        await forgetAccessTokens();
        const taker = await connectModern(endpoint(slug), key);
        const me = await taker.callTool({ name: 'stock_who_am_i', arguments: {} });
        assert.equal(dataOf(me).email, ada.email);
        await taker.close();
        const calls = await ledger(ada.email);
        assert.equal(calls.length, 2, 'once with the old token, once with the new one');
        assert.notEqual(calls[1].headers.authorization, calls[0].headers.authorization);
        token = await assertItsOwnTokens(calls.slice(1));
    });

    test('a key that only reads changes nothing there', async () => {
        const client = await registerClient(page, slug, { name: 'Onlooker' });
        const reader = await connectModern(endpoint(slug), await issueKey(page, client, { name: 'look' }));
        const { tools } = await reader.listTools();
        assert.ok(tools.some(({ name }) => name === 'stock_get_item'));
        await ledger(ada.email);
        const refused = await reader.callTool({ name: 'stock_remove_item', arguments: { id: '1' } }).catch((error) => error);
        assert.ok(refused instanceof Error || refused.isError, JSON.stringify(refused));
        assert.deepEqual(await ledger(ada.email), []);
        await reader.close();
    });

    test('the connection\'s page tells who uses it', async () => {
        await go(page, connection);
        await page.getByText('Stock taker').first().waitFor();
        await page.getByText('stock_list_items').first().waitFor();
        await assertAllLookGood({
            connections: [at('/connections'), 'North shed'],
            connection: [connection, 'stock_list_items'],
            'api-tools': [tools, 'Throw an item away'],
            'connector-tools-none': [at('/connections/tools/warehouse'), 'No tool yet'],
            apis: [at('/apis'), 'Warehouse'],
            'dialog-try': [`${tools}?dialog=try&tool=stock_add_item`, 'What it says on the box.'],
            'dialog-import': [at('/apis?dialog=new'), 'Base address'],
            'dialog-widen': [`${connection}?dialog=widen`, 'Go on to Warehouse'],
            'dialog-disconnect': [`${connection}?dialog=disconnect`, 'ends at once'],
        });
        assertNoFaults(page);
    });

    test('a newer document waits until somebody takes it over', async () => {
        await renewDocument(source);
        await go(page, api);
        await page.getByRole('button', { name: 'Fetch again' }).click();
        const card = page.locator('section.card').filter({ has: page.getByRole('heading', { name: 'A newer document waits' }) });
        for (const words of ['DELETE /items/{id}', 'GET /items', 'GET /shelves']) await card.getByText(words, { exact: true }).waitFor();
        await assertLooksGoodAt('api-news', api, 'A newer document waits');
        // A client of its own each time: they keep lists for as long as the server says.
        const names = async () => {
            const taker = await connectModern(endpoint(slug), key);
            const { tools } = await taker.listTools();
            await taker.close();
            return tools.map((tool) => tool.name);
        };
        const before = await names();
        assert.ok(before.includes('stock_remove_item'), before.join(' '));
        await page.getByRole('button', { name: 'Take it over' }).click();
        await page.getByText('4 tools, of 6 operations').waitFor();
        await card.waitFor({ state: 'detached' });
        assert.ok(!(await names()).includes('stock_remove_item'));
        assertNoFaults(page);
    });

    test('a document without an address is renewed by giving a newer one', async () => {
        const document = (...paths) => JSON.stringify({
            openapi: '3.1.0', info: { title: 'Pasted', version: '1' }, servers: [{ url: API }],
            paths: Object.fromEntries(paths.map((path) => [path, { get: { responses: { 200: { description: 'ok' } } } }])),
        });
        await go(page, at('/apis?dialog=new'));
        const form = page.getByRole('dialog');
        await form.getByLabel('Word').fill('pasted');
        await form.getByLabel('Or the document').fill(document('/first'));
        await form.getByRole('button', { name: 'Import' }).click();
        await page.getByText('0 tools, of 1 operation').waitFor();
        await page.getByRole('link', { name: 'Newer document' }).click();
        const dialog = page.getByRole('dialog');
        await dialog.getByLabel('The document').fill('{ "openapi": ');
        await dialog.getByRole('button', { name: 'Compare' }).click();
        await dialog.locator('.error').filter({ hasText: /\w/ }).first().waitFor();
        assertNoFaults(page, { expectedStatus: 422 });
        await dialog.getByLabel('The document').fill(document('/first', '/second'));
        await dialog.getByRole('button', { name: 'Compare' }).click();
        const card = page.locator('section.card').filter({ has: page.getByRole('heading', { name: 'A newer document waits' }) });
        await card.getByText('GET /second', { exact: true }).waitFor();
        await dialog.waitFor({ state: 'hidden' });
        await page.getByRole('button', { name: 'Take it over' }).click();
        await page.getByText('0 tools, of 2 operations').waitFor();
        assertNoFaults(page);
    });

    test('a member sees what is shared, and connects an account of their own', async () => {
        await bringIn(page, slug, bobs, bob);
        await go(bobs, at('/connections'));
        await bobs.getByRole('row', { name: /North shed/ }).waitFor();
        await go(bobs, connection);
        assert.equal(await bobs.getByRole('link', { name: 'Disconnect' }).count(), 0);
        await keepPicture(bobs, 'connection-as-developer', { fullPage: true });
        await go(bobs, at('/connections/new/warehouse'));
        const shared = bobs.getByRole('radio', { name: /Everybody in the tenant/ });
        assert.ok(await shared.isDisabled(), 'shared ones are not for developers to make');
        await keepPicture(bobs, 'connect-as-developer', { fullPage: true });
        own = await connect(bobs, { as: bob.email, label: 'Bob\'s own', whose: /Only me/ });
        await hydrated(bobs);
        await bobs.getByText('Only me').first().waitFor();
        assertNoFaultsOfOurs(bobs);
    });

    test('nobody else sees it, whatever they are', async () => {
        await go(page, at('/connections'));
        await page.getByRole('row', { name: /North shed/ }).waitFor();
        assert.equal(await page.getByText('Bob\'s own').count(), 0);
        const response = await go(page, own);
        assert.equal(response.status(), 404);
        // Whatever happens there would have the page look again for what is missing.
        await go(page, at('/connections'));
        assertNoFaults(page, { expectedStatus: 404 });
        const taker = await connectModern(endpoint(slug), key);
        const call = (connection) => taker.callTool({ name: 'stock_who_am_i', arguments: { connection } });
        assert.match((await call('Bob\'s own')).content[0].text, /There is no .* account called/);
        assert.equal(dataOf(await call('North shed')).email, ada.email);
        await taker.close();
    });

    test('its person uses it', async () => {
        const dialog = await openTry(bobs, tools, 'Whose account it is');
        await hydrated(bobs);
        await dialog.getByLabel('Connection').selectOption('Bob\'s own');
        await dialog.getByRole('button', { name: 'Try it' }).click();
        await dialog.getByText(/It answered in/).waitFor();
        assert.ok((await dialog.getByLabel('What a model reads').textContent()).includes(bob.email));
        assertNoFaults(bobs);
    });

    test('a disconnected account is at an end there too, and the tool says what to do', async () => {
        assert.equal((await introspect(token)).active, true);
        await go(page, connection);
        await page.getByRole('link', { name: 'Disconnect' }).click();
        await page.getByRole('dialog', { name: 'Disconnect' }).getByRole('button', { name: 'Disconnect' }).click();
        await page.getByText('The service was told to take the access back.').waitFor();
        await page.getByRole('row', { name: /North shed/ }).getByText('Disconnected', { exact: true }).waitFor();
        await keepPicture(page, 'disconnected');
        assert.equal((await introspect(token)).active, false);
        const taker = await connectModern(endpoint(slug), key);
        const { tools } = await taker.listTools();
        assert.ok(tools.some(({ name }) => name === 'stock_get_item'), 'tools stay');
        await ledger(ada.email);
        const told = await taker.callTool({ name: 'stock_get_item', arguments: { id: '1' } });
        assert.ok(told.isError);
        assert.ok(told.content[0].text.includes(`${BASE}${at('/connections/new/warehouse')}`), told.content[0].text);
        assert.deepEqual(await ledger(ada.email), []);
        await taker.close();
        assertNoFaults(page);
    });

    async function assertLooksGoodAt(name, path, words) {
        await assertLooksGood(browser, page, name, async (looking) => {
            assert.equal((await looking.goto(path)).status(), 200, path);
            const where = name.startsWith('dialog-') ? looking.locator('dialog:modal') : looking.locator('#main');
            await where.getByText(words).first().waitFor();
        });
    }

    /** Looks at all of them before it complains. */
    async function assertAllLookGood(pages) {
        const complaints = [];
        for (const [name, [path, words]] of Object.entries(pages)) {
            await assertLooksGoodAt(name, path, words).catch((error) => complaints.push(error.message));
        }
        assert.equal(complaints.join('\n\n'), '');
    }
});

/** What a tool gave, as data. */
function dataOf(result) {
    assert.ok(!result.isError, JSON.stringify(result.content));
    return result.structuredContent ?? JSON.parse(result.content[0].text);
}

/** Every call had a token that the authorization server gave to our app. Answers the last. */
async function assertItsOwnTokens(calls) {
    const tokens = new Set(calls.map((call) => call.headers.authorization.replace('Bearer ', '')));
    for (const token of tokens) {
        const known = await introspect(token);
        assert.deepEqual([known.active, known.client_id], [true, APP.id]);
    }
    return [...tokens].at(-1);
}
