import assert from 'node:assert/strict';
import fc from 'fast-check';
import type {Terminal} from '../../src/render/terminal.js';
import {displayWidth} from '../../src/render/width.js';

export function terminal(changes: Partial<Terminal> = {}): Terminal {
  return {width: 80, colour: false, unicode: true, isTty: true, ...changes};
}

export const pipe = terminal({width: Number.POSITIVE_INFINITY, isTty: false});

export const widths = [40, 60, 80, 120, 200] as const;

/** Names as they should be, and as somebody who controls a label could make them. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.string({unit: 'grapheme-ascii', maxLength: 30}),
  fc.string({unit: 'grapheme', maxLength: 30}),
  fc.string({unit: 'binary', maxLength: 30}),
  fc.constantFrom(
    '',
    '\u001b]0;title\u0007',
    '\u001b[31mred',
    'one\rtwo',
    'nul\u0000l',
    'line\nbreak\ttab',
    '\u202egnp.exe',
    '👩‍👩‍👧‍👦👍🏽🇩🇪1️⃣',
    '古池や蛙飛びこむ水の音',
    'x'.repeat(4096),
    '古'.repeat(2048),
    '🙂'.repeat(1024),
    'e\u0301'.repeat(1500),
    '\u001b'.repeat(4096),
  ),
);

export function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

export function widest(text: string): number {
  return Math.max(0, ...linesOf(text).map(displayWidth));
}

/** A terminal as wide as it comes, as --wide has it. */
export const wide = terminal({width: Number.POSITIVE_INFINITY});

/** A name as somebody who controls a label could make it: a title, a line of its own, text that runs backwards. */
export const hostileName = 'web\u001b]0;owned\u0007\n\u202e1';

/** Holds that a view is this very text, which begins in the line after the quote. */
export function shows(text: string, expected: string): void {
  assert.equal(text, expected.replace(/^\n/, ''));
}

/** Holds that nothing of a hostile name but what can be read came through, and that the view says so. */
export function assertEscaped(text: string): void {
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
  assert.match(text, /web\\x/);
}
