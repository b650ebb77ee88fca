import { expect, test } from 'vitest';
import { MIN_SHINGLES, minhash, minhashOrWords, resemblance } from '../../shared/features/minhash.ts';
import fc from '../fakes/property.ts';

const words = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `word${i + from}`);

test('minhash: equal texts have equal signatures, whatever case, punctuation and white space are', () => {
  const text = words(100).join(' ');
  expect(minhash(text)).toEqual(minhash(`  ${text.toUpperCase().replaceAll(' ', ',\n ')}!`));
});

test('minhash: short texts have none', () => {
  expect(minhash('')).toBeUndefined();
  expect(minhash(words(MIN_SHINGLES + 3).join(' '))).toBeUndefined();
  expect(minhash(words(MIN_SHINGLES + 4).join(' '))).toBeDefined();
  expect(minhash('again '.repeat(1000))).toBeUndefined();
});

test('minhash: the estimate is the Jaccard similarity of the shingles, within its error', () => {
  fc.assert(
    fc.property(fc.integer({ min: 200, max: 600 }), fc.integer({ min: 0, max: 600 }), (count, shift) => {
      const a = minhash(words(count).join(' '));
      const b = minhash(words(count, shift).join(' '));
      if (a === undefined || b === undefined) throw new Error('long enough');
      const shared = Math.max(0, count - 4 - shift);
      const jaccard = shared / (2 * (count - 4) - shared);
      // four standard errors of 64 places
      expect(Math.abs(resemblance(a, b) - jaccard)).toBeLessThan(4 * Math.sqrt((jaccard * (1 - jaccard)) / 64) + 0.02);
    }),
    { numRuns: 60, seed: 11 },
  );
});

test('words of ASCII are the words they are in wide letters, which are read another way', () => {
  const wide = (text: string) =>
    text.replace(/[!-~]/g, (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0)).replaceAll(' ', '\u3000');
  const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).join('');
  for (const text of [
    'The 3rd invoice, NOT paid: see a/b_c-d',
    `${ascii} one two three four`,
    'a b c d',
    ' A1 b2  C3 d4. ',
  ]) {
    expect(minhashOrWords(text)).toEqual(minhashOrWords(wide(text)));
    const long = Array.from({ length: 30 }, (_, i) => `${text} ${i}`).join('\n');
    expect(minhash(long)).toBeDefined();
    expect(minhash(long)).toEqual(minhash(wide(long)));
  }
});

test('signatures are those that are stored: of words for a short text, of runs of words for a long one', () => {
  const short = minhashOrWords('Rechnung über 3 Öltanks, fällig am 1. März');
  expect(short).toMatchObject({ kind: 'short' });
  expect([...(short?.places.slice(0, 4) ?? [])]).toEqual([342654108, 318858321, 643179991, 532540306]);
  const long = minhashOrWords(words(60).join(' '));
  expect(long).toEqual({ kind: 'long', places: minhash(words(60).join(' ')) });
  expect([...(long?.places.slice(0, 4) ?? [])]).toEqual([18085362, 3842228, 32432992, 165384808]);
  expect(minhashOrWords('one two one two three')).toBeUndefined();
});
