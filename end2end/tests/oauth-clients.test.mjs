// The official MCP clients log in by themselves: they register or show a document, send their person to the consent
// page, call a tool, refresh what has expired, and ask again once they were thrown out.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { endpoint, signUp } from '../support/acts.mjs';
import { assertNoFaults, BASE, launch, openPage } from '../support/browser.mjs';
import { allow } from '../support/consent.mjs';
import { CERTIFICATE } from '../support/documents.mjs';
import { CLIENTS, startApp } from '../support/oauth-clients.mjs';

const WAYS = { 'by registration': { document: false }, 'by document': { document: true } };

/** The server must have been started with BULKHEAD_ACCESS_TOKEN_SECONDS at most this high. */
const PATIENCE = 30;

/** The seconds by which clocks of servers may differ: so long an access token works after its time. */
const LEEWAY = 5;

describe('official clients log in', () => {
    const apps = new Map();
    let browser, page, slug;

    before(async () => {
        browser = await launch();
        page = await openPage(browser);
        ({ slug } = await signUp(page));
    });
    after(async () => {
        for (const app of apps.values()) await app.close();
        await browser?.close();
    });

    /** Goes on where an earlier test has left the app. */
    function forEachApp(what, act) {
        for (const client of Object.keys(CLIENTS)) {
            for (const [way, { document }] of Object.entries(WAYS)) {
                const name = `${client} ${way}`;
                const skip = document && !CERTIFICATE ? 'no certificate for documents: see end2end/run.sh' : false;
                test(`${name} ${what}`, { skip }, () => act({ client, document, name }));
            }
        }
    }

    forEachApp('is let in and calls a tool', async ({ client, document, name }) => {
        const browse = (url) => allow(page, url);
        // The name is like no other: the server may have seen earlier runs.
        const title = `${name} ${randomBytes(2).toString('hex')}`;
        const app = await startApp(client, endpoint(slug), { name: title, document, browse });
        apps.set(name, app);

        const me = await app.call('whoami');
        app.letInAt = Date.now();
        assert.equal(me.tenant, slug);
        assert.equal(me.client, title);
        assertNoFaults(page);

        assert.equal(app.asked.length, 1, 'its person was asked once');
        const asked = new URL(app.asked[0]).searchParams;
        assert.equal(asked.get('resource'), endpoint(slug));
        assert.equal(asked.get('code_challenge_method'), 'S256');
        const registrations = app.seen.filter((line) => line.startsWith('POST /oauth/register'));
        if (document) {
            assert.equal(asked.get('client_id'), app.published.url);
            assert.ok(app.published.fetched > 0, 'the server has read the document');
            assert.deepEqual(registrations, []);
        } else {
            assert.deepEqual(registrations, ['POST /oauth/register 201']);
        }
        assert.equal(app.seen[0], `POST /t/${slug}/mcp 401`, 'it began without any credential');
        assert.ok(app.seen.includes('POST /oauth/token 200'));
    });

    forEachApp('refreshes what has expired, without its person', async ({ name }) => {
        const app = connected(name);
        const before = app.tokens();
        assert.ok(before.expires_in <= PATIENCE, `access tokens are good for ${before.expires_in} s: too long to wait`);
        await sleep(Math.max(0, app.letInAt + (before.expires_in + LEEWAY + 1) * 1_000 - Date.now()));
        const mark = app.seen.length;

        const me = await app.call('whoami');
        assert.equal(me.tenant, slug);
        const now = app.tokens();
        assert.notEqual(now.access_token, before.access_token);
        assert.notEqual(now.refresh_token, before.refresh_token, 'refresh tokens rotate');
        assert.equal(now.scope ?? before.scope, before.scope);
        assert.equal(app.asked.length, 1, 'its person was not asked again');
        const refreshes = app.seen.slice(mark).filter((line) => line.startsWith('POST /oauth/token'));
        assert.deepEqual(refreshes, ['POST /oauth/token 200']);
    });

    forEachApp('is refused within a second of its revocation, and asks its person again', async ({ name }) => {
        const app = connected(name);
        await revoke(app);
        await sleep(1_000);
        const mark = app.seen.length;

        const me = await app.call('whoami');
        assert.equal(me.tenant, slug);
        const since = app.seen.slice(mark);
        assert.ok(since.includes(`POST /t/${slug}/mcp 401`), since.join('\n'));
        assert.equal(app.asked.length, 2, 'its person was asked again');
        assert.ok(!since.some((line) => line.startsWith('POST /oauth/register')), 'it is the same client as before');
        assertNoFaults(page);
    });

    function connected(name) {
        const app = apps.get(name);
        assert.ok(app?.tokens()?.refresh_token, 'it was let in and can refresh');
        return app;
    }
});

/** Gives a refresh token back, as the metadata says (RFC 7009): all that came of the same log-in ends. */
async function revoke(app) {
    const metadata = await (await fetch(`${BASE}/.well-known/oauth-authorization-server`)).json();
    const body = new URLSearchParams({
        token: app.tokens().refresh_token,
        token_type_hint: 'refresh_token',
        client_id: new URL(app.asked[0]).searchParams.get('client_id'),
    });
    const response = await fetch(metadata.revocation_endpoint, { method: 'POST', body });
    assert.equal(response.status, 200, await response.text());
}
