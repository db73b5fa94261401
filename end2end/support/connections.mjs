// What people do on the pages of connections, with or without scripts.

import { APP, DESCRIPTION } from './elsewhere.mjs';
import { signInThere } from './provider.mjs';

/** Describes the warehouse as text, and ends on the page where one connects it. */
export async function describeAsText(page, slug) {
    await page.goto(`/t/${slug}/connections/describe`);
    const text = page.getByLabel('Description', { exact: true });
    await text.fill(DESCRIPTION);
    await page.locator('form').filter({ has: text }).getByRole('button', { name: 'Describe' }).click();
    await page.waitForURL(/\/connections\/new\/warehouse$/);
}

/** Sets up the tenant's app at the warehouse, and ends on the page where one connects it. */
export async function setUpApp(page) {
    await page.getByLabel('Client ID').fill(APP.id);
    await page.getByLabel('Client secret').fill(APP.secret);
    await page.getByRole('button', { name: 'Save app' }).click();
    await page.getByRole('button', { name: 'Go on to Warehouse' }).waitFor();
}

/** From the page where one connects to the page of the connection, as somebody at the warehouse. Answers its path. */
export async function connect(page, { as, label, whose, scopes = [] }) {
    if (label) await page.getByLabel('Label', { exact: true }).fill(label);
    if (whose) await page.getByRole('radio', { name: whose }).check();
    for (const scope of scopes) await page.getByRole('checkbox', { name: scope }).check();
    await page.getByRole('button', { name: 'Go on to Warehouse' }).click();
    await signInThere(page, as);
    await page.waitForURL(/\/connections\/[0-9a-f-]{36}\?done=connected$/);
    return new URL(page.url()).pathname;
}

/** Imports the warehouse's document, once its dialog is `opened`, and ends on the page where one chooses. Answers its path. */
export async function importApi(page, slug, { word, source, provider, opened }) {
    await page.goto(`/t/${slug}/apis?dialog=new`);
    await opened?.(page);
    const dialog = page.getByRole('dialog', { name: 'Import an API' });
    await dialog.getByLabel('Word').fill(word);
    await dialog.getByLabel('Address of its OpenAPI document').fill(source);
    await dialog.getByLabel('Called with connections of').selectOption(provider);
    await dialog.getByRole('button', { name: 'Import' }).click();
    await page.waitForURL(/\/apis\/[0-9a-f-]{36}$/);
    return new URL(page.url()).pathname;
}

/** Opens the dialog that tries a tool. */
export async function openTry(page, tools, title) {
    await page.goto(tools);
    await page.getByRole('link', { name: `Try ${title}` }).click();
    return page.getByRole('dialog', { name: 'Try a tool' });
}
