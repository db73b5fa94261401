// The official conformance suite against our authorization server: what it says of itself, and a code for a token.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { endpoint, signUp } from '../support/acts.mjs';
import { BASE, launch, openPage, OUTPUT } from '../support/browser.mjs';
import { allow } from '../support/consent.mjs';
import { node22 } from '../support/mcp.mjs';
import { assertNoFaultsOfOurs } from '../support/provider.mjs';

const SUITE = new URL('../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url).pathname;

describe('the conformance suite', () => {
    let browser, page, slug;

    before(async () => {
        browser = await launch();
        page = await openPage(browser);
        ({ slug } = await signUp(page));
    });
    after(() => browser?.close());

    test('each of its scenarios for authorization servers passes', async () => {
        const port = await freePort();
        // The suite logs in without a secret wherever that is supported, whatever it was given.
        const client = await register(`http://127.0.0.1:${port}/callback`);
        const words = ['authorization', '--url', BASE, '--client-id', client, '--resource', endpoint(slug), '-p', port];
        const { code, printed } = await run(words, (url) => allow(page, url));
        mkdirSync(OUTPUT, { recursive: true });
        writeFileSync(join(OUTPUT, 'oauth-conformance.txt'), printed);

        assert.equal(code, 0, printed);
        for (const scenario of ['authorization-server-metadata-endpoint', 'authorization-code-grant']) {
            assert.match(printed, new RegExp(`✓ ${scenario}: [1-9]\\d* passed, 0 failed`));
        }
        // A client's document is a SHOULD, of which the suite only warns.
        assert.doesNotMatch(printed, /WARNING|SKIPPED/);
        // The suite is gone before the browser can ask it for an icon.
        assertNoFaultsOfOurs(page);
    });
});

/** A public client that registers itself (RFC 7591). Answers its id. */
async function register(redirectUri) {
    const response = await fetch(`${BASE}/oauth/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
            client_name: 'Conformance suite',
            redirect_uris: [redirectUri],
            token_endpoint_auth_method: 'none',
        }),
    });
    const said = await response.json();
    assert.equal(response.status, 201, JSON.stringify(said));
    return said.client_id;
}

/** Runs the suite, and lets somebody open what it asks for. Answers how it ended and what it printed. */
async function run(words, browse) {
    const suite = spawn(node22(), [SUITE, ...words.map(String)]);
    const printed = [];
    const browsing = [];
    for (const stream of [suite.stdout, suite.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
            printed.push(line);
            if (line.startsWith(`${BASE}/oauth/authorize?`)) {
                // Without an answer the suite would wait for five minutes.
                browsing.push(browse(line).catch((error) => suite.kill() && printed.push(String(error))));
            }
        });
    }
    const code = await new Promise((done) => suite.on('close', done));
    await Promise.all(browsing);
    return { code, printed: printed.join('\n') };
}

async function freePort() {
    const server = createServer();
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address();
    await new Promise((done) => server.close(done));
    return port;
}
