// A tenant tries a plan, pays for it and changes it, over a fake of Stripe whose events the official library takes, and
// which the official command line drives.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import Stripe from 'stripe';
import { signUp } from '../support/acts.mjs';
import { assertNoFaults, go, keepPicture, launch, openPage } from '../support/browser.mjs';
import { assertLooksGood } from '../support/looks.mjs';
import { act, ask, ENDPOINT, KEY, look, STRIPE, WEBHOOK_SECRET } from '../support/stripe.mjs';

const skip = STRIPE ? false : 'no Stripe: see end2end/run.sh';
const DAY = 24 * 60 * 60;

async function tell(body, signature) {
    const headers = { 'content-type': 'application/json', ...(signature && { 'stripe-signature': signature }) };
    return (await fetch(ENDPOINT, { method: 'POST', body, headers })).status;
}

describe('what Stripe tells', { skip }, () => {
    const { webhooks } = new Stripe(KEY);
    const event = JSON.stringify({
        id: `evt_${Date.now()}`, object: 'event', type: 'customer.updated', created: 1790000000, livemode: false,
        data: { object: { id: 'cus_nobody', object: 'customer' } },
    });
    const sign = (more = {}) => webhooks.generateTestHeaderString({ payload: event, secret: WEBHOOK_SECRET, ...more });

    test('is taken when the official library signed it, and by nobody else, nor late', async () => {
        const now = Math.floor(Date.now() / 1000);
        assert.equal(await tell(event, sign()), 200);
        assert.equal(await tell(event, sign()), 200, 'twice');
        assert.equal(await tell(event), 400);
        assert.equal(await tell(event, sign({ secret: 'whsec_other' })), 400);
        assert.equal(await tell(event, sign({ timestamp: now - 310 })), 400);
        assert.equal(await tell(event, sign({ timestamp: now + 310 })), 400);
        assert.equal(await tell(`${event} `, sign()), 400);
    });

    test('the official library takes what the fake signs', async () => {
        const http = await import('node:http');
        const arrived = new Promise((resolve) => {
            const receiver = http.createServer((request, response) => {
                const parts = [];
                request.on('data', (part) => parts.push(part));
                request.on('end', () => {
                    response.end();
                    receiver.close();
                    resolve({ body: Buffer.concat(parts), signature: request.headers['stripe-signature'] });
                });
            });
            receiver.listen(0, '127.0.0.1', async () => {
                const stripe = sdk();
                await stripe.customers.create({ name: 'Somebody' });
                const events = await look('events');
                const url = `http://127.0.0.1:${receiver.address().port}/`;
                await act('deliver', { event: events.at(-1).id, url });
            });
        });
        const { body, signature } = await arrived;
        const told = webhooks.constructEvent(body, signature, WEBHOOK_SECRET);
        assert.equal(told.type, 'customer.created');
    });
});

/** The official library, asking the fake. */
function sdk() {
    const { hostname, port } = new URL(STRIPE);
    return new Stripe(KEY, { host: hostname, port, protocol: 'http' });
}

describe('the command line', { skip }, () => {
    const binary = new URL('../node_modules/@stripe/cli-linux-x64/bin/stripe', import.meta.url).pathname;
    const skipped = existsSync(binary) ? false : 'the package @stripe/cli-linux-x64 is not installed';
    for (const kind of [
        'customer.created', 'customer.subscription.created', 'customer.subscription.updated',
        'customer.subscription.deleted', 'invoice.paid', 'invoice.payment_failed', 'checkout.session.completed',
    ]) {
        test(`stripe trigger ${kind}`, { skip: skipped }, async () => {
            const before = (await look('events')).length;
            const ran = spawnSync(binary, ['trigger', kind, '--api-base', STRIPE, '--api-key', KEY], {
                encoding: 'utf8', timeout: 60_000, env: { ...process.env, STRIPE_CLI_TELEMETRY_OPTOUT: '1' },
            });
            assert.equal(ran.status, 0, ran.stdout + ran.stderr);
            const events = (await look('events')).slice(before);
            const told = events.find((event) => event.type === kind);
            assert.ok(told, events.map((event) => event.type).join());
            const statuses = await act('deliver', { event: told.id, url: ENDPOINT, times: 2 });
            assert.deepEqual(statuses, [200, 200]);
        });
    }
});

describe('billing', { skip }, () => {
    let browser, page, slug, at;

    before(async () => {
        browser = await launch();
        page = await openPage(browser);
        await act('endpoint', { url: ENDPOINT });
        ({ slug } = await signUp(page));
        at = (rest) => `/t/${slug}${rest}`;
    });
    after(() => browser?.close());

    test('the sidebar leads there, and plans can be compared', async () => {
        await go(page, at(''));
        await page.getByRole('link', { name: 'Billing', exact: true }).click();
        await page.getByRole('button', { name: /^Try Pro/ }).waitFor();
        await assertLooksGood(browser, page, 'billing-plans', (look) => look.goto(at('/billing')));
        assertNoFaults(page);
    });

    test('somebody tries a plan at Stripe, and has it when they come back', async () => {
        await page.getByRole('button', { name: /^Try Pro/ }).click();
        await page.waitForURL(/\/pay\/cs_/);
        await page.getByRole('button', { name: 'Pay' }).click();
        await page.waitForURL(/\/billing\?done=subscribed$/);
        await page.getByText('On trial').first().waitFor();
        await page.getByRole('link', { name: /^FAKE-/ }).waitFor();
        await keepPicture(page, 'billing-trial');
    });

    test('another plan says what it costs, and costs that', async () => {
        await page.getByRole('link', { name: 'See what Enterprise costs' }).click();
        await page.getByRole('heading', { name: 'Change to Enterprise' }).waitFor();
        await keepPicture(page, 'billing-change');
        await page.getByRole('button', { name: 'Change to Enterprise' }).click();
        await page.waitForURL(/\/billing$/);
        await page.getByRole('heading', { name: 'Your plan is Enterprise' }).waitFor();
    });

    test('each line of an invoice opens the calls behind it', async () => {
        await act('clock', { advance: 31 * DAY });
        await go(page, at('/billing'));
        await page.getByRole('link', { name: /^FAKE-/ }).first().click();
        await page.getByRole('table', { name: /paid for/ }).getByRole('link').first().click();
        await page.getByRole('heading', { name: /^Calls from/ }).waitFor();
        await keepPicture(page, 'billing-calls');
        assertNoFaults(page);
    });

    test('a card that says no is told, and the plan stays', async () => {
        const customers = await ask('customers?limit=100');
        const customer = customers.data.find((one) => one.metadata.bulkhead_slug === slug).id;
        await go(page, at('/billing'));
        await page.getByText('Live', { exact: true }).waitFor();
        await act('decline', { customer, decline: true });
        await act('clock', { advance: 15 * DAY });
        // The open page hears it.
        await page.getByText('The last payment failed').waitFor();
        await keepPicture(page, 'billing-past-due');
        await act('decline', { customer, decline: false });
        await act('clock', { advance: 7 * DAY });
        await page.getByText('The last payment failed').waitFor({ state: 'detached' });
    });

    test('a subscription is ended, and goes on after all', async () => {
        await go(page, at('/billing'));
        await page.getByRole('link', { name: 'End the subscription' }).click();
        const dialog = page.getByRole('dialog', { name: 'End the subscription' });
        await dialog.getByRole('button', { name: 'End the subscription' }).click();
        await page.getByText(/The subscription ends on/).waitFor();
        await page.getByRole('button', { name: 'Let it go on' }).click();
        await page.getByRole('link', { name: 'End the subscription' }).waitFor();
    });

    test('the card and tax ids are changed at Stripe', async () => {
        await page.getByRole('button', { name: 'Card, address and tax ids' }).click();
        await page.waitForURL(/\/portal\//);
        await page.getByRole('link', { name: 'Return' }).click();
        await page.waitForURL(/\/billing$/);
    });
});
