// Letting people in and out: two people in two browsers.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { signUp, somebody } from '../support/acts.mjs';
import { assertNoFaults, go, hydrated, keepPicture, launch, openPage } from '../support/browser.mjs';
import { letterTo, linkIn } from '../support/mail.mjs';

describe('members', () => {
    const bob = somebody('Bob Kahn', 'unused');
    let browser, ada, bobs, slug, link;

    before(async () => {
        browser = await launch();
        [ada, bobs] = [await openPage(browser), await openPage(browser)];
        ({ slug } = await signUp(ada, somebody()));
    });
    after(() => browser?.close());

    test('an owner invites somebody by mail', async () => {
        await go(ada, `/t/${slug}/members`);
        await ada.getByRole('link', { name: 'Invite' }).click();
        const dialog = ada.getByRole('dialog', { name: 'Invite somebody' });
        await dialog.getByLabel('Email').fill(bob.email);
        await dialog.getByLabel('Role').selectOption('developer');
        await dialog.getByRole('button', { name: 'Invite' }).click();
        await ada.getByRole('row', { name: new RegExp(bob.email) }).waitFor();
        await keepPicture(ada, 'members-invited');
        link = linkIn(await letterTo(bob.email, /invite/i), '/invitations');
        assertNoFaults(ada);
    });

    test('who has no account makes one and is in', async () => {
        await go(bobs, link);
        await bobs.getByText(bob.email).first().waitFor();
        await keepPicture(bobs, 'invitation');
        await bobs.getByLabel('Your name').fill(bob.name);
        await bobs.getByLabel('Password').fill(bob.password);
        await bobs.getByRole('button', { name: 'Create account and join' }).click();
        await bobs.waitForURL(new RegExp(`/t/${slug}`));
        await hydrated(bobs);
        await go(ada, `/t/${slug}/members`);
        const row = ada.getByRole('row', { name: /Bob Kahn/ });
        await row.getByText('Developer').waitFor();
        assertNoFaults(bobs);
    });

    test('an invitation works once', async () => {
        const eve = await openPage(browser);
        const response = await go(eve, link);
        assert.equal(response.status(), 404);
        await eve.getByText('This invitation does not work').waitFor();
        await eve.context().close();
    });

    test('what one may not do is said with who can grant it', async () => {
        await go(bobs, `/t/${slug}/members`);
        await bobs.getByRole('heading', { level: 1, name: 'Members' }).waitFor();
        assert.equal(await bobs.getByRole('link', { name: 'Invite' }).count(), 0);
        await keepPicture(bobs, 'members-as-developer');
        assertNoFaults(bobs);
    });

    test('another role gives the session another id and signs nobody out', async () => {
        const id = async () => (await bobs.context().cookies()).find(({ name }) => /^(__Host-)?bulkhead$/.test(name)).value;
        const before = await id();
        await go(ada, `/t/${slug}/members`);
        await ada.getByRole('link', { name: 'Change role Bob Kahn' }).click();
        const dialog = ada.getByRole('dialog', { name: 'Change role' });
        await dialog.getByLabel('Role').selectOption('viewer');
        await dialog.getByRole('button', { name: 'Change role' }).click();
        await ada.getByRole('row', { name: /Bob Kahn/ }).getByText('Viewer').waitFor();
        // Once by what the open page fetches, once by a page.
        await bobs.getByRole('link', { name: 'Tasks' }).first().click();
        await bobs.getByRole('heading', { level: 1, name: 'Tasks' }).waitFor();
        await go(bobs, `/t/${slug}/members`);
        await bobs.getByRole('heading', { level: 1, name: 'Members' }).waitFor();
        assert.notEqual(await id(), before);
        assertNoFaults(bobs);
    });

    test('a removed member finds the tenant missing', async () => {
        await go(ada, `/t/${slug}/members`);
        await ada.getByRole('link', { name: 'Remove Bob Kahn' }).click();
        await ada.getByRole('dialog', { name: 'Remove member' }).getByRole('button', { name: 'Remove' }).click();
        await ada.getByRole('row', { name: /Bob Kahn/ }).waitFor({ state: 'detached' });
        const response = await go(bobs, `/t/${slug}`);
        assert.equal(response.status(), 404);
        assertNoFaults(ada);
        assertNoFaults(bobs, { expectedStatus: 404 });
    });
});
