import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileRoute } from '../../../local/host/route.ts';

test('route: literals match without case, parameters are decoded once', () => {
  expect(compileRoute('api/Runs/{id}').match('API/runs/a%2520b')).toEqual({ id: 'a%20b' });
  expect(compileRoute('api/runs/{id}').match('api/runs')).toBeUndefined();
  expect(compileRoute('api/runs/{id}').match('api/runs/a/b')).toBeUndefined();
});

test('route: optional, constrained and catch-all parameters', () => {
  expect(compileRoute('a/{b?}').match('a')).toEqual({});
  expect(compileRoute('a/{b:int}').match('a/x')).toBeUndefined();
  expect(compileRoute('a/{b:int}').match('a/-12')).toEqual({ b: '-12' });
  expect(compileRoute('a/{*rest}').match('a/b/c%20d')).toEqual({ rest: 'b/c d' });
  expect(compileRoute('a/{*rest}').match('a')).toEqual({});
  expect(compileRoute('').match('')).toEqual({});
});

test('route: a literal ranks before a constrained parameter, that before a free one, that before a catch-all', () => {
  const ranks = ['x', '{a:int}', '{a}', '{*a}'].map((template) => compileRoute(template).rank);
  expect(ranks.toSorted()).toEqual(ranks);
});

test('route: an unknown constraint is refused when compiled, a malformed escape fits nothing', () => {
  expect(() => compileRoute('{a:regex(x)}')).toThrow(/not supported/);
  expect(compileRoute('a/{b}').match('a/%zz')).toBeUndefined();
});

test('route: any value without a slash comes back as it was encoded', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (value) => {
      expect(compileRoute('a/{b}/c').match(`a/${encodeURIComponent(value)}/c`)).toEqual({ b: value });
    }),
  );
});
