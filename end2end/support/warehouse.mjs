// The API of a warehouse: what it has in stock, for whoever shows a good token; a small part of it takes a key. It writes
// down whatever it is asked. support/elsewhere.mjs runs it.

/** What the API takes at `/keyed`, where one logs in with a key. */
export const API_KEY = 'pick-me-up-4711';

const ITEMS = ['Bolt', 'Nut', 'Washer', 'Left-handed screwdriver'];

/**
 * Answers requests to the API.
 *
 * @param origin where it is
 * @param weigh what the authorization server says of a token
 */
export function warehouse({ server, origin }, weigh) {
    const items = new Map(ITEMS.map((name, place) => [String(place + 1), { id: String(place + 1), name, count: 10 * (place + 1) }]));
    const renewed = new Set();
    const accounts = new Map();
    let written = [];

    async function answer(request, url, body) {
        if (url.pathname === '/control/ledger') {
            const theirs = written.filter(({ account }) => account === body);
            written = written.filter(({ account }) => account !== body);
            return [200, theirs];
        }
        if (url.pathname === '/control/renew') return [200, renewed.add(body).size];
        if (url.pathname === '/openapi.json') return [200, openapi(origin, renewed.has(url.search))];
        if (url.pathname === '/keyed/me') {
            const isRight = request.headers['x-api-key'] === API_KEY;
            return isRight ? [200, { account: { name: 'Key ring' } }] : [401, { message: 'This key opens nothing.' }];
        }
        const token = request.headers.authorization?.match(/^Bearer (.+)$/)?.[1];
        const known = token ? await weigh(token) : { active: false };
        if (known.active) accounts.set(token, known.sub);
        const { method, headers } = request;
        written.push({ account: accounts.get(token), method, path: url.pathname, query: url.search, headers, body });
        if (!known.active) return [401, { message: 'The token is over.' }];
        if (url.pathname === '/v1/me') return [200, { email: known.sub }];
        const needed = method === 'GET' ? 'stock.read' : 'stock.write';
        if (!known.scope.split(' ').includes(needed)) return [403, { message: `The token lacks ${needed}.` }];
        return stock(items, method, url, body);
    }

    server.on('request', async (request, response) => {
        const body = (await request.toArray()).join('');
        const [status, data] = await answer(request, new URL(request.url, origin), body);
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(data === undefined ? '' : JSON.stringify(data));
    });
}

function stock(items, method, url, body) {
    const id = url.pathname.match(/^\/v1\/items\/([^/]+)$/)?.[1];
    if (id !== undefined) {
        const item = items.get(id);
        if (!item) return [404, { message: 'There is no such item.' }];
        if (method !== 'DELETE') return [200, item];
        items.delete(id);
        return [204];
    }
    if (url.pathname !== '/v1/items') return [404, { message: 'There is nothing here.' }];
    if (method === 'POST') {
        const item = { count: 0, ...JSON.parse(body), id: crypto.randomUUID() };
        items.set(item.id, item);
        return [201, item];
    }
    const asked = (url.searchParams.get('q') ?? '').toLowerCase();
    const found = [...items.values()].filter((item) => item.name.toLowerCase().includes(asked));
    return [200, { items: found.slice(0, Number(url.searchParams.get('limit') ?? 20)) }];
}

/** The API in OpenAPI's words. In a newer document nothing can be thrown away, and shelves can be looked at. */
function openapi(origin, isNewer) {
    const text = { type: 'string' };
    const item = { type: 'object', properties: { id: text, name: text, count: { type: 'integer' } } };
    const id = { name: 'id', in: 'path', required: true, schema: text, description: 'The number on the shelf.' };
    const limit = { type: 'integer', minimum: 1, maximum: isNewer ? 50 : 100, default: 20 };
    const search = [
        { name: 'q', in: 'query', schema: text, description: 'Part of a name.' },
        { name: 'limit', in: 'query', schema: limit, description: 'How many at most.' },
    ];
    const found = { type: 'object', properties: { items: { type: 'array', items: item } } };
    const account = { type: 'object', properties: { email: text } };
    const till = [{ name: 'till', in: 'cookie', required: true, schema: text }];
    const onShelf = {
        get: operation('getItem', 'items', 'Look at one item', item, { parameters: [id] }),
        delete: operation('removeItem', 'items', 'Throw an item away', undefined, { parameters: [id] }),
    };
    const shelves = { get: operation('listShelves', 'shelves', 'List the shelves', { type: 'object' }) };
    return {
        openapi: '3.1.0',
        info: { title: 'Warehouse', version: isNewer ? '2026.12' : '2026.11', description: 'What is in stock.' },
        servers: [{ url: `${origin}/v1` }],
        paths: {
            '/me': { get: operation('whoAmI', 'account', 'Whose account it is', account) },
            '/items': {
                get: operation('listItems', 'items', 'List what is in stock', found, { parameters: search }),
                post: operation('addItem', 'items', 'Put something on a shelf', item, { requestBody: json(FRESH) }),
            },
            '/items/{id}': isNewer ? { get: onShelf.get } : onShelf,
            '/till': { get: operation('openTill', 'till', 'What is in the till', found, { parameters: till }) },
            ...(isNewer && { '/shelves': shelves }),
        },
    };
}

/** What is put on a shelf. */
const FRESH = {
    type: 'object',
    required: ['name'],
    properties: {
        name: { type: 'string', minLength: 1, maxLength: 80, description: 'What it says on the box.' },
        count: { type: 'integer', minimum: 0, maximum: 1000, description: 'How many there are.' },
        kind: { type: 'string', enum: ['part', 'tool'], description: 'What it is.' },
        fragile: { type: 'boolean', description: 'Whether it breaks.' },
        labels: { type: 'array', items: { type: 'string' }, description: 'To find it by.' },
    },
};

function operation(operationId, tag, summary, answer, more) {
    const good = answer ? { 200: { description: 'As asked.', ...json(answer) } } : { 204: { description: 'It is gone.' } };
    return { operationId, tags: [tag], summary, responses: good, ...more };
}

function json(schema) {
    return { content: { 'application/json': { schema } } };
}
