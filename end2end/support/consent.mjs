// The person's half of a log-in: the consent page, and the address on their machine where an app waits for the answer.

import { createServer } from 'node:http';

/** What an app shows when the browser comes back; the conformance suite says the same. */
const DONE = 'You can close this page.';

/** Opens what an app asks for, as somebody who is signed in, and stops at the consent page. */
export async function openConsent(page, url) {
    const response = await page.goto(String(url));
    if (new URL(page.url()).pathname.startsWith('/oauth/consent/')) return;
    const words = await page.locator('body').innerText();
    throw new Error(`no consent page, but ${response.status()} at ${page.url()}: ${words}`);
}

/** Opens what an app asks for and allows it. Ends where the app waits. */
export async function allow(page, url) {
    await openConsent(page, url);
    await answer(page, 'Allow');
}

/** Opens what an app asks for and denies it. Ends where the app waits. */
export async function deny(page, url) {
    await openConsent(page, url);
    await answer(page, 'Deny');
}

/** Presses a button of the consent page. Ends where the app waits. */
export async function answer(page, button) {
    await page.getByRole('button', { name: button, exact: true }).click();
    await page.getByText(DONE).waitFor();
}

/**
 * An address on loopback where a browser brings an app its answer (RFC 8252, section 7.3). `next` is what came with the
 * next visit, even if it was there already.
 */
export async function waitForBrowsers() {
    const came = [];
    const waiting = [];
    const server = createServer((request, response) => {
        const url = new URL(request.url, 'http://127.0.0.1');
        if (url.pathname !== '/callback') return response.writeHead(204).end();
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
        response.end(`<!doctype html><title>Done</title><p>${DONE}</p>`);
        const wanted = waiting.shift();
        if (wanted) wanted(url.searchParams);
        else came.push(url.searchParams);
    });
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    return {
        url: `http://127.0.0.1:${server.address().port}/callback`,
        next: () => (came.length ? Promise.resolve(came.shift()) : new Promise((done) => waiting.push(done))),
        close: () => {
            server.closeAllConnections();
            server.close();
        },
    };
}
