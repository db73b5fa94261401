// What people do on the pages of webhooks, with or without scripts, and how their side looks at what comes.

import { Webhook } from 'standardwebhooks';

/** Adds an endpoint that is told everything, and ends on the dialog that shows its secret. Answers the secret. */
export async function addEndpoint(page, slug, { url, about = '' }) {
    await page.goto(`/t/${slug}/webhooks?dialog=new`);
    const dialog = page.getByRole('dialog', { name: 'Add an endpoint' });
    await dialog.getByLabel('Address', { exact: true }).fill(url);
    await dialog.getByLabel('What it is for').fill(about);
    await dialog.getByRole('button', { name: 'Add endpoint' }).click();
    return readSigningSecret(page);
}

/** The secret in the dialog that follows its making. */
export async function readSigningSecret(page) {
    const shown = page.getByRole('dialog', { name: 'Signing secret' }).getByLabel('Signing secret');
    return (await shown.textContent()).trim();
}

/** What came, if the official library takes its signature. */
export function verified({ headers, body }, secret) {
    return new Webhook(secret).verify(body, headers);
}
