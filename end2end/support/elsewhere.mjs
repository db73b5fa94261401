// A service that accounts are connected at: a real authorization server on loopback (npm oidc-provider, with rotation and
// revocation), and beside it an API that takes its tokens and writes down whatever it is asked. Run by run.sh as a
// program; the tests talk to it by `ledger`, `introspect`, `forgetAccessTokens` and `renewDocument`.

import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { BASE } from './browser.mjs';
import { receive } from './receiver.mjs';
import { warehouse } from './warehouse.mjs';

/** The authorization server and the API, as run.sh says. */
export const [ISSUER, API] = (process.env.BULKHEAD_E2E_ELSEWHERE ?? '').split(' ');
export const APP = { id: 'bulkhead-connections', secret: 'what-only-the-app-of-the-tests-knows' };

/** How the API asks whether a token is good. */
const RESOURCE = { id: 'warehouse-api', secret: 'what-only-the-api-of-the-tests-knows' };

/** Everything that the API was asked with tokens of an account, since it was asked last for this; oldest first. */
export async function ledger(account) {
    return (await fetch(`${API}/control/ledger`, { method: 'POST', body: account })).json();
}

/** What the authorization server says of a token (RFC 7662). */
export async function introspect(token, issuer = ISSUER) {
    const authorization = `Basic ${Buffer.from(`${RESOURCE.id}:${RESOURCE.secret}`).toString('base64')}`;
    const body = new URLSearchParams({ token });
    const response = await fetch(`${issuer}/token/introspection`, { method: 'POST', headers: { authorization }, body });
    return response.json();
}

/** Ends the access tokens that the API has seen long before their time; refresh tokens stay. */
export async function forgetAccessTokens() {
    await fetch(`${ISSUER}/control/forget`, { method: 'POST' });
}

/** From now on the API's document is another one at this address. */
export async function renewDocument(address) {
    await fetch(`${API}/control/renew`, { method: 'POST', body: new URL(address).search });
}

async function run() {
    const issuer = await listen();
    const api = await listen();
    const receiver = await listen();
    const seen = new Set();
    await authorizationServer(issuer, seen);
    warehouse(api, (token) => {
        seen.add(token);
        return introspect(token, issuer.origin);
    });
    receive(receiver);
    console.log(`${issuer.origin} ${api.origin} ${receiver.origin}`);
}

async function listen() {
    const server = createServer();
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

async function authorizationServer({ server, origin }, seen) {
    const { default: Provider } = await import('oidc-provider');
    const app = {
        client_id: APP.id,
        client_secret: APP.secret,
        redirect_uris: ['http://127.0.0.1/connections'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
    };
    const resource = {
        client_id: RESOURCE.id,
        client_secret: RESOURCE.secret,
        redirect_uris: [],
        grant_types: [],
        response_types: [],
    };
    const provider = new Provider(origin, {
        clients: [app, resource],
        scopes: ['openid', 'offline_access', 'stock.read', 'stock.write'],
        claims: { openid: ['sub'] },
        features: { introspection: { enabled: true }, revocation: { enabled: true } },
        rotateRefreshToken: true,
        pkce: { required: () => true },
        cookies: { keys: ['tests'] },
        findAccount: (_, email) => ({ accountId: email, claims: () => ({ sub: email }) }),
    });
    // The server's port is not known when it has to know of us.
    const ours = /^http:\/\/(127\.0\.0\.1|localhost):\d+\/connections\/\w+\/callback$/;
    provider.Client.prototype.redirectUriAllowed = (uri) => ours.test(uri);
    const answer = provider.callback();
    server.on('request', async (request, response) => {
        if (request.url !== '/control/forget') return answer(request, response);
        for (const token of seen) await (await provider.AccessToken.find(token))?.destroy();
        response.end();
    });
}

/** How the service is described to Bulkhead. */
export const DESCRIPTION = `id = "warehouse"
name = "Warehouse"
category = "Own"
about = "What is in stock, and where."
docs = "https://docs.warehouse.example/api"
setup = "Ask the warehouse team for an app; they register the callback address."

[auth]
kind = "oauth2"
authorize = "${ISSUER}/auth"
token = "${ISSUER}/token"
pkce = true
refresh = true
rotates = true
always = ["openid", "offline_access"]
authorize_parameters = { prompt = "consent" }
revocation = { url = "${ISSUER}/token/revocation" }

[[auth.scopes]]
name = "stock.read"
about = "See what is in stock"
default = true

[[auth.scopes]]
name = "stock.write"
about = "Change what is in stock"

[api]
base = "${API}/v1"

[api.account]
path = "/me"
label_at = ["email"]
`;

/** Where Bulkhead is, as the service has it registered. */
export const CALLBACK = `${BASE}/connections/warehouse/callback`;

if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
