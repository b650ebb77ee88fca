// Tokens and buckets against values of Spark and of OpenJDK; the byte path against the string path.
// Goldens: shared/data/golden/{tokenizer,hashing-tf}.json beside the checkout.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { TermHasher } from '../../shared/features/hashing-tf.ts';
import { applyIdf, countDocuments, fitIdf } from '../../shared/features/idf.ts';
import { bucketOf, hashTerm } from '../../shared/features/murmur3.ts';
import { completeSpec } from '../../shared/features/spec.ts';
import { fitLabels } from '../../shared/features/string-indexer.ts';
import {
  createRegexTokenizer,
  createStopWordsRemover,
  defaultRegexTokenizer,
  tokenize,
} from '../../shared/features/tokenizer.ts';
import fc from '../fakes/property.ts';

const GOLDEN = join(import.meta.dirname, '../../../shared/data/golden');
const hasGoldens = existsSync(GOLDEN);
const golden = (name: string) => JSON.parse(readFileSync(join(GOLDEN, name), 'utf8'));

const vector = (texts: string[], given: Parameters<typeof completeSpec>[0] = {}) => {
  const x = new TermHasher(completeSpec(given)).count(texts);
  return texts.map((_, row) =>
    Object.fromEntries(
      [...x.indices.subarray(x.indptr[row], x.indptr[row + 1])].map((j, i) => [j, x.values[x.indptr[row]! + i]]),
    ),
  );
};

describe.skipIf(!hasGoldens)('goldens (skipped: ../shared/data is absent)', () => {
  test('Tokenizer and RegexTokenizer give the tokens of OpenJDK', () => {
    const regex = createRegexTokenizer(defaultRegexTokenizer);
    const { cases } = golden('tokenizer.json') as {
      cases: { text: string; tokenizer: string[]; regexTokenizerDefault: string[] }[];
    };
    expect(cases.length).toBe(22);
    for (const { text, tokenizer, regexTokenizerDefault } of cases) {
      expect(tokenize(text)).toEqual(tokenizer);
      expect(regex(text)).toEqual(regexTokenizerDefault);
    }
  });

  test('both hashes and every bucket agree for 66 terms', () => {
    const { vectors } = golden('hashing-tf.json') as {
      vectors: ({ term: string } & Record<`idx${number}` | 'hash' | 'hashLegacySpark2', number>)[];
    };
    expect(vectors.length).toBe(66);
    for (const v of vectors) {
      const term = v.term;
      expect(hashTerm(term)).toBe(v.hash);
      expect(hashTerm(term, 'spark2')).toBe(v.hashLegacySpark2);
      for (const n of [10, 100, 1000, 262144, 1048576]) expect(bucketOf(hashTerm(term), n)).toBe(v[`idx${n}`]);
    }
  });
});

describe('hashing', () => {
  test('published examples of Spark: a, b, c in 10 buckets, by the hash of 3.x and of 2.x', () => {
    expect(vector(['a b c'], { numFeatures: 10 })).toEqual([{ 5: 1, 7: 1, 8: 1 }]);
    expect(vector(['a b c'], { numFeatures: 5 })).toEqual([{ 0: 1, 2: 1, 3: 1 }]);
    expect(vector(['a b c'], { numFeatures: 10, hash: 'spark2' })).toEqual([{ 0: 1, 1: 1, 2: 1 }]);
  });

  test('the byte path counts exactly what hashing each token of the string path would', () => {
    const alphabet = fc.constantFrom(
      ' ',
      '\t',
      '\n',
      '\r',
      '\f',
      '\v',
      'a',
      'B',
      'É',
      'İ',
      'Σ',
      '\u00a0',
      '日',
      '😀',
      '\ud800',
      'z',
    );
    fc.assert(
      fc.property(
        fc.string({ unit: alphabet, maxLength: 60 }),
        fc.constantFrom(7, 1000, 1 << 18),
        fc.constantFrom<'spark3' | 'spark2'>('spark3', 'spark2'),
        fc.boolean(),
        (text, numFeatures, hash, binary) => {
          const wanted: Record<number, number> = {};
          for (const term of tokenize(text)) {
            const bucket = bucketOf(hashTerm(term, hash), numFeatures);
            wanted[bucket] = binary ? 1 : (wanted[bucket] ?? 0) + 1;
          }
          expect(vector([text], { numFeatures, hash, binary })).toEqual([wanted]);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('rows do not leak into each other and long texts grow the buffer', () => {
    const long = 'word '.repeat(100_000);
    expect(vector([long, 'a', long.toUpperCase()], { numFeatures: 1000 })).toEqual([
      { [bucketOf(hashTerm('word'), 1000)]: 100_000 },
      { 467: 1 },
      { [bucketOf(hashTerm('word'), 1000)]: 100_000 },
    ]);
  });

  test('termsIn names the terms behind a bucket, collisions included', () => {
    const hasher = new TermHasher(completeSpec({ numFeatures: 1 }));
    expect(hasher.termsIn('Tax  tax income', new Set([0]))).toEqual(
      new Map([
        [
          0,
          new Map([
            ['tax', 2],
            ['income', 1],
            ['', 1],
          ]),
        ],
      ]),
    );
  });

  test('stop words and n-grams go through the same buckets as single terms', () => {
    const spec = { numFeatures: 1 << 18, ngram: 2, stopWords: { words: ['The'], caseSensitive: false } };
    expect(vector(['the income THE tax'], spec)).toEqual([{ [bucketOf(hashTerm('income tax'), 1 << 18)]: 1 }]);
  });

  test('the stop-word list is matched without case unless asked otherwise', () => {
    const terms = ['A', 'a', 'b'];
    expect(createStopWordsRemover({ words: ['a'], caseSensitive: false })(terms)).toEqual(['b']);
    expect(createStopWordsRemover({ words: ['a'], caseSensitive: true })(terms)).toEqual(['A', 'b']);
  });

  test('numFeatures out of range is refused', () => {
    for (const numFeatures of [0, -1, 1.5, Number.NaN, 2 ** 27])
      expect(() => completeSpec({ numFeatures })).toThrow(expect.objectContaining({ code: 'request.invalid' }));
  });
});

describe('IDF', () => {
  test('explicit zeros do not count as documents, and minDocFreq zeroes weight and count', () => {
    const x = {
      rows: 3,
      width: 4,
      indptr: Uint32Array.of(0, 2, 3, 4),
      indices: Int32Array.of(0, 1, 0, 2),
      values: Float64Array.of(1, 0, 3, 5),
    };
    const df = countDocuments(x);
    expect([...df]).toEqual([2, 0, 1, 0]);
    expect([...fitIdf(df, 3).weights]).toEqual([Math.log(4 / 3), Math.log(4), Math.log(2), Math.log(4)]);
    const strict = fitIdf(df, 3, 2);
    expect([...strict.weights]).toEqual([Math.log(4 / 3), 0, 0, 0]);
    expect([...strict.docFreq]).toEqual([2, 0, 0, 0]);
    expect(applyIdf(x, strict.weights).indices).toEqual(x.indices);
  });
});

describe('label order', () => {
  test('falls by frequency, equal counts rise by UTF-16 code units', () => {
    expect(fitLabels(['b', 'a', 'Z', 'é', 'a', 'b'])).toEqual(['a', 'b', 'Z', 'é']);
    expect(fitLabels(['b', 'a', 'Z'], 'alphabetDesc')).toEqual(['b', 'a', 'Z']);
    expect(fitLabels(['b', 'b', 'a'], 'frequencyAsc')).toEqual(['a', 'b']);
  });
});
