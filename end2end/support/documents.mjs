// Client ID Metadata Documents: what an app says of itself at an address of its own, which is its id
// (draft-ietf-oauth-client-id-metadata-document). Clients insist on https: run.sh makes a certificate, and tells the
// server to trust who signed it.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';

/** Where the certificate is; without it there can be no documents. */
export const CERTIFICATE = process.env.BULKHEAD_E2E_CERTIFICATE;

/** Serves the document of one app. Answers its address, and how often it was asked for. */
export async function publish(metadata) {
    const read = (name) => readFileSync(join(CERTIFICATE, name));
    const server = createServer({ cert: read('server.pem'), key: read('server.key') });
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    const url = `https://localhost:${server.address().port}/client.json`;
    const document = JSON.stringify({
        client_id: url,
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
        ...metadata,
    });
    const published = { url, fetched: 0, close };
    server.on('request', (request, response) => {
        if (request.url !== '/client.json') return response.writeHead(404).end();
        published.fetched += 1;
        response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=300' });
        response.end(document);
    });
    function close() {
        server.closeAllConnections();
        server.close();
    }
    return published;
}
