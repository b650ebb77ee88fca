// The lexical profile: which words, pairs and parts a text has, and that naming them agrees with counting them.

import { describe, expect, test } from 'vitest';
import { BucketSet } from '../../shared/features/bucket-set.ts';
import { countDocuments } from '../../shared/features/idf.ts';
import { blockOf, defaultLexicalSettings, LexicalHasher, type LexicalSettings } from '../../shared/features/lexical.ts';
import { RowBuilder } from '../../shared/features/row-builder.ts';
import { collectRows } from '../../shared/features/row-reader.ts';
import { findProblem, selectRows } from '../../shared/features/sparse.ts';
import { completeSpec, lexicalFeatureSpec, profileOf } from '../../shared/features/spec.ts';
import { isStopWord } from '../../shared/features/stop-words.ts';
import { fitTermWeights, LexicalVectors, readWeighedRows, weighCounts } from '../../shared/features/weigh.ts';
import { sha256Hex } from '../../shared/ids.ts';
import fc from '../fakes/property.ts';
import { tracedTerms } from '../fakes/traced-terms.ts';

const WIDTH = 2 ** 16;
const hasherOf = (settings: Partial<LexicalSettings> = {}, width = WIDTH) =>
  new LexicalHasher({ ...defaultLexicalSettings, ...settings }, width);
/** Printed by the code of the commit before version 2 (9eca23e), with 2^16 buckets. */
const GOLDEN_TEXT = 'The (Reuters) Gewerbesteuererklärung 2024: VAT, vat; 税務 12.5 % and/or x';
const GOLDEN_HASH = '1b5cf458c770f9dd';
const termsOf = (text: string) => tracedTerms(hasherOf(), text).map(({ term }) => term);
const wordsOf = (text: string) => termsOf(text).filter((term) => !term.includes(' '));
const rowOf = (text: string, hasher = hasherOf()) => {
  const x = hasher.count([text]);
  return new Map(Array.from(x.indices, (bucket, i) => [bucket, x.values[i]!] as const));
};

describe('words', () => {
  test.for([
    ['Security, security; SECURITY!', ['security']],
    ['W-2 and 1040', ['w', '2', 'and', '1040']],
    ['Gewerbesteuer\u00aderklärung ÄRGER', ['gewerbesteuererklärung', 'ärger']],
    ['Ta\u00adx é', ['tax', 'é']], // as many bytes as characters at last
    ["l'imposta è dovuta", ['l', 'imposta', 'è', 'dovuta']],
    ['Налог на прибыль', ['налог', 'на', 'прибыль']],
    ['税務申告書', ['税', '務', '申', '告', '書']],
    ['ﬁnance Ⅳ ２０２４', ['finance', 'iv', '2024']],
    ['हिन्दी कर', ['हिन्दी', 'कर']],
    ['🙂 … \u0000 \ud800', []],
    ['', []],
  ] as const)('of %j', ([text, words]) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test('pairs are neighbouring words, whatever stands between them', () => {
    expect(termsOf('Income-tax return')).toEqual(['income', 'tax', 'income tax', 'return', 'tax return']);
  });

  test('compounds share parts with their words', () => {
    const [long, short] = tracedTerms(hasherOf(), 'Gewerbesteuererklärung steuer');
    const shared = [...short!.parts.keys()].filter((part) => long!.parts.has(part));
    expect(shared.length).toBeGreaterThan(6);
  });

  test('a long code and words after the limit have no parts, in version 1 numbers neither', () => {
    const text = `12345 ${'x'.repeat(60)} tax`;
    const haveParts = (settings: Partial<LexicalSettings>) =>
      tracedTerms(hasherOf(settings), text).map(({ parts }) => parts.size > 0);
    expect(haveParts({})).toEqual([true, false, false, true, false]);
    expect(haveParts({ version: 1 })).toEqual([false, false, false, true, false]);
    const limited = tracedTerms(hasherOf({ parts: { min: 2, max: 3, distinctWords: 1 } }), 'one two');
    expect(limited.map(({ parts }) => parts.size > 0)).toEqual([true, false, false]);
  });
});

describe('parts of version 2', () => {
  const partsOf = (text: string, settings: Partial<LexicalSettings> = {}) =>
    new Map(tracedTerms(hasherOf(settings), text).map(({ term, parts }) => [term, [...parts.keys()]]));

  test('what stands around a word up to white space is in its parts, in version 1 it is not', () => {
    const [bare, quoted] = [partsOf('tax').get('tax')!, partsOf('(tax)').get('tax')!];
    expect(bare.length).toBe(5); // " ta", "tax", "ax ", " tax", "tax "
    expect(quoted.length).toBe(9);
    expect(quoted.filter((part) => bare.includes(part)).length).toBe(1); // "tax"
    expect(partsOf('(tax)', { version: 1 })).toEqual(partsOf('tax', { version: 1 }));
  });

  test('a part is the same in any text, whatever letters stand around it', () => {
    const [ascii, umlaut] = [partsOf('steuer').get('steuer')!, partsOf('umsatzsteuererklärung').values().next().value!];
    expect(ascii.filter((part) => umlaut.includes(part)).length).toBe(7); // all but those with a blank
    expect(partsOf('ärger ärger ärgert').get('ärger')).toEqual(partsOf('ärger').get('ärger'));
  });

  test('a piece counts once, however often it occurs, and each of its parts belongs to one word', () => {
    const [once, thrice] = [
      rowOf('tax/vat', hasherOf({ pairs: false })),
      rowOf('tax/vat tax/vat tax/vat', hasherOf({ pairs: false })),
    ];
    const isPart = ([bucket]: readonly [number, number]) => blockOf(bucket, WIDTH) === 'part';
    expect([...thrice].filter(isPart)).toEqual([...once].filter(isPart));
    const words = partsOf('tax/vat');
    expect([...words.keys()]).toEqual(['tax', 'vat', 'tax vat']);
    expect(words.get('tax')!.some((part) => words.get('vat')!.includes(part))).toBe(false);
    expect(words.get('tax')!.length + words.get('vat')!.length).toBe([...once].filter(isPart).length);
  });

  test('where nothing parts a long line from its words, each word is a piece', () => {
    const line = ['税務署', 'x'.repeat(40), 'tax'].join('。').repeat(2);
    expect(partsOf(line).get('tax')).toEqual(partsOf('tax').get('tax'));
  });
});

test('version 1 counts as it did when its models were trained', () => {
  const x = hasherOf({ version: 1, parts: { min: 2, max: 5, distinctWords: 48 } }).count([GOLDEN_TEXT]);
  expect(sha256Hex(JSON.stringify([[...x.indices], [...x.values]])).slice(0, 16)).toBe(GOLDEN_HASH);
});

describe('counts', () => {
  const pieces = fc.oneof(
    fc.constantFrom('tax', 'Tax', 'steuer', 'Erklärung', '税', '12', ' ', ', ', '/', 'ß', 'İ', '\u0301', 'ﬁ', '🙂'),
    fc.string({ unit: 'binary', maxLength: 6 }),
  );
  const ascii = fc.array(fc.oneof(fc.constantFrom('tax', '(VAT', ' ', ', ', '/'), fc.string({ maxLength: 6 })), {
    maxLength: 60,
  });
  test('counting and naming see the same terms, for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.array(pieces, { maxLength: 60 }), ascii), fc.constantFrom(1, 2), (parts, version) => {
        const hasher = hasherOf({ version });
        const text = parts.join('');
        const x = hasher.count([text]);
        expect(findProblem(x)).toBeUndefined();
        const counted = new Map<number, number>();
        const add = (bucket: number, count: number) =>
          counted.set(bucket, Math.min(255, (counted.get(bucket) ?? 0) + count));
        for (const term of tracedTerms(hasher, text)) {
          add(term.bucket, term.count);
          for (const [part, times] of term.parts) add(part, times);
        }
        expect(new Map(Array.from(x.indices, (bucket, i) => [bucket, x.values[i]!] as const))).toEqual(counted);
      }),
      { numRuns: 200 },
    );
  });

  test('counting for some buckets gives the counts of all, those buckets kept', () => {
    fc.assert(
      fc.property(ascii, fc.constantFrom(1, 2), fc.integer({ min: 1, max: 5 }), (parts, version, every) => {
        const hasher = hasherOf({ version });
        const members = Int32Array.from({ length: Math.ceil(WIDTH / every) }, (_, place) => place * every);
        const all = hasher.count([parts.join('')]);
        const some = hasher.countInto([parts.join('')], new RowBuilder(WIDTH), new BucketSet(WIDTH, members));
        const kept = Array.from(all.indices, (bucket, i) => [bucket / every, all.values[i]!]).filter(([place]) =>
          Number.isInteger(place),
        );
        expect(Array.from(some.indices, (bucket, i) => [bucket, some.values[i]!])).toEqual(kept);
        expect(hasher.count([parts.join('')])).toEqual(all);
      }),
      { numRuns: 25 },
    );
  });

  test('an ASCII text counts like the same text between two that are not', () => {
    const text = 'Invoice no. 42, VAT due';
    const plain = rowOf(text, hasherOf({ pairs: false }));
    const mixed = rowOf(`… ${text} …`, hasherOf({ pairs: false }));
    expect(mixed).toEqual(plain);
  });

  test('a long text keeps its counts within a byte, and the hasher forgets it afterwards', () => {
    const hasher = hasherOf();
    hasher.count(['tax '.repeat(5000)]);
    expect(Math.max(...rowOf('tax '.repeat(5000), hasher).values())).toBe(255);
    expect(rowOf('', hasher).size).toBe(0);
  });

  test('words, parts and pairs have ranges of their own', () => {
    for (const { bucket, parts, words } of tracedTerms(hasherOf(), 'value added tax')) {
      expect(blockOf(bucket, WIDTH)).toBe(words.length === 2 ? 'pair' : 'word');
      for (const part of parts.keys()) expect(blockOf(part, WIDTH)).toBe('part');
    }
  });
});

describe('vectors', () => {
  test('made in one pass they are those of weighed counts, bit for bit', () => {
    const hasher = hasherOf();
    const texts = ['Tax return, (VAT) tax', '', 'Umsatzsteuererklärung 2024 …', 'unknown', 'tax '.repeat(400)];
    const docFreq = countDocuments(hasher.count([...texts.slice(0, 3), 'tax notice']));
    const { weights } = fitTermWeights({ ...lexicalFeatureSpec, numFeatures: WIDTH }, docFreq, 4, 1);
    const vectors = new LexicalVectors(hasher, weights);
    const counts = hasher.count(texts);
    expect(vectors.of(texts)).toEqual(weighCounts(lexicalFeatureSpec, counts, weights));
    const known = vectors.of(texts);
    for (const [row, text] of texts.entries())
      expect(vectors.shareOfNew('', known, row)).toBe(vectors.shareOfNew(text));
    expect(texts.map((text) => vectors.shareOfNew(text))).toEqual([0, 0, 0, 1, 0]);
    const rows = [3, 0, 4];
    expect(collectRows(readWeighedRows(counts, rows, weights))).toEqual(
      weighCounts(lexicalFeatureSpec, selectRows(counts, rows), weights),
    );
  });

  test('each bucket of a set has the place that it has among its members, and others have none', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(199)), (found) => {
        const members = Int32Array.from(found.toSorted((a, b) => a - b));
        const set = new BucketSet(200, members);
        expect(set.size).toBe(members.length);
        const all = Array.from({ length: 200 }, (_, bucket) => bucket);
        expect(all.map((bucket) => set.place(bucket))).toEqual(all.map((bucket) => members.indexOf(bucket)));
      }),
      { numRuns: 100 },
    );
  });

  const spec = completeSpec({ ...lexicalFeatureSpec, numFeatures: WIDTH });

  test('rows have length 1; a term that was never seen, or too seldom, is left out', () => {
    const counts = hasherOf().count(['tax return', 'tax notice', 'tax']);
    const docFreq = new Uint32Array(WIDTH);
    for (const j of counts.indices) docFreq[j]!++;
    const x = weighCounts(spec, counts, fitTermWeights(spec, docFreq, 3, 1).weights);
    for (let row = 0; row < 3; row++) {
      const values = x.values.subarray(x.indptr[row]!, x.indptr[row + 1]!);
      expect(Math.hypot(...values)).toBeCloseTo(1, 12);
    }
    const strict = weighCounts(spec, counts, fitTermWeights(spec, docFreq, 3, 3).weights);
    expect(strict.indices.length).toBeLessThan(x.indices.length);
    const strange = weighCounts(spec, hasherOf().count(['zzz']), fitTermWeights(spec, docFreq, 3, 1).weights);
    expect([...strange.indices]).toEqual([]);
  });

  test('the profile is part of the settings; a width that is no power of two and another version are refused', () => {
    expect(profileOf(spec)).toBe('lexical');
    expect(profileOf(completeSpec({}))).toBe('spark');
    expect(() => completeSpec({ ...lexicalFeatureSpec, numFeatures: 1000 })).toThrow(/power of two/);
    const later = { ...defaultLexicalSettings, version: 3 as 2 };
    expect(() => completeSpec({ ...lexicalFeatureSpec, lexical: later })).toThrow(
      expect.objectContaining({ code: 'model.unsupported' }),
    );
  });

  test('stop words of several languages are known', () => {
    expect(['the', 'und', 'della', 'tax', 'steuer'].map(isStopWord)).toEqual([true, true, true, false, false]);
  });
});

test('trace: a pair is told to be apart where punctuation or a paragraph parts its words wherever they stand', () => {
  const apart = (text: string) =>
    tracedTerms(hasherOf(), text)
      .filter(({ isApart }) => isApart)
      .map(({ term }) => term);
  expect(apart('Right or wrong? From: Ann\nTo: tax\n\nDear all, the value added\ntax (VAT) is due')).toEqual([
    'wrong from',
    'from ann',
    'to tax',
    'tax dear',
  ]);
  expect(apart('Zoll… Steuer 税。金\u00a0x\n\u2003\ny')).toEqual(['zoll steuer', '税 金', 'x y']);
  expect(apart('Steuer. Zoll ist Steuer Zoll; Gebühr')).toEqual(['zoll gebühr']);
});
