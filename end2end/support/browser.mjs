// Chromium, and pages that remember everything that went wrong in them.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

export const BASE = process.env.BULKHEAD_E2E_URL ?? 'http://127.0.0.1:3000';
/** Where pictures and logs are kept. */
export const OUTPUT = process.env.BULKHEAD_E2E_OUTPUT ?? new URL('../output', import.meta.url).pathname;

const ARGUMENTS = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--disable-dev-shm-usage',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
];

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

/** Starts the browser, once for each test file. */
export function launch() {
    return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGUMENTS });
}

/** An address of somebody's own (RFC 5737): sign-ins are counted by it, and a whole run has hundreds. */
const somewhere = () => `198.51.100.${randomInt(1, 255)}`;

/**
 * A page of a person of its own, at an address of their own.
 *
 * @param options `scripts: false` switches JavaScript and WebAssembly off; `as` brings the cookies
 *     of another page's person along; the rest goes to Playwright.
 */
export async function openPage(browser, { scripts = true, as, ...options } = {}) {
    const context = await browser.newContext({
        baseURL: BASE,
        javaScriptEnabled: scripts,
        viewport: DESKTOP,
        colorScheme: 'light',
        reducedMotion: 'reduce',
        extraHTTPHeaders: { 'x-forwarded-for': somewhere() },
        storageState: as && (await as.context().storageState()),
        ...options,
    });
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    page.faults = watch(page);
    return page;
}

/** Collects what a browser's console would show in red. */
function watch(page) {
    const faults = [];
    page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) {
            faults.push({ kind: message.type(), text: message.text(), url: message.location().url });
        }
    });
    page.on('pageerror', (error) => faults.push({ kind: 'exception', text: String(error) }));
    page.on('requestfailed', (request) => {
        const reason = request.failure()?.errorText;
        // A stream and what a page had asked for end when the page is left.
        if (reason !== 'net::ERR_ABORTED') faults.push({ kind: 'request', text: reason, url: request.url() });
    });
    return faults;
}

/** Fails if anything went wrong in the page, but for answers with an expected status. */
export function assertNoFaults(page, { expectedStatus } = {}) {
    const expected = (fault) =>
        expectedStatus !== undefined && fault.text.includes(`the server responded with a status of ${expectedStatus}`);
    const faults = page.faults.splice(0).filter((fault) => !expected(fault));
    const told = faults.map(({ kind, text, url }) => `${kind}: ${text} ${url ?? ''}`);
    assert.equal(faults.length, 0, `faults at ${page.url()}:\n${told.join('\n')}`);
}

/** Waits until the browser's half has taken the page over. */
export async function hydrated(page) {
    await page.waitForFunction(() => performance.getEntriesByName('hydrated').length > 0);
}

/** Goes to a page and waits until it can be used. */
export async function go(page, path) {
    const response = await page.goto(path);
    await hydrated(page);
    return response;
}

/** Keeps a picture of the page among the test's output. */
export async function keepPicture(page, name, options = {}) {
    const folder = join(OUTPUT, 'screenshots');
    mkdirSync(folder, { recursive: true });
    const take = () => page.screenshot({ path: join(folder, `${name}.png`), ...options });
    // On a busy machine the browser now and then has no picture to give; it says so at once, and has one a moment later.
    await take().catch((error) => {
        if (!error.message.includes('Unable to capture screenshot')) throw error;
        return take();
    });
}
