// The official MCP clients, each behind the same few words.

import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as modern from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { OUTPUT } from './browser.mjs';

const run = promisify(execFile);
const WHO = { name: 'end2end', version: '1.0.0' };

/** TypeScript SDK v2 at revision 2026-07-28: stateless, no handshake. */
export async function connectModern(url, key) {
    const client = new modern.Client(WHO, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
    await client.connect(new modern.StreamableHTTPClientTransport(new URL(url), bearer(key)));
    return client;
}

/** TypeScript SDK v1: the handshake of the revisions up to 2025-11-25. */
export async function connectLegacy(url, key) {
    const client = new LegacyClient(WHO);
    await client.connect(new LegacyTransport(new URL(url), bearer(key)));
    return client;
}

/** The Inspector on the command line. Answers what it prints as JSON. */
export async function inspect(url, key, era, ...rest) {
    const inspector = new URL('../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js', import.meta.url);
    const target = ['--cli', url, '--transport', 'http', '--header', `Authorization: Bearer ${key}`];
    const { stdout } = await run(node22(), [inspector.pathname, ...target, '--protocol-era', era, '--format', 'json', ...rest]);
    return JSON.parse(stdout);
}

/** The HTTP status inside whatever error a client throws. */
export function statusOf(error) {
    for (let at = error; at; at = at.cause) {
        const status = at.data?.status ?? at.status ?? at.code;
        if (status >= 400 && status < 600) return status;
    }
    return /\b401\b|unauthorized/i.test(String(error)) ? 401 : undefined;
}

/** Runs a text that somebody would paste into a file. Answers what it prints. */
export async function runText(program, name, text) {
    const file = join(OUTPUT, name);
    mkdirSync(OUTPUT, { recursive: true });
    writeFileSync(file, text);
    const { stdout } = await run(program, [file]);
    return stdout;
}

/** A Node that the Inspector accepts and that runs TypeScript: newer than what the tests need. */
export function node22() {
    const [major] = process.versions.node.split('.').map(Number);
    if (major >= 22) return process.execPath;
    const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
    return new URL(`../node_modules/node-linux-${arch}/bin/node`, import.meta.url).pathname;
}

function bearer(key) {
    return { requestInit: { headers: { Authorization: `Bearer ${key}` } } };
}
