// A real OpenID provider on loopback (npm oidc-provider), and a name server beside it. Run by run.sh as a program; the
// tests talk to it by `vouchFor` and `setRecord`.

import dgram from 'node:dgram';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { BASE, assertNoFaults } from './browser.mjs';

/** Where it answers, as run.sh says. */
export const PROVIDER = process.env.BULKHEAD_E2E_PROVIDER;
export const CLIENT = 'bulkhead';
export const SECRET = 'a-secret-of-the-tests-alone';

/** Sets the TXT record of a domain. */
export async function setRecord(domain, text) {
    await control('record', { domain, text });
}

/** Says what the provider knows of somebody besides their address, such as their groups. */
export async function vouchFor(email, claims) {
    await control('claims', { email, claims });
}

/** Signs in on the provider's own pages, and agrees. */
export async function signInThere(page, email) {
    await page.locator('input[name=login]').fill(email);
    await page.locator('input[name=password]').fill('any');
    await page.getByRole('button', { name: 'Sign-in' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
}

/** Fails if anything went wrong in pages of ours; those of the provider ask for fonts that are not there. */
export function assertNoFaultsOfOurs(page) {
    const elsewhere = ({ url }) => url && !url.startsWith(BASE);
    page.faults.splice(0, Infinity, ...page.faults.filter((fault) => !elsewhere(fault)));
    assertNoFaults(page);
}

async function control(what, body) {
    const response = await fetch(`${PROVIDER}/control/${what}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`the provider does not take ${what}: ${response.status}`);
}

async function run() {
    const { default: Provider } = await import('oidc-provider');
    const [records, claims] = [new Map(), new Map()];
    const dns = await nameServer(records);
    const http = createServer();
    await new Promise((done) => http.listen(0, '127.0.0.1', done));
    const issuer = `http://127.0.0.1:${http.address().port}`;
    const provider = new Provider(issuer, {
        clients: [
            {
                client_id: CLIENT,
                client_secret: SECRET,
                redirect_uris: ['http://127.0.0.1/sign-in'],
                grant_types: ['authorization_code'],
                response_types: ['code'],
            },
        ],
        claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
        cookies: { keys: ['tests'] },
        findAccount: (_, email) => ({
            accountId: email,
            claims: () => ({ sub: email, email, email_verified: true, name: email.split('@')[0], ...claims.get(email) }),
        }),
    });
    // The server's port is not known when it has to know of us.
    provider.Client.prototype.redirectUriAllowed = (uri) => /^http:\/\/(127\.0\.0\.1|localhost):\d+\/sign-in\//.test(uri);
    const answer = provider.callback();
    http.on('request', async (request, response) => {
        if (!request.url.startsWith('/control/')) return answer(request, response);
        const body = JSON.parse((await request.toArray()).join(''));
        if (request.url === '/control/record') records.set(body.domain, body.text);
        else claims.set(body.email, body.claims);
        response.end();
    });
    console.log(`${issuer} 127.0.0.1:${dns}`);
}

/** Answers TXT questions (RFC 1035). */
async function nameServer(records) {
    const socket = dgram.createSocket('udp4');
    socket.on('message', (question, from) => socket.send(reply(question, records), from.port, from.address));
    await new Promise((done) => socket.bind(0, '127.0.0.1', done));
    return socket.address().port;
}

function reply(question, records) {
    const name = [];
    let at = 12;
    while (question[at]) {
        name.push(question.toString('latin1', at + 1, at + 1 + question[at]).toLowerCase());
        at += 1 + question[at];
    }
    const text = records.get(name.join('.'));
    const head = Buffer.from([question[0], question[1], 0x85, text ? 0x80 : 0x83, 0, 1, 0, text ? 1 : 0, 0, 0, 0, 0]);
    const parts = [head, question.subarray(12, at + 5)];
    if (text) {
        const said = Buffer.from(text);
        parts.push(Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, said.length + 1, said.length]), said);
    }
    return Buffer.concat(parts);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
