// The codes of an authenticator app (RFC 6238): 30 seconds, six digits, SHA-1.

import { createHmac } from 'node:crypto';

/** The code of a secret in base32, `ahead` steps from now. */
export function codeOf(secret, ahead = 0) {
    const step = Buffer.alloc(8);
    step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
    const digest = createHmac('sha1', base32(secret)).update(step).digest();
    const number = digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff;
    return String(number % 1_000_000).padStart(6, '0');
}

function base32(text) {
    const bits = [...text.replace(/[\s=]/g, '').toUpperCase()]
        .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
        .join('');
    return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}
