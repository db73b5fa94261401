// Letters: without a mail server Bulkhead writes them as files.

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const OUTBOX = process.env.BULKHEAD_E2E_OUTBOX;

/** The newest letter to somebody with such a subject, once it is there: its text, decoded. */
export async function letterTo(address, subject) {
    for (let tries = 0; tries < 100; tries += 1) {
        const letters = await Promise.all((await names()).map((name) => readFile(join(OUTBOX, name), 'utf8')));
        const found = letters.findLast((letter) => letter.includes(`To: ${address}`) && subject.test(header(letter, 'Subject')));
        if (found) return decoded(found);
        await sleep(100);
    }
    throw new Error(`no letter to ${address} about ${subject}`);
}

/** The first address in a letter that leads to such a path, as a path. */
export function linkIn(letter, path) {
    const links = letter.match(/https?:\/\/[^\s"<>]+/g) ?? [];
    const link = links.map((link) => new URL(link)).find((link) => link.pathname === path);
    if (!link) throw new Error(`no link to ${path} in ${letter}`);
    return link.pathname + link.search;
}

/** Ids of letters begin with the time, so their names are in order. */
async function names() {
    const all = await readdir(OUTBOX).catch(() => []);
    return all.filter((name) => name.endsWith('.eml')).sort();
}

function header(letter, name) {
    return letter.match(new RegExp(`^${name}: (.*)$`, 'm'))?.[1] ?? '';
}

/** Quoted-printable (RFC 2045, section 6.7), as far as links and words need it. */
function decoded(letter) {
    return letter.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}
