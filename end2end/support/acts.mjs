// What people do on the pages, with or without scripts.

import { randomBytes } from 'node:crypto';
import { BASE } from './browser.mjs';
import { letterTo, linkIn } from './mail.mjs';

/** Somebody who has never been here. */
export function somebody(name = 'Ada Lovelace', tenant = 'Analytical Engines') {
    const tag = randomBytes(4).toString('hex');
    const email = `${name.split(' ')[0].toLowerCase()}.${tag}@example.com`;
    return { name, email, password: `correct horse ${tag}`, tenant };
}

/** Creates an account and ends on its tenant's overview. Answers the person with the tenant's slug. */
export async function signUp(page, person = somebody()) {
    await page.goto('/sign-up');
    await page.getByLabel('Your name').fill(person.name);
    await page.getByLabel('Work email').fill(person.email);
    await page.getByLabel('Password').fill(person.password);
    await page.getByLabel('Company or team').fill(person.tenant);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.waitForURL(/\/t\/[^/]+$/);
    return { ...person, slug: new URL(page.url()).pathname.split('/')[2] };
}

export async function signIn(page, { email, password }) {
    await page.goto('/sign-in');
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL(/\/t\/[^/]+$/);
}

/** Signs out through the menu under the person's name, which is on every page of a tenant. */
export async function signOut(page) {
    await page.locator('button[popovertarget=person]').click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(/\/sign-in$/);
}

/** Somebody without an account is invited by an owner, and comes. Ends on the tenant's overview. */
export async function bringIn(owner, slug, page, person, role = 'developer') {
    await owner.goto(`/t/${slug}/members?dialog=invite`);
    const dialog = owner.getByRole('dialog', { name: 'Invite somebody' });
    await dialog.getByLabel('Email').fill(person.email);
    await dialog.getByLabel('Role').selectOption(role);
    await dialog.getByRole('button', { name: 'Invite' }).click();
    await owner.getByRole('row', { name: new RegExp(person.email) }).waitFor();
    await page.goto(linkIn(await letterTo(person.email, /invite/i), '/invitations'));
    await page.getByLabel('Your name').fill(person.name);
    await page.getByLabel('Password').fill(person.password);
    await page.getByRole('button', { name: 'Create account and join' }).click();
    await page.waitForURL(new RegExp(`/t/${slug}`));
}

/** Registers a client and ends on its page. Answers the page's path. */
export async function registerClient(page, slug, { name, kind = 'Own agent', notes = '' }) {
    await page.goto(`/t/${slug}/clients?dialog=new`);
    const dialog = page.getByRole('dialog', { name: 'Register a client' });
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByLabel('Kind').selectOption(kind);
    await dialog.getByLabel('Notes').fill(notes);
    await dialog.getByRole('button', { name: 'Register' }).click();
    await page.waitForURL(/\/clients\/[0-9a-f-]{36}$/);
    return new URL(page.url()).pathname;
}

/** Issues a key and ends on the dialog that shows it. Answers the secret. */
export async function issueKey(page, clientPath, { name, account = 'Read', tasks = 'Read and write', connections = 'Read' }) {
    await page.goto(`${clientPath}?dialog=new-key`);
    const dialog = page.getByRole('dialog', { name: 'New key' });
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByLabel('Account').selectOption(account);
    await dialog.getByLabel('Tasks').selectOption(tasks);
    await dialog.getByLabel('Connections', { exact: true }).selectOption(connections);
    await dialog.getByRole('button', { name: 'Create key' }).click();
    return readSecret(page);
}

/** The secret in the dialog that follows the making of a key. */
export async function readSecret(page) {
    const shown = page.getByRole('dialog', { name: 'Connect' }).getByLabel('API key');
    return (await shown.textContent()).trim();
}

/** The tenant's MCP endpoint. */
export function endpoint(slug) {
    return `${BASE}/t/${slug}/mcp`;
}
