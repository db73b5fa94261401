// The same pages in a browser that runs no script at all: every form still does its work.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { endpoint, issueKey, readSecret, registerClient, signIn, signOut, signUp, somebody } from '../support/acts.mjs';
import { keepPicture, launch, openPage } from '../support/browser.mjs';
import { connectModern, statusOf } from '../support/mcp.mjs';

describe('without scripts', () => {
    let browser, page, person, at, client, key;

    before(async () => {
        browser = await launch();
        page = await openPage(browser, { scripts: false });
    });
    after(() => browser?.close());

    test('a refused sign-up says why and keeps what was typed, but for the password', async () => {
        const ada = somebody();
        await page.goto('/sign-up');
        await page.getByLabel('Your name').fill(ada.name);
        await page.getByLabel('Work email').fill('ada@nowhere@twice');
        await page.getByLabel('Password').fill(ada.password);
        await page.getByLabel('Company or team').fill(ada.tenant);
        // The browser's own check would stop it before we are asked.
        await page.locator('form[action="/api/sign_up"]').evaluate((form) => form.setAttribute('novalidate', ''));
        await page.getByRole('button', { name: 'Create account' }).click();
        const email = page.getByLabel('Work email');
        assert.equal(await email.getAttribute('aria-invalid'), 'true');
        assert.equal(await email.inputValue(), 'ada@nowhere@twice');
        assert.equal(await page.getByLabel('Your name').inputValue(), ada.name);
        assert.equal(await page.getByLabel('Password').inputValue(), '');
        await keepPicture(page, 'plain-refused');
        await page.reload();
        assert.equal(await page.getByLabel('Work email').getAttribute('aria-invalid'), null, 'said once');
    });

    test('sign up, sign out, and sign in after a wrong password', async () => {
        person = await signUp(page);
        at = (rest) => `/t/${person.slug}${rest}`;
        await signOut(page);
        await page.goto(at(''));
        assert.match(page.url(), /\/sign-in\?next=/, 'a page of a tenant asks to sign in');

        await page.getByLabel('Email').fill(person.email);
        await page.getByLabel('Password').fill('something else entirely');
        await page.getByRole('button', { name: 'Sign in', exact: true }).click();
        await page.getByText('The email address or the password is wrong.').waitFor();
        assert.equal(await page.getByLabel('Email').inputValue(), person.email);
        await signIn(page, person);
        assert.equal(new URL(page.url()).pathname, at(''));
    });

    test('register a client, and a second one of the same name is refused', async () => {
        client = await registerClient(page, person.slug, { name: 'Plain client', notes: 'No scripts here.' });
        await page.getByText('No scripts here.').waitFor();
        await page.goto(at('/clients?dialog=new'));
        const dialog = page.getByRole('dialog', { name: 'Register a client' });
        await dialog.getByLabel('Name').fill('Plain client');
        await dialog.getByRole('button', { name: 'Register' }).click();
        await dialog.getByText(/taken/).waitFor();
        assert.equal(await dialog.getByLabel('Name').inputValue(), 'Plain client');
    });

    test('edit the client', async () => {
        await page.goto(`${client}?dialog=edit`);
        const dialog = page.getByRole('dialog', { name: 'Edit client' });
        await dialog.getByLabel('Name').fill('Plainer client');
        await dialog.getByLabel('Kind').selectOption('Cursor');
        await dialog.getByRole('button', { name: 'Save' }).click();
        await page.getByRole('heading', { level: 1, name: 'Plainer client' }).waitFor();
        await page.getByText('Client saved.').waitFor();
    });

    test('issue a key, whose secret is shown once', async () => {
        key = await issueKey(page, client, { name: 'plain' });
        assert.match(key, /^bh_key_/);
        await keepPicture(page, 'plain-key');
        await page.reload();
        assert.ok(!(await page.content()).includes(key), 'gone on reload');
        await (await connectModern(endpoint(person.slug), key)).close();
    });

    test('rotate it: the new one works, and the old one for as long as was chosen', async () => {
        await page.goto(client);
        await page.getByRole('link', { name: 'Rotate plain' }).click();
        const dialog = page.getByRole('dialog', { name: 'Rotate key' });
        await dialog.getByLabel('The old key works for').selectOption('1 hour');
        await dialog.getByRole('button', { name: 'Rotate key' }).click();
        const fresh = await readSecret(page);
        assert.notEqual(fresh, key);
        for (const each of [key, fresh]) await (await connectModern(endpoint(person.slug), each)).close();
        await page.goto(client);
        await page.getByText('Replaced', { exact: true }).waitFor();
        await page.getByText('Live', { exact: true }).waitFor();
    });

    test('revoke it', async () => {
        await page.goto(client);
        await page.getByRole('row').filter({ hasText: 'Replaced' }).getByRole('link', { name: /Revoke/ }).click();
        await page.getByRole('dialog', { name: 'Revoke key' }).getByRole('button', { name: 'Revoke key' }).click();
        await page.getByText('Revoked', { exact: true }).waitFor();
        await new Promise((done) => setTimeout(done, 1_000));
        await assert.rejects(connectModern(endpoint(person.slug), key), (error) => statusOf(error) === 401);
    });

    test('create, edit, complete and delete a task', async () => {
        await page.goto(at('/tasks'));
        await page.getByLabel('Title of a new task').fill('Water the plants');
        await page.getByRole('button', { name: 'Add', exact: true }).click();
        await page.getByRole('link', { name: 'Water the plants' }).click();
        await page.getByLabel('Description').fill('All of them.\nTwice <b>a</b> week & on holidays.');
        await page.getByLabel('Priority').selectOption('High');
        await page.getByLabel('Due').fill('2027-02-28');
        await page.getByRole('button', { name: 'Save' }).click();
        await page.getByText('Task saved.').waitFor();
        assert.equal(await page.getByLabel('Description').inputValue(), 'All of them.\nTwice <b>a</b> week & on holidays.');
        assert.equal(await page.getByLabel('Due').inputValue(), '2027-02-28');

        await page.goto(at('/tasks?dialog=new'));
        const dialog = page.getByRole('dialog', { name: 'New task' });
        await dialog.getByLabel('Title').fill('Buy a can');
        await dialog.getByLabel('Labels').fill('garden, shop');
        await dialog.getByRole('button', { name: 'Add task' }).click();
        await page.getByRole('button', { name: 'Complete Buy a can' }).click();
        await page.getByRole('row', { name: /Buy a can/ }).getByText('Done', { exact: true }).last().waitFor();

        await page.goto(at('/tasks?label=garden'));
        assert.equal(await page.locator('tbody tr').count(), 1, 'the filter leaves one');
        await page.getByRole('link', { name: 'Buy a can' }).click();
        await page.getByRole('link', { name: 'Delete' }).click();
        await page.getByRole('button', { name: 'Delete task' }).click();
        await page.waitForURL(new RegExp(`${at('/tasks')}$`));
        assert.equal(await page.getByRole('link', { name: 'Buy a can' }).count(), 0);
    });

    test('filter the usage', async () => {
        const fresh = await issueKey(page, client, { name: 'caller' });
        const caller = await connectModern(endpoint(person.slug), fresh);
        await caller.callTool({ name: 'whoami', arguments: {} });
        await caller.callTool({ name: 'get_task', arguments: { id: crypto.randomUUID() } });
        await caller.close();
        await page.goto(at('/usage'));
        await page.getByLabel('Tool', { exact: true }).selectOption('get_task');
        await page.getByLabel('Outcome', { exact: true }).selectOption('Tool error');
        await page.getByRole('button', { name: 'Filter' }).click();
        await page.getByRole('link', { name: '1h', exact: true }).click();
        const query = new URL(page.url()).searchParams;
        assert.deepEqual([query.get('range'), query.get('tool'), query.get('outcome')], ['1h', 'get_task', 'tool_error']);
        const rows = page.getByRole('region', { name: 'Recent calls' }).locator('tbody tr');
        // The numbers are rolled up about once a second, and this page does not renew itself.
        for (let tries = 0; tries < 20 && (await rows.count()) === 0; tries++) {
            await page.waitForTimeout(500);
            await page.reload();
        }
        assert.equal(await rows.count(), 1);
    });

    test('save the settings', async () => {
        await page.goto(at('/settings'));
        const card = (title) => page.locator('.card').filter({ has: page.getByRole('heading', { name: title, exact: true }) });
        await card('Profile').getByLabel('Name').fill('Ada King');
        await card('Profile').getByRole('button', { name: 'Save name' }).click();
        await page.getByText('Name saved.').waitFor();
        assert.equal(await card('Profile').getByLabel('Name').inputValue(), 'Ada King');

        await card('Tenant').getByLabel('Name').fill('Analytical & Sons');
        await card('Tenant').getByRole('button', { name: 'Save name' }).click();
        await page.getByText('Tenant renamed.').waitFor();
        assert.equal(await card('Tenant').getByLabel('Name').inputValue(), 'Analytical & Sons');

        const tasks = page.getByRole('switch', { name: 'Tasks toolkit' });
        await tasks.click();
        assert.equal(await page.getByRole('switch', { name: 'Tasks toolkit' }).getAttribute('aria-checked'), 'false');
    });

    test('change the password: other sessions end, this one stays', async () => {
        const elsewhere = await openPage(browser, { scripts: false });
        await signIn(elsewhere, person);
        await page.goto('/account');
        await page.getByLabel('Current password').fill('not the one');
        await page.getByLabel('New password').fill('an altogether new one');
        await page.getByRole('button', { name: 'Change password' }).click();
        await page.getByText(/not your current password/i).first().waitFor();
        await page.getByLabel('Current password').fill(person.password);
        await page.getByLabel('New password').fill('an altogether new one');
        await page.getByRole('button', { name: 'Change password' }).click();
        await page.getByText('Password changed.').waitFor();
        await elsewhere.goto(at('/settings'));
        assert.match(elsewhere.url(), /\/sign-in/, 'the other session has ended');
        await page.goto(at('/settings'));
        assert.match(page.url(), /\/settings$/, 'this one has not');
        await elsewhere.context().close();
    });

    test('archive the client', async () => {
        await page.goto(`${client}?dialog=archive`);
        await page.getByRole('button', { name: 'Archive and revoke keys' }).click();
        await page.waitForURL(new RegExp(`${at('/clients')}$`));
        assert.equal(await page.getByRole('link', { name: 'Plainer client' }).count(), 0);
    });
});
