import { expect, test } from 'vitest';
import { compileBlobPattern, fillPath } from '../../../local/host/blob-path.ts';
import fc from '../../fakes/property.ts';

test('blob path: tokens, the literal prefix, and a name with slashes in the last token', () => {
  const pattern = compileBlobPattern('landing/in/{name}.{ext}');
  expect(pattern).toMatchObject({ container: 'landing', prefix: 'in/' });
  expect(pattern.match('in/report.v2.txt')).toEqual({ name: 'report.v2', ext: 'txt' });
  expect(pattern.match('in/.hidden')).toEqual({ name: '', ext: 'hidden' });
  expect(pattern.match('out/report.txt')).toBeUndefined();
  expect(compileBlobPattern('landing/{name}').match('a/b/c.txt')).toEqual({ name: 'a/b/c.txt' });
  expect(compileBlobPattern('landing').match('anything')).toEqual({ name: 'anything' });
  expect(compileBlobPattern('c/{{x}}/{name}').match('{x}/y')).toEqual({ name: 'y' });
});

test('blob path: what a pattern takes apart, fillPath puts together', () => {
  const text = fc.string({ minLength: 1 }).filter((s) => !/[{}]/.test(s));
  fc.assert(
    fc.property(text, (name) => {
      const tokens = compileBlobPattern('c/pre-{name}').match(`pre-${name}`);
      expect(fillPath('pre-{name}', tokens ?? {}, new Date(0), () => 'guid')).toBe(`pre-${name}`);
    }),
  );
});

test('blob path: built-in tokens are filled, unknown ones refused', () => {
  expect(fillPath('out/{rand-guid}-{DateTime}', {}, new Date(0), () => 'g')).toBe('out/g-1970-01-01T00-00-00Z');
  expect(() => fillPath('out/{missing}', {}, new Date(0), () => 'g')).toThrow(/no value for \{missing\}/);
});
