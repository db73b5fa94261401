// Gives the files of one build one hash, and lays brotli and gzip copies beside them.
//
//   node scripts/seal-site.mjs SITE_FOLDER
//
// The program, its loader and its parts name each other. cargo-leptos hashes each one before it
// writes the others' names into it, so two builds can give one name to two contents, and a browser
// that keeps files for good would mix them. Here every one of them carries the hash of all.

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const site = process.argv[2];
const pkg = join(site, 'pkg');
const HASHED = /\.([\w-]{22})\.(?:js|wasm|json)$/;

/** All of a folder's files, in an order that does not depend on the file system. */
function files(folder) {
    return readdirSync(folder, { withFileTypes: true })
        .flatMap((entry) => (entry.isDirectory() ? files(join(folder, entry.name)) : join(folder, entry.name)))
        .sort();
}

/** Writes one hash in place of each; all have one length, so that no WebAssembly section grows. */
function shareOneHash() {
    const parts = files(pkg).filter((file) => HASHED.test(file));
    const all = createHash('md5');
    for (const file of parts) all.update(readFileSync(file));
    const shared = all.digest('base64url');
    const old = [...new Set(parts.map((file) => HASHED.exec(file)[1]))];
    const replaced = (text) => old.reduce((text, hash) => text.replaceAll(hash, shared), text);
    for (const file of [...parts, join(site, 'hash.txt')]) {
        // One byte, one character: what is not text stays what it is.
        writeFileSync(file, replaced(readFileSync(file, 'latin1')), 'latin1');
        renameSync(file, join(file, '..', replaced(file.slice(file.lastIndexOf('/') + 1))));
    }
}

function compress(file) {
    const content = readFileSync(file);
    const params = {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
        [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    };
    writeFileSync(`${file}.br`, brotliCompressSync(content, { params }));
    writeFileSync(`${file}.gz`, gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
}

shareOneHash();
files(site).filter((file) => !file.endsWith('hash.txt')).forEach(compress);
