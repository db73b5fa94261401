// Looks at every page, empty and filled: nothing red in the console, nothing for axe to find,
// nothing that runs off the side. A picture of each is kept.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { signUp, somebody } from './acts.mjs';
import { assertAccessible } from './axe.mjs';
import { assertNoFaults, go, keepPicture, launch, openPage } from './browser.mjs';
import { furnishedTenant } from './furnish.mjs';

const DOORWAY = { 'sign-in': '/sign-in', 'sign-in-sso': '/sign-in/sso', 'sign-up': '/sign-up', forgot: '/forgot' };

/** The tests for one width, in light and in dark. */
export function describeEveryPage(width, viewport) {
    describe(`every page, ${width}`, () => lookAt(width, viewport));
}

function lookAt(width, viewport) {
    let browser, empty, filled;

    before(async () => {
        browser = await launch();
        empty = await emptyTenant(browser);
        filled = await furnishedTenant(browser, somebody('Grace Hopper', 'Harbour Logistics'));
    });
    after(() => browser?.close());

    for (const colorScheme of ['light', 'dark']) {
        const look = { name: `${width}-${colorScheme}`, viewport, colorScheme };
        test(`at the door, ${look.name}`, () => inspectAll(browser, look, undefined, DOORWAY));
        test(`empty, ${look.name}`, () => inspectAll(browser, look, empty.page, emptyPages(empty)));
        test(`filled, ${look.name}`, () => inspectAll(browser, look, filled.page, filledPages(filled)));
        test(`dialogs, ${look.name}`, () => inspectAll(browser, look, filled.page, dialogs(filled)));
        test(`what does not exist, ${look.name}`, async () => {
            const page = await openPage(browser, { ...look, as: filled.page });
            for (const path of ['/nowhere', '/t/nobody-has-this-name', `/t/${empty.slug}`, `/t/${filled.slug}/tasks/x`]) {
                const response = await go(page, path);
                assert.equal(response.status(), 404, path);
                await inspect(page, `missing-${look.name}`, { expectedStatus: 404 });
            }
            await page.context().close();
        });
    }

    test('a page in light stays light in a dark system, and the other way round', async () => {
        const page = await openPage(browser, { as: filled.page, colorScheme: 'dark' });
        await go(page, `/t/${filled.slug}`);
        const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const dark = await background();
        await page.context().addCookies([{ name: 'bulkhead-theme', value: 'light', url: page.url() }]);
        await go(page, `/t/${filled.slug}`);
        assert.notEqual(await background(), dark);
        await page.emulateMedia({ colorScheme: 'light' });
        await page.context().addCookies([{ name: 'bulkhead-theme', value: 'dark', url: page.url() }]);
        await go(page, `/t/${filled.slug}`);
        assert.equal(await background(), dark);
        await page.context().close();
    });
}

async function emptyTenant(browser) {
    const page = await openPage(browser, { scripts: false });
    const { slug } = await signUp(page, somebody('Edsger Dijkstra', 'Structured'));
    return { page, slug };
}

function emptyPages({ slug }) {
    const at = (rest) => `/t/${slug}${rest}`;
    return {
        'empty-overview': at(''),
        'empty-clients': at('/clients'),
        'empty-connections': at('/connections'),
        'empty-apis': at('/apis'),
        'empty-webhooks': at('/webhooks'),
        'empty-billing': at('/billing'),
        'empty-usage': at('/usage'),
        'empty-usage-exports': at('/usage/exports'),
        'empty-limits': at('/limits'),
        'empty-tasks': at('/tasks'),
        'empty-tasks-filtered': at('/tasks?status=done'),
        'empty-usage-filtered': at('/usage?outcome=timeout'),
    };
}

function filledPages({ slug, client, keyless, task }) {
    const at = (rest) => `/t/${slug}${rest}`;
    return {
        overview: at(''),
        clients: at('/clients'),
        client,
        'client-without-key': keyless,
        'connect-no-app': at('/connections/new/github'),
        'connect-with-key': at('/connections/new/openweather'),
        'connector-tools': at('/connections/tools/github'),
        describe: at('/connections/describe'),
        usage: at('/usage?range=1h'),
        'usage-week': at('/usage?range=7d'),
        'usage-exports': at('/usage/exports'),
        'usage-calls': at('/usage/calls'),
        limits: at('/limits?units=1&per_minute=1'),
        plan: at('/plan'),
        tasks: at('/tasks'),
        task,
        members: at('/members'),
        roles: at('/roles'),
        access: at('/access'),
        audit: at('/audit'),
        'audit-row': at('/audit/2'),
        settings: at('/settings'),
        sso: at('/sso'),
        account: '/account',
        'new-tenant': '/new-tenant',
    };
}

function dialogs({ slug, client, rotate, revoke, task }) {
    return {
        'dialog-register': `/t/${slug}/clients?dialog=new`,
        'dialog-connect': `${client}?dialog=connect`,
        'dialog-new-key': `${client}?dialog=new-key`,
        'dialog-edit-client': `${client}?dialog=edit`,
        'dialog-archive': `${client}?dialog=archive`,
        'dialog-rotate': rotate,
        'dialog-revoke': revoke,
        'dialog-try': `/t/${slug}/connections/tools/github?dialog=try&tool=github_list_issues`,
        'dialog-import': `/t/${slug}/apis?dialog=new`,
        'dialog-add-webhook': `/t/${slug}/webhooks?dialog=new`,
        'dialog-new-task': `/t/${slug}/tasks?dialog=new`,
        'dialog-delete-task': `${task}?dialog=delete`,
        'dialog-invite': `/t/${slug}/members?dialog=invite`,
        'dialog-service-account': `/t/${slug}/members?dialog=service`,
        'dialog-leave': `/t/${slug}/settings?dialog=leave`,
        'dialog-transfer': `/t/${slug}/members?dialog=transfer`,
        'dialog-export': `/t/${slug}/audit?dialog=export`,
    };
}

/** Looks at all of them before it complains. */
async function inspectAll(browser, look, as, pages) {
    const page = await openPage(browser, { ...look, as });
    const complaints = [];
    for (const [name, path] of Object.entries(pages)) {
        const response = await go(page, path);
        assert.equal(response.status(), 200, path);
        if (name.startsWith('dialog-')) await page.locator('dialog:modal').waitFor();
        await inspect(page, `${name}-${look.name}`).catch((error) => complaints.push(error.message));
    }
    await page.context().close();
    assert.equal(complaints.join('\n\n'), '');
}

async function inspect(page, name, expected) {
    await page.locator('.skeleton').waitFor({ state: 'detached' });
    await keepPicture(page, name, { fullPage: !name.startsWith('dialog-') });
    await assertAccessible(page, name, { onlyColours: name.endsWith('-dark') });
    const overhang = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(overhang <= 0, `${name} is ${overhang} px too wide`);
    assertNoFaults(page, expected);
}
