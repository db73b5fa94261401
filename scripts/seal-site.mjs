// Gives the files of one build one hash, says it in hash.txt, and lays brotli and gzip copies beside them.
//
//   node scripts/seal-site.mjs SITE_FOLDER
//
// Browsers keep these files for good. The program, its loader and its parts name each other, so every one of them
// carries the hash of all: no browser can mix two builds.

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const site = process.argv[2];
const pkg = join(site, 'pkg');
const isStyle = (file) => file.endsWith('.css');
/** Where the packer has left room for a hash; of its length, so that no section of WebAssembly grows. */
const ROOM = '_'.repeat(22);

/** All of a folder's files, in an order that does not depend on the file system. */
function files(folder) {
    return readdirSync(folder, { withFileTypes: true })
        .flatMap((entry) => (entry.isDirectory() ? files(join(folder, entry.name)) : join(folder, entry.name)))
        .sort();
}

function hash(files) {
    const all = createHash('md5');
    for (const file of files) all.update(readFileSync(file));
    return all.digest('base64url');
}

/** program.wasm is program.HASH.wasm from now on. */
function hashed(name, hash) {
    return name.includes(ROOM) ? name.replaceAll(ROOM, hash) : name.replace(/(\.[a-z]+)$/, `.${hash}$1`);
}

/** Renames the files, and writes their new names wherever one of them names another. */
function name(parts, hash) {
    const names = parts.map((file) => basename(file));
    for (const file of parts) {
        // One byte, one character: what is not text stays what it is.
        let content = readFileSync(file, 'latin1').replaceAll(ROOM, hash);
        if (/\.js$/.test(file)) for (const other of names) content = content.replaceAll(`./${other}"`, `./${hashed(other, hash)}"`);
        // The manifest names parts without what their names end with.
        if (/\.json$/.test(file)) content = content.replace(/"(split_\w+|chunk_\w+)"/g, `"$1.${hash}"`);
        writeFileSync(file, content, 'latin1');
        renameSync(file, join(dirname(file), hashed(basename(file), hash)));
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

const [styles, program] = [files(pkg).filter(isStyle), files(pkg).filter((file) => !isStyle(file))];
const [style, all] = [hash(styles), hash(program)];
name(styles, style);
name(program, all);
writeFileSync(join(site, 'hash.txt'), `js: ${all}\nwasm: ${all}\ncss: ${style}\nmanifest: ${all}\nsplit: ${all}\n`);
files(site).filter((file) => !file.endsWith('hash.txt')).forEach(compress);
