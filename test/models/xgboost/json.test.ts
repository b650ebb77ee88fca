// The reader of a booster's JSON reads what JSON.parse reads, and numbers without making strings of them.
import { describe, expect, test } from 'vitest';
import { readJson } from '../../../shared/models/xgboost/json.ts';
import { PackedNumbers } from '../../../shared/models/xgboost/packed-numbers.ts';
import fc from '../../fakes/property.ts';

const read = (text: string): unknown => plain(readJson(Buffer.from(text)));

/** Lists of numbers as JSON.parse gives them. */
function plain(value: unknown): unknown {
  if (value instanceof PackedNumbers) return Array.from(value.toArray());
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

describe('JSON of a booster', () => {
  test('is read as JSON.parse reads it, whatever stands between its parts', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(read(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('numbers in a list are those that Number() gives, in any notation', () => {
    const digits = (least: number, most: number) => fc.stringMatching(new RegExp(`^[0-9]{${least},${most}}$`));
    const written = fc
      .tuple(
        fc.constantFrom('', '-'),
        fc.oneof(
          fc.constant('0'),
          fc.tuple(fc.constantFrom('1', '7', '9'), digits(0, 17)).map((parts) => parts.join('')),
        ),
        fc.oneof(
          fc.constant(''),
          digits(1, 18).map((text) => `.${text}`),
        ),
        fc.oneof(
          fc.constant(''),
          fc.tuple(fc.constantFrom('e', 'E', 'e+', 'E-'), fc.nat(330)).map(([e, n]) => `${e}${n}`),
        ),
      )
      .map((parts) => parts.join(''));
    const shortest = fc.float({ noNaN: true, noDefaultInfinity: true }).map(String);
    fc.assert(
      fc.property(fc.array(fc.oneof(written, shortest), { minLength: 1 }), (texts) => {
        expect(read(`[${texts.join(' ,\n')}]`)).toEqual(texts.map(Number));
        const singles = new Float32Array(texts.length);
        (readJson(Buffer.from(`[${texts.join(',')}]`)) as PackedNumbers).copyTo(singles, 0);
        expect(singles).toEqual(Float32Array.from(texts, Number));
      }),
      { numRuns: 300 },
    );
  });

  test('NaN and infinities stand for themselves', () => {
    expect(read('{"a":[NaN, Infinity,-Infinity, 1],"b":NaN}')).toEqual({
      a: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1],
      b: Number.NaN,
    });
  });

  test.each([
    '',
    ' ',
    '{',
    '[1,2',
    '[1,,2]',
    '[,]',
    '[1,]',
    '{"a" 1}',
    '{"a":1,}',
    '{a:1}',
    '"a',
    '"\n"',
    '1 2',
    '[01]',
    '[1.]',
    '[.5]',
    '[+1]',
    '[1e]',
    '[--1]',
    '[1 2]',
    'nul',
    '[nan]',
    '[1]]',
  ])('%j is model.corrupt', (text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'model.corrupt' }));
  });

  test('of any bytes: a value or model.corrupt', () => {
    const json = JSON.stringify({ a: [1.5, 2, 3e-7], b: ['x', null, true], c: { d: 'é"\\' } });
    fc.assert(
      fc.property(fc.nat(json.length), fc.nat(255), (at, byte) => {
        const bytes = Buffer.from(json);
        bytes[at] = byte;
        try {
          plain(readJson(bytes));
        } catch (error) {
          expect(error).toMatchObject({ code: 'model.corrupt' });
        }
      }),
      { numRuns: 500 },
    );
  });

  test('lists nested deeper than a booster is are refused before the stack ends', () => {
    expect(() => read('['.repeat(100_000))).toThrow(expect.objectContaining({ code: 'model.corrupt' }));
  });
});
