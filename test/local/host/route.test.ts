import { expect, test } from 'vitest';
import { compileRoute } from '../../../local/host/route.ts';
import fc from '../../fakes/property.ts';

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

test('route: constraints of ASP.NET, alone and one after the other', () => {
  const fits = (template: string, values: readonly string[]) =>
    values.filter((value) => compileRoute(template).match(value) !== undefined);
  expect(fits('{a:length(3)}', ['ab', 'abc', 'abcd'])).toEqual(['abc']);
  expect(fits('{a:length(2,3)}', ['a', 'ab', 'abc', 'abcd'])).toEqual(['ab', 'abc']);
  expect(fits('{a:minlength(2):maxlength(3)}', ['a', 'ab', 'abcd'])).toEqual(['ab']);
  expect(fits('{a:regex(^v\\d+$)}', ['v12', 'V1', 'train', 'v1x'])).toEqual(['v12', 'V1']);
  expect(fits('{a:range(2,4)}', ['1', '2', '4', '5', 'x'])).toEqual(['2', '4']);
  expect(fits('{a:min(2):max(3)}', ['1', '2', '3', '4'])).toEqual(['2', '3']);
  expect(fits('{a:int}', ['2147483647', '2147483648', '1.5'])).toEqual(['2147483647']);
  expect(fits('{a:long}', ['9223372036854775807', '9223372036854775808'])).toEqual(['9223372036854775807']);
  expect(fits('{a:bool}', ['True', 'yes'])).toEqual(['True']);
  expect(fits('{a:alpha}', ['abc', 'ab1'])).toEqual(['abc']);
  expect(compileRoute('a/{b:int?}').match('a')).toEqual({});
});

test('route: what the local host does not know is refused when compiled, a malformed escape fits nothing', () => {
  expect(() => compileRoute('{a:datetime}')).toThrow('the constraint "datetime" is not supported');
  expect(() => compileRoute('{a:length(x)}')).toThrow('the constraint "length(x)" is not supported');
  expect(() => compileRoute('file-{a}')).toThrow('"file-{a}" is not supported');
  expect(compileRoute('a/{b}').match('a/%zz')).toBeUndefined();
});

test('route: any value comes back as it was encoded, but for a slash, which stays escaped', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (value) => {
      const expected = value.replaceAll('/', '%2F');
      expect(compileRoute('a/{b}/c').match(`a/${encodeURIComponent(value)}/c`)).toEqual({ b: expected });
    }),
  );
});
