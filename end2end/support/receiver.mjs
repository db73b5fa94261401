// Where deliveries of webhooks arrive: an inbox for each name, which keeps what came and answers as it was told.
// support/elsewhere.mjs runs it; the tests talk to it by `inbox`.

import { setTimeout as sleep } from 'node:timers/promises';

/** Where it is, as run.sh says. */
const ORIGIN = (process.env.BULKHEAD_E2E_ELSEWHERE ?? '').split(' ')[2];

/** Keeps what is posted to `/in/{name}`. */
export function receive({ server, origin }) {
    const boxes = new Map();
    const box = (name) => boxes.get(name) ?? boxes.set(name, { came: [], answers: [] }).get(name);
    server.on('request', async (request, response) => {
        const body = (await request.toArray()).join('');
        const [, door, name] = new URL(request.url, origin).pathname.split('/');
        const { came, answers } = box(name);
        if (door === 'answers') answers.push(...JSON.parse(body));
        if (door !== 'in') return response.end(JSON.stringify(came));
        came.push({ method: request.method, headers: request.headers, body });
        const [status, words] = answers.shift() ?? [200, 'Thank you.'];
        response.writeHead(status, { 'content-type': 'text/plain' });
        response.end(words);
    });
}

/** An inbox of one's own. */
export function inbox(name = crypto.randomUUID()) {
    const ask = async (door, body) => (await fetch(`${ORIGIN}/${door}/${name}`, { method: 'POST', body })).json();
    return {
        url: `${ORIGIN}/in/${name}`,
        /** What came so far, the oldest first. */
        came: () => ask('came'),
        /** Answers what comes next with these statuses and words, one after the other. */
        answer: (...answers) => ask('answers', JSON.stringify(answers)),
        /** Everything, once at least so many have come. */
        async until(number) {
            for (let tries = 0; tries < 150; tries += 1) {
                const came = await ask('came');
                if (came.length >= number) return came;
                await sleep(100);
            }
            throw new Error(`${number} deliveries have not come within 15 s: ${JSON.stringify(await ask('came'))}`);
        },
    };
}
