// The official MCP clients as apps that log in, each behind the same few words.

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as v2 from '@modelcontextprotocol/client';
import * as v1auth from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { OUTPUT } from './browser.mjs';
import { waitForBrowsers } from './consent.mjs';
import { publish } from './documents.mjs';

/** Each client by the name of its package, with what starts an app made of it. */
export const CLIENTS = {
    '@modelcontextprotocol/client 2': (app) => {
        const options = { versionNegotiation: { mode: { pin: '2026-07-28' } } };
        // It checks `iss` (RFC 9207) itself.
        const finish = (transport, answer) => transport.finishAuth(answer);
        return typescript(app, { ...v2, Transport: v2.StreamableHTTPClientTransport, options, finish });
    },
    '@modelcontextprotocol/sdk 1': (app) => {
        const finish = (transport, answer) => transport.finishAuth(answer.get('code'));
        return typescript(app, { ...v1auth, Client: V1Client, Transport: V1Transport, finish });
    },
    'mcp 2 for Python': python,
};

/**
 * An app that is about to connect.
 *
 * @param endpoint where it connects to
 * @param how `name` is what it calls itself; `document` says that its id is the address of a document, else it
 *     registers itself; `browse` is called with what it asks its person to open, and must end where the app waits.
 * @returns `call(tool)` answers the tool's structured content, after whatever log-in that takes; `tokens()` are those it
 *     holds; `asked` is each address that its person was asked to open; `seen` is each request and its answer's status.
 */
export async function startApp(client, endpoint, { name, document = false, browse }) {
    const callback = await waitForBrowsers();
    // A document cannot know the port that an app will get.
    const redirect_uris = ['http://127.0.0.1/callback'];
    const published = document ? await publish({ client_name: name, redirect_uris }) : undefined;
    const app = { endpoint, name, callback, published, browse, asked: [], seen: [] };
    const started = await CLIENTS[client](app);
    const close = async () => {
        await started.close();
        callback.close();
        published?.close();
    };
    return Object.assign(app, started, { close });
}

/** Both TypeScript SDKs want a provider, throw when a person is needed, and take the code by hand. */
function typescript(app, sdk) {
    const provider = rememberingProvider(app);
    let client, transport;

    async function connect() {
        const next = new sdk.Transport(new URL(app.endpoint), { authProvider: provider, fetch: noting(app.seen) });
        // A transport that was refused knows where to bring the code, though it cannot be used again.
        transport = next;
        const connecting = new sdk.Client({ name: app.name, version: '1.0.0' }, sdk.options);
        await connecting.connect(next);
        client = connecting;
    }

    async function loggedIn(act) {
        try {
            return await act();
        } catch (error) {
            if (!(error instanceof sdk.UnauthorizedError)) throw error;
            await app.browse(app.asked.at(-1));
            await sdk.finish(transport, provider.checked(await app.callback.next()));
            return act();
        }
    }

    return {
        call: async (tool) => {
            if (!client) await loggedIn(connect);
            const { structuredContent } = await loggedIn(() => client.callTool({ name: tool, arguments: {} }));
            return structuredContent;
        },
        tokens: () => provider.tokens(),
        close: () => client?.close(),
    };
}

/** An OAuthClientProvider that keeps everything in memory, just as it is given. */
function rememberingProvider(app) {
    const kept = {};
    let state;
    return {
        redirectUrl: app.callback.url,
        clientMetadataUrl: app.published?.url,
        clientMetadata: { client_name: app.name, redirect_uris: [app.callback.url], token_endpoint_auth_method: 'none' },
        state: () => (state = randomUUID()),
        checked: (answer) => {
            if (answer.get('state') !== state) throw new Error(`another state came back: ${answer}`);
            return answer;
        },
        clientInformation: () => kept.client,
        saveClientInformation: (client) => void (kept.client = client),
        tokens: () => kept.tokens,
        saveTokens: (tokens) => void (kept.tokens = tokens),
        codeVerifier: () => kept.verifier,
        saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
        discoveryState: () => kept.discovery,
        saveDiscoveryState: (discovery) => void (kept.discovery = discovery),
        redirectToAuthorization: (url) => void app.asked.push(url.href),
        invalidateCredentials: (which) => {
            const names = { all: Object.keys(kept), client: ['client'], tokens: ['tokens'], verifier: ['verifier'] };
            for (const name of names[which] ?? [which]) delete kept[name];
        },
    };
}

/** `fetch`, which keeps a line about each answer. */
function noting(seen) {
    return async (url, init) => {
        const response = await fetch(url, init);
        seen.push(`${init?.method ?? 'GET'} ${new URL(url).pathname} ${response.status}`);
        return response;
    };
}

/** The client for Python is a program of its own; see oauth-client.py. */
function python(app) {
    const script = new URL('oauth-client.py', import.meta.url).pathname;
    const words = [script, app.endpoint, app.name, app.callback.url, ...(app.published ? [app.published.url] : [])];
    const program = spawn(process.env.BULKHEAD_E2E_PYTHON ?? 'python3', words);
    const ended = new Promise((done) => program.on('error', done).on('close', (code) => done(`it ended with ${code}`)));
    mkdirSync(OUTPUT, { recursive: true });
    program.stderr.pipe(createWriteStream(join(OUTPUT, 'oauth-client.py.log'), { flags: 'a' }));
    program.stdin.on('error', () => {});
    const say = (said) => program.stdin.write(`${JSON.stringify(said)}\n`);
    let tokens, answered;

    createInterface({ input: program.stdout }).on('line', (line) => {
        const said = JSON.parse(line);
        if (said.seen) app.seen.push(said.seen);
        else if (said.tokens) tokens = said.tokens;
        else if (said.open) bringTo(said.open).catch((error) => answered?.({ error: String(error) }));
        else answered?.(said);
    });

    async function bringTo(url) {
        app.asked.push(url);
        await app.browse(url);
        say({ callback: Object.fromEntries(await app.callback.next()) });
    }

    return {
        call: async (tool) => {
            const answer = new Promise((done) => (answered = done));
            say({ call: tool });
            const told = await Promise.race([answer, ended]);
            if (!told.result) throw new Error(`the client for Python: ${told.error ?? told} (oauth-client.py.log)`);
            return told.result;
        },
        tokens: () => tokens,
        close: async () => {
            // It may be waiting for its person.
            program.kill();
            await ended;
        },
    };
}
