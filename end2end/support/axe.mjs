// What axe finds on a page, in words.

import assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** `onlyColours`: for a page whose structure was looked at already, in other colours. */
export async function assertAccessible(page, what, { onlyColours = false } = {}) {
    // Legacy mode looks at the page itself, which has no frames, instead of opening another one.
    const axe = new AxeBuilder({ page }).setLegacyMode(true);
    const { violations } = await (onlyColours ? axe.withRules(['color-contrast']) : axe.withTags(RULES)).analyze();
    const told = violations.flatMap((violation) =>
        violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')}: ${node.failureSummary}`),
    );
    assert.equal(told.length, 0, `axe at ${what}:\n${told.join('\n')}`);
}
