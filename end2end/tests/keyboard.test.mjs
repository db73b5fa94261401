// The whole of it without a mouse.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertNoFaults, go, keepPicture, launch, openPage } from '../support/browser.mjs';
import { furnishedTenant } from '../support/furnish.mjs';

describe('by keyboard', () => {
    let browser, page, tenant, at;

    before(async () => {
        browser = await launch();
        tenant = await furnishedTenant(browser);
        at = (rest) => `/t/${tenant.slug}${rest}`;
        page = await openPage(browser, { as: tenant.page });
    });
    after(() => browser?.close());

    test('the sign-up form is filled in from top to bottom', async () => {
        const visitor = await openPage(browser);
        await go(visitor, '/sign-up');
        await visitor.getByLabel('Your name').focus();
        for (const next of ['Work email', 'Password', 'Company or team']) {
            await visitor.keyboard.press('Tab');
            assert.equal(await focusedName(visitor), next);
        }
        await visitor.keyboard.press('Tab');
        assert.equal(await focusedName(visitor), 'Create account');
        await visitor.context().close();
    });

    test('the first stop of a page skips to its content', async () => {
        await go(page, at('/usage'));
        await page.keyboard.press('Tab');
        assert.match(await focusedName(page), /^Skip to/);
        await keepPicture(page, 'keyboard-skip-link');
        await page.keyboard.press('Enter');
        assert.equal(await page.evaluate(() => document.activeElement.closest('main') !== null), true);
        assertNoFaults(page);
    });

    test('every stop of every page can be seen', async () => {
        for (const path of [at(''), at('/clients'), tenant.client, at('/webhooks'), at('/tasks'), tenant.task, at('/settings')]) {
            await go(page, path);
            const seen = new Set();
            for (let stops = 0; stops < 80; stops += 1) {
                await page.keyboard.press('Tab');
                const stop = await page.evaluate(describeFocus);
                if (stop === null) break;
                assert.ok(stop.marked, `${path}: the focus on ${stop.what} cannot be seen`);
                assert.ok(stop.shown, `${path}: ${stop.what} has the focus but is not on the screen`);
                seen.add(stop.what);
            }
            assert.ok(seen.size > 5, `${path}: only ${[...seen].join(', ')}`);
        }
    });

    test('Ctrl-K opens the command palette, which goes where one types', async () => {
        await go(page, at(''));
        await page.keyboard.press('Control+k');
        const palette = page.locator('dialog:modal');
        await palette.waitFor();
        await page.keyboard.type('usage');
        await keepPicture(page, 'keyboard-palette');
        await page.keyboard.press('Enter');
        await page.waitForURL(new RegExp(`${at('/usage')}$`));
        await palette.waitFor({ state: 'hidden' });
        await page.getByRole('heading', { level: 1, name: 'Usage' }).waitFor();
        await page.keyboard.press('Control+k');
        await palette.waitFor();
        await page.keyboard.press('Escape');
        await palette.waitFor({ state: 'hidden' });
        assertNoFaults(page);
    });

    test('dialogs keep the focus inside and give it back on Escape', async () => {
        const openers = [
            [at('/clients'), 'Register client', 'Name'],
            [tenant.client, 'New key', 'Name'],
            [tenant.client, 'Edit'],
            [tenant.client, 'Archive'],
            [tenant.client, 'Connect'],
            [tenant.client, 'Rotate production'],
            [at('/tasks'), 'New task', 'Title'],
            [tenant.task, 'Delete'],
        ];
        for (const [path, name, first] of openers) {
            await go(page, path);
            await page.getByRole('link', { name, exact: true }).focus();
            await page.keyboard.press('Enter');
            const dialog = page.locator('dialog:modal');
            await dialog.waitFor();
            if (first) assert.equal(await focusedName(page), first, `${name}: where one begins`);
            for (let stops = 0; stops < 8; stops += 1) {
                await page.keyboard.press('Tab');
                const inside = await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest('dialog') !== null);
                assert.ok(inside, `${name}: the focus left the dialog`);
            }
            await page.keyboard.press('Escape');
            await dialog.waitFor({ state: 'hidden' });
            assert.equal(new URL(page.url()).search, '', `${name}: the address is the page’s again`);
            assert.equal(await focusedName(page), name, `${name}: the focus is back`);
        }
        assertNoFaults(page);
    });

    test('a task is added and completed', async () => {
        await go(page, at('/tasks'));
        await page.getByLabel('Title of a new task').focus();
        await page.keyboard.type('Typed, not clicked');
        await page.keyboard.press('Enter');
        const complete = page.getByRole('button', { name: 'Complete Typed, not clicked' });
        await complete.focus();
        await page.keyboard.press('Enter');
        await complete.waitFor({ state: 'detached' });
        assertNoFaults(page);
    });
});

/** The words of what has the focus. */
function focusedName(page) {
    return page.evaluate(() => {
        const focused = document.activeElement;
        const words = focused.getAttribute('aria-label') ?? focused.labels?.[0]?.textContent ?? focused.textContent;
        return words.trim();
    });
}

/** Runs in the page: what has the focus, whether it is marked, and whether it is on the screen. */
async function describeFocus() {
    const frame = () => new Promise((drawn) => requestAnimationFrame(drawn));
    await frame();
    await frame();
    const focused = document.activeElement;
    if (focused === null || focused === document.body) return null;
    const style = (element) => element && getComputedStyle(element);
    const isMarked = (css) => css && ((css.outlineStyle !== 'none' && css.outlineWidth !== '0px') || css.boxShadow !== 'none');
    // A hidden radio input shows its focus on its label.
    const label = focused.labels?.[0];
    const seen = label && focused.classList.contains('visually-hidden') ? label : focused;
    const isShown = () => {
        const box = seen.getBoundingClientRect();
        return box.width > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
    };
    // What slides in takes some frames on a busy machine.
    for (let frames = 0; frames < 30 && !isShown(); frames += 1) await frame();
    const shown = isShown();
    const what = `${focused.tagName.toLowerCase()} "${(focused.getAttribute('aria-label') ?? focused.labels?.[0]?.textContent ?? focused.textContent).trim().slice(0, 40)}"`;
    // The calendar button inside a date field is the browser's own, and so is its mark.
    if (!focused.matches(':focus')) return { what, shown, marked: true };
    return { what, shown, marked: Boolean(isMarked(style(focused)) || isMarked(style(label))) };
}
