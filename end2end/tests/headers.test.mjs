// What the server says besides its pages: security headers, caching, cookies, and whom it refuses.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { registerClient, signIn, signUp } from '../support/acts.mjs';
import { BASE, launch, openPage } from '../support/browser.mjs';

describe('headers', () => {
    let browser, page, person;

    before(async () => {
        browser = await launch();
        page = await openPage(browser, { scripts: false });
        person = await signUp(page);
    });
    after(() => browser?.close());

    test('pages carry what people check for', async () => {
        for (const path of ['/sign-in', `/t/${person.slug}`, `/t/${person.slug}/usage`]) {
            const headers = (await page.goto(path)).headers();
            assert.equal(headers['x-content-type-options'], 'nosniff');
            assert.equal(headers['x-frame-options'], 'DENY');
            assert.equal(headers['referrer-policy'], 'same-origin');
            assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
            assert.match(headers['permissions-policy'], /camera=\(\)/);
            assert.match(headers['cache-control'], /no-store/, 'a page is about somebody');
            assert.equal(headers.server, undefined);
        }
    });

    test('the content security policy allows scripts by nonce alone', async () => {
        const [first, second] = [await fetchPage('/sign-in'), await fetchPage('/sign-in')];
        const policy = first.headers.get('content-security-policy');
        assert.match(policy, /default-src 'none'/);
        assert.match(policy, /frame-ancestors 'none'/);
        assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|\*/);
        const nonce = policy.match(/'nonce-([^']+)'/)[1];
        const html = await first.text();
        for (const [, attributes] of html.matchAll(/<script([^>]*)>/g)) {
            assert.ok(attributes.includes(`nonce="${nonce}"`), `script without nonce:${attributes}`);
        }
        assert.doesNotMatch(html, /<style|\sstyle="|\son[a-z]+="/, 'nothing inline');
        assert.ok(!second.headers.get('content-security-policy').includes(nonce), 'a nonce is used once');
    });

    test('hashed files are compressed ahead of time and kept for good', async () => {
        for (const path of await hashedFiles()) {
            const response = await fetch(BASE + path, { headers: { 'accept-encoding': 'br' } });
            assert.equal(response.status, 200, path);
            assert.equal(response.headers.get('content-encoding'), 'br', path);
            assert.match(response.headers.get('cache-control'), /immutable/, path);
            assert.match(response.headers.get('cache-control'), /max-age=31536000/, path);
        }
    });

    test('the session’s cookie is out of reach of scripts and other sites', async () => {
        const cookie = await sessionCookie(page);
        assert.equal(cookie.httpOnly, true);
        assert.equal(cookie.sameSite, 'Lax');
        assert.equal(cookie.path, '/');
        const https = BASE.startsWith('https:');
        assert.equal(cookie.secure, https);
        assert.equal(cookie.name, https ? '__Host-bulkhead' : 'bulkhead');
    });

    test('signing in gives the session a new id, whatever was there before', async () => {
        const visitor = await openPage(browser, { scripts: false });
        const planted = 'AAAAAAAAAAAAAAAAAAAAAA';
        await visitor.context().addCookies([{ name: 'bulkhead', value: planted, url: BASE, httpOnly: true }]);
        await signIn(visitor, person);
        const first = (await sessionCookie(visitor)).value;
        assert.notEqual(first, planted);
        await signIn(visitor, person);
        assert.notEqual((await sessionCookie(visitor)).value, first);
        await visitor.context().close();
    });

    test('a change that none of our pages asked for is refused, whatever it is', async () => {
        const { value } = await sessionCookie(page);
        const send = (path, headers) =>
            fetch(BASE + path, {
                method: 'POST',
                redirect: 'manual',
                headers: { cookie: `bulkhead=${value}`, 'content-type': 'application/x-www-form-urlencoded', ...headers },
                body: 'x=1',
            });
        const actions = await formActions();
        assert.ok(actions.length >= 8, actions.join(' '));
        for (const path of [...actions, '/api/unknown', '/sign-in', '/']) {
            for (const headers of [{}, { origin: 'https://evil.example' }, { origin: 'null' }]) {
                const response = await send(path, headers);
                assert.equal(response.status, 403, `${path} with ${JSON.stringify(headers)}`);
                assert.equal(response.headers.get('set-cookie'), null);
            }
        }
        assert.notEqual((await send(actions[0], { origin: BASE })).status, 403, 'our own origin passes');
    });

    /** Where the forms of our pages are sent. */
    async function formActions() {
        const client = await registerClient(page, person.slug, { name: 'Any' });
        const at = (rest) => `/t/${person.slug}${rest}`;
        const pages = ['/sign-in', '/sign-up', at(''), at('/clients?dialog=new'), `${client}?dialog=new-key`];
        pages.push(`${client}?dialog=edit`, `${client}?dialog=archive`, at('/tasks?dialog=new'), at('/settings'));
        const actions = new Set();
        for (const path of pages) {
            await page.goto(path);
            const forms = page.locator('form[method=post]');
            for (const form of await forms.all()) actions.add(await form.getAttribute('action'));
        }
        return [...actions];
    }

    async function hashedFiles() {
        const html = await (await fetchPage('/sign-in')).text();
        const files = new Set([...html.matchAll(/\/pkg\/[\w.-]+\.(?:js|wasm|css)/g)].map(([path]) => path));
        assert.ok(files.size >= 3, [...files].join(' '));
        return files;
    }
});

function fetchPage(path) {
    return fetch(BASE + path, { headers: { accept: 'text/html' } });
}

async function sessionCookie(page) {
    const cookies = await page.context().cookies();
    return cookies.find((cookie) => /^(__Host-)?bulkhead$/.test(cookie.name));
}
