// A device of Chromium's own making (CDP, WebAuthn), which keeps passkeys and asks for its person.

import { BASE } from './browser.mjs';

/** Passkeys belong to a name: the loopback interface's number has none. */
export const NAMED = BASE.replace('127.0.0.1', 'localhost');

/** Gives a page's browser such a device. Answers what can be done to it. */
export async function deviceOf(page) {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
        options: {
            protocol: 'ctap2',
            transport: 'internal',
            hasResidentKey: true,
            hasUserVerification: true,
            isUserVerified: true,
        },
    });
    const send = (method, rest) => cdp.send(`WebAuthn.${method}`, { authenticatorId, ...rest });
    return {
        /** Whether its person shows their finger from now on. */
        verify: (isUserVerified) => send('setUserVerified', { isUserVerified }),
        credentials: async () => (await send('getCredentials')).credentials,
        /** Puts a copy of a passkey in its place, which has signed so often. */
        async replace(credential, signCount) {
            await send('removeCredential', { credentialId: credential.credentialId });
            await send('addCredential', { credential: { ...credential, signCount } });
        },
    };
}
