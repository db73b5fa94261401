// The fake of Stripe that the server under test pays through, and the hand with which tests move it
// (crates/stripe-fake/src/control.rs).

import assert from 'node:assert/strict';
import { BASE } from './browser.mjs';

export const STRIPE = process.env.BULKHEAD_E2E_STRIPE;
export const KEY = 'sk_test_fake';
export const WEBHOOK_SECRET = 'whsec_fake';
export const ENDPOINT = `${BASE}/webhooks/stripe`;

async function answered(response) {
    assert.ok(response.ok, `${response.url}: ${response.status} ${await response.clone().text()}`);
    return response.json();
}

/** Moves the fake: `act('clock', { advance: 86400 })`. */
export async function act(what, fields = {}) {
    return answered(await fetch(`${STRIPE}/_fake/${what}`, { method: 'POST', body: new URLSearchParams(fields) }));
}

/** Looks at it: its `ledger`, `events` or `meter`. */
export async function look(what) {
    return answered(await fetch(`${STRIPE}/_fake/${what}`));
}

/** Asks its API. */
export async function ask(path) {
    return answered(await fetch(`${STRIPE}/v1/${path}`, { headers: { authorization: `Bearer ${KEY}` } }));
}
