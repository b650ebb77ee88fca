import { expect, test } from 'vitest';
import { evenlySpaced, singleSpaced } from '../../shared/documents/blanks.ts';
import fc from '../fakes/property.ts';

test('every run of white space becomes one space', () => {
  const text = fc
    .array(fc.constantFrom('a', ' ', '\n', '\t', '\u00a0', '\u2028', '\ufeff', '.'))
    .map((all) => all.join(''));
  fc.assert(
    fc.property(text, (all) => {
      expect(singleSpaced(all)).toBe(all.replace(/\s+/g, ' '));
    }),
  );
});

test('spaces, tabs and ends of lines are kept as one pattern after the other would keep them', () => {
  const wide = fc.integer({ min: 31, max: 34 }).map((count) => '\t'.repeat(count));
  const piece = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom('a', ' ', '\n', '\t', '\r') },
    { weight: 1, arbitrary: wide },
  );
  const byPatterns = (text: string) =>
    text
      .replace(/ {2,}/g, ' ')
      .replace(/ \t ?|\t /g, '\t')
      .replace(/\t{33,}/g, '\t'.repeat(32))
      .replace(/ \n ?|\n /g, '\n')
      .replace(/\t{1,32}\n/g, '\n')
      .replace(/\n{3,}/g, '\n\n');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      expect(evenlySpaced(pieces.join(''))).toBe(byPatterns(pieces.join('')));
    }),
    { numRuns: 5000 },
  );
});
