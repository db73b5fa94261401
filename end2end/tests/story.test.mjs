// The main job, as one person lives it: sign up, issue a key, call tools, see the calls counted.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { endpoint, issueKey, readSecret, registerClient, signUp, somebody } from '../support/acts.mjs';
import { assertNoFaults, go, hydrated, keepPicture, launch, openPage } from '../support/browser.mjs';
import { connectLegacy, connectModern, inspect, node22, runText, statusOf } from '../support/mcp.mjs';

describe('the whole story', () => {
    const recipes = new Map();
    let browser, page, slug, clientPath, key, url, taskId;

    before(async () => {
        browser = await launch();
        page = await openPage(browser, { permissions: ['clipboard-read', 'clipboard-write'] });
    });
    after(() => browser?.close());

    test('a stranger signs up and lands on the overview', async () => {
        ({ slug } = await signUp(page, somebody()));
        await hydrated(page);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.locator('main').getByText(endpoint(slug)).first().waitFor();
        assertNoFaults(page);
    });

    test('they register a client and issue a key, shown once and copied', async () => {
        await go(page, `/t/${slug}/clients`);
        await page.getByRole('link', { name: 'Register the first client' }).click();
        const dialog = page.getByRole('dialog', { name: 'Register a client' });
        await dialog.getByLabel('Name').fill('Night agent');
        await dialog.getByLabel('Kind').selectOption('Own agent');
        await dialog.getByRole('button', { name: 'Register' }).click();
        await page.waitForURL(/\/clients\/[0-9a-f-]{36}$/);
        clientPath = new URL(page.url()).pathname;

        await page.getByRole('link', { name: 'New key' }).click();
        const form = page.getByRole('dialog', { name: 'New key' });
        await form.getByLabel('Name').fill('first');
        await form.getByLabel('Tasks').selectOption('Read and write');
        await form.getByRole('button', { name: 'Create key' }).click();
        key = await readSecret(page);
        assert.match(key, /^bh_key_[0-9A-Za-z]{36}$/);

        const connect = page.getByRole('dialog', { name: 'Connect' });
        // Chromium writes to the clipboard for the page in front alone, and another browser is at work beside this one.
        await page.bringToFront();
        const copied = connect.getByText('Copied');
        for (let tries = 1; tries <= 3 && !(await copied.isVisible()); tries++) {
            await connect.locator('.copy-field').getByRole('button', { name: 'Copy' }).click();
            await copied.waitFor({ timeout: 3_000 }).catch(() => {});
        }
        await copied.waitFor({ timeout: 3_000 });
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), key);
        for (const program of await connect.locator('.tabs label').allTextContents()) {
            await connect.getByText(program, { exact: true }).click();
            const recipe = await connect.getByLabel(`Configuration for ${program}`).textContent();
            assert.ok(recipe.includes(endpoint(slug)), `${program}: the endpoint is filled in`);
            recipes.set(program, recipe);
        }
        assert.ok(recipes.get('Cursor').includes(key), 'the key is filled in');
        await keepPicture(page, 'story-key');

        await page.keyboard.press('Escape');
        await connect.waitFor({ state: 'hidden' });
        assert.ok(!(await page.content()).includes(key), 'the secret is gone with its dialog');
        assertNoFaults(page);
    });

    test('the official TypeScript SDK v2 calls tools at revision 2026-07-28', async () => {
        url = endpoint(slug);
        const client = await connectModern(url, key);
        assert.equal(client.getNegotiatedProtocolVersion(), '2026-07-28');
        const { tools } = await client.listTools();
        for (const name of ['whoami', 'create_task', 'list_tasks', 'complete_task']) {
            assert.ok(tools.some((tool) => tool.name === name), `${name} is listed`);
        }
        taskId = await liveThroughATask(client, slug, 'Wind the clock');
        await client.close();
    });

    test('the official TypeScript SDK v1 does the same with a handshake', async () => {
        const client = await connectLegacy(url, key);
        await liveThroughATask(client, slug, 'Feed the cat');
        await client.close();
    });

    test('the Inspector does the same in both eras', async () => {
        for (const era of ['modern', 'legacy']) {
            const call = ['--method', 'tools/call', '--tool-name', 'whoami'];
            const printed = JSON.stringify(await inspect(url, key, era, ...call));
            assert.ok(printed.includes(slug), `${era}: ${printed}`);
        }
    });

    test('what the connect dialog shows for curl and TypeScript runs as it stands', async () => {
        assert.match(await runText('sh', 'recipe.sh', recipes.get('curl')), /You are the client/);
        assert.match(await runText(node22(), 'recipe.mts', recipes.get('TypeScript')), /create_task/);
    });

    test('a refused call says what is missing', async () => {
        const client = await connectModern(url, key);
        const unknown = await client.callTool({ name: 'get_task', arguments: { id: crypto.randomUUID() } });
        assert.equal(unknown.isError, true);
        assert.match(unknown.content[0].text, /not found/i);
        await client.close();
    });

    test('the tasks page shows what the tools made', async () => {
        await go(page, `/t/${slug}/tasks`);
        const row = page.getByRole('row', { name: /Wind the clock/ });
        await row.waitFor();
        assert.match(await row.textContent(), /Done/);
        await row.getByRole('link', { name: 'Wind the clock' }).click();
        await page.getByRole('heading', { level: 1, name: 'Wind the clock' }).waitFor();
        await page.locator('main').getByText(`bulkhead://tasks/${taskId}`).waitFor();
        assertNoFaults(page);
    });

    test('the usage page shows each call, and new ones without a reload', async () => {
        await go(page, `/t/${slug}/usage`);
        await page.getByText('Live', { exact: true }).waitFor();
        const rows = page.getByRole('region', { name: 'Recent calls' }).locator('tbody tr');
        await rows.first().waitFor();
        const before = await rows.count();
        assert.ok(before >= 12, `${before} calls`);
        assert.equal(await rows.filter({ hasText: 'Tool error' }).count(), 1);

        await page.evaluate(() => (window.sameDocument = true));
        const client = await connectModern(url, key);
        const answer = await client.callTool({ name: 'list_toolkits', arguments: {} });
        assert.ok(!answer.isError);
        await client.close();
        const newest = rows.first().filter({ hasText: 'list_toolkits' });
        await newest.waitFor({ timeout: 5_000 });
        assert.equal(await page.evaluate(() => window.sameDocument), true, 'the page was not loaded again');
        assert.equal(await rows.count(), before + 1);
        const cells = await newest.getByRole('cell').allTextContents();
        for (const word of ['Night agent', 'OK']) assert.ok(cells.includes(word), cells.join(' | '));
        assert.match(await newest.locator('code[title]').getAttribute('title'), /^[0-9a-f-]{36}$/, 'the request id');
        await keepPicture(page, 'story-usage', { fullPage: true });
        assertNoFaults(page);
    });

    test('what happens before the usage page has its stream is shown too', async () => {
        let letThrough;
        const held = new Promise((done) => (letThrough = done));
        await page.route('**/usage/live?*', async (route) => {
            await held;
            await route.continue();
        });
        await go(page, `/t/${slug}/usage`);
        const rows = page.getByRole('region', { name: 'Recent calls' }).locator('tbody tr');
        const before = await rows.count();
        const client = await connectModern(url, key);
        await client.callTool({ name: 'list_toolkits', arguments: {} });
        await client.close();
        // Until it is in the numbers, and told to those who listen.
        await new Promise((done) => setTimeout(done, 3_000));
        assert.equal(await rows.count(), before, 'nobody has told the page');
        letThrough();
        await assertEventually(async () => (await rows.count()) === before + 1, 'the call is shown');
        await page.unroute('**/usage/live?*');
        assertNoFaults(page);
    });

    test('a page whose stream was answered with an error listens again', async () => {
        await page.route('**/usage/live?*', (route) => route.fulfill({ status: 502 }));
        const refused = page.waitForResponse((response) => response.status() === 502);
        await go(page, `/t/${slug}/usage`);
        await refused;
        await page.unroute('**/usage/live?*');
        assert.equal(await page.getByText('Live', { exact: true }).count(), 0);
        await page.getByText('Live', { exact: true }).waitFor({ timeout: 20_000 });
        assertNoFaults(page, { expectedStatus: 502 });
    });

    test('a filter of the usage page stands in its address', async () => {
        await page.getByLabel('Outcome', { exact: true }).selectOption('Tool error');
        await page.getByRole('button', { name: 'Filter' }).click();
        await page.waitForURL(/outcome=tool_error/);
        const rows = page.getByRole('region', { name: 'Recent calls' }).locator('tbody tr');
        await assertEventually(async () => (await rows.count()) === 1, 'one call is left');
        assertNoFaults(page);
    });

    test('a revoked key is refused within a second', async () => {
        const client = await connectModern(url, key);
        await go(page, clientPath);
        await page.getByRole('link', { name: 'Revoke first' }).click();
        await page.getByRole('dialog', { name: 'Revoke key' }).getByRole('button', { name: 'Revoke key' }).click();
        await page.getByText('Revoked', { exact: true }).waitFor();
        await new Promise((done) => setTimeout(done, 1_000));
        await assert.rejects(client.callTool({ name: 'whoami', arguments: {} }), (error) => statusOf(error) === 401);
        await assert.rejects(connectLegacy(url, key), (error) => statusOf(error) === 401);
        await keepPicture(page, 'story-revoked');
        assertNoFaults(page);
    });

    test('a key of another tenant is an unknown one here', async () => {
        const other = await openPage(browser, { scripts: false });
        const stranger = await signUp(other, somebody('Charles Babbage', 'Difference Engines'));
        const foreign = await issueKey(other, await registerClient(other, stranger.slug, { name: 'Spy' }), { name: 'k' });
        await (await connectModern(endpoint(stranger.slug), foreign)).close();
        await assert.rejects(connectModern(url, foreign), (error) => statusOf(error) === 401);
        await other.context().close();
    });
});

/** Who am I, then a task from its beginning to its end. Answers its id. */
async function liveThroughATask(client, slug, title) {
    const me = await client.callTool({ name: 'whoami', arguments: {} });
    assert.equal(me.structuredContent.tenant, slug);
    assert.equal(me.structuredContent.client, 'Night agent');

    const created = await client.callTool({ name: 'create_task', arguments: { title, labels: ['e2e'] } });
    const { id } = created.structuredContent;
    const listed = await client.callTool({ name: 'list_tasks', arguments: { status: 'todo' } });
    assert.deepEqual(listed.structuredContent.tasks.map((task) => task.id), [id]);

    const completed = await client.callTool({ name: 'complete_task', arguments: { id } });
    assert.equal(completed.structuredContent.status, 'done');
    const { contents } = await client.readResource({ uri: `bulkhead://tasks/${id}` });
    assert.equal(JSON.parse(contents[0].text).title, title);
    return id;
}

async function assertEventually(holds, what) {
    for (let tries = 0; tries < 50; tries += 1) {
        if (await holds()) return;
        await new Promise((done) => setTimeout(done, 100));
    }
    assert.fail(what);
}
