// A tenant with something on every page.

import { endpoint, issueKey, registerClient, signUp, somebody } from './acts.mjs';
import { openPage } from './browser.mjs';
import { connectLegacy, connectModern } from './mcp.mjs';

const TASKS = [
    { title: 'Renew the certificate of the staging gateway', priority: 'urgent', labels: ['ops', 'tls'], due_on: '2027-01-15', assignee: 'Night agent' },
    { title: 'Summarise last week’s incidents', status: 'in_progress', progress: 40, labels: ['report'], assignee: 'Ada Lovelace' },
    { title: 'Rotate the keys of the build machines', priority: 'high', status: 'blocked', labels: ['ops'] },
    { title: 'Answer the auditor about retention of usage rows', description: 'They ask for 13 months.\nWe keep 90 days.', priority: 'low' },
    { title: 'Write down who may archive a client', status: 'done' },
];

/** Somebody signs up, registers clients, issues keys, and their agents make calls. */
export async function furnishedTenant(browser, person = somebody()) {
    const page = await openPage(browser, { scripts: false });
    const { slug } = await signUp(page, person);
    const keyless = await registerClient(page, slug, { name: 'Ada’s laptop', kind: 'Claude Desktop', notes: 'For trying things out.' });
    const client = await registerClient(page, slug, { name: 'Night agent', kind: 'Own agent' });
    const reader = await issueKey(page, client, { name: 'read-only', tasks: 'Read' });
    const key = await issueKey(page, client, { name: 'production' });
    const task = await makeCalls(endpoint(slug), key, reader);
    await page.goto(client);
    const link = (name) => page.getByRole('link', { name, exact: true }).getAttribute('href');
    const [rotate, revoke] = [await link('Rotate production'), await link('Revoke production')];
    return { page, slug, client, keyless, key, rotate, revoke, task: `/t/${slug}/tasks/${task}`, person };
}

async function makeCalls(url, key, reader) {
    const modern = await connectModern(url, key);
    let before;
    for (const task of TASKS) {
        const depends_on = task.status === 'blocked' ? [before] : [];
        const made = await modern.callTool({ name: 'create_task', arguments: { ...task, depends_on } });
        before = made.structuredContent.id;
    }
    for (let times = 0; times < 6; times += 1) await modern.callTool({ name: 'list_tasks', arguments: {} });
    await modern.callTool({ name: 'get_task', arguments: { id: crypto.randomUUID() } });
    await modern.readResource({ uri: `bulkhead://tasks/${before}` });
    await modern.close();

    const legacy = await connectLegacy(url, reader);
    await legacy.callTool({ name: 'whoami', arguments: {} });
    // What the key does not open is refused, and counted as such.
    await legacy.callTool({ name: 'delete_task', arguments: { id: before } }).catch(() => {});
    await legacy.close();
    return before;
}
