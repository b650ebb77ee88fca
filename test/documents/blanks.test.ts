import { expect, test } from 'vitest';
import { singleSpaced } from '../../shared/documents/blanks.ts';
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
