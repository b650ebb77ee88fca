import { expect, test } from 'vitest';
import { ColumnPlaces } from '../../shared/features/column-places.ts';
import { defaultLexicalSettings, LexicalHasher } from '../../shared/features/lexical.ts';
import { isStopWord } from '../../shared/features/stop-words.ts';
import type { EvidenceTerm } from '../../shared/models/evidence.ts';
import { LexicalReasons } from '../../shared/models/lexical-evidence.ts';
import type { Contributions } from '../../shared/models/scorer.ts';
import fc from '../fakes/property.ts';
import { tracedTerms } from '../fakes/traced-terms.ts';

const reasons = new LexicalReasons();
const places = new ColumnPlaces();
const reasonsOf = (hasher: LexicalHasher, text: string, columns: Int32Array, weights: Contributions, top: number) => {
  places.set(columns);
  return reasons.of(hasher.trace(text, places), columns.length, weights, top);
};

/** E1, E2 and E3 term by term. */
function byDefinition(hasher: LexicalHasher, text: string, columns: Int32Array, weights: Contributions, top: number) {
  const terms = tracedTerms(hasher, text);
  const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
  const moved = terms.map(({ bucket, count, parts, ...term }) => {
    const sharing = terms.filter((other) => other.bucket === bucket);
    const shares: [column: number, share: number][] = [[bucket, count / sum(sharing.map((other) => other.count))]];
    for (const [part, times] of parts)
      shares.push([part, times / sum(terms.map((other) => other.parts.get(part) ?? 0))]);
    const present = shares.flatMap(([column, share]) => {
      const at = columns.indexOf(column);
      return at < 0 ? [] : [{ weight: weights.own[at]! * share, runnerUp: weights.runnerUp[at]! * share }];
    });
    const [weight, runnerUp] = [sum(present.map((each) => each.weight)), sum(present.map((each) => each.runnerUp))];
    return { ...term, weight, runnerUp, isShared: sharing.length > 1 };
  });
  return moved
    .filter(({ words, isApart, weight, runnerUp }) => weight > runnerUp && !isApart && !words.every(isStopWord))
    .sort((a, b) => b.weight - b.runnerUp - (a.weight - a.runnerUp))
    .slice(0, top)
    .map(({ term, weight, runnerUp, isShared }): EvidenceTerm => {
      const rounded = { weight: Math.round(weight * 1e6) / 1e6, runner_up_weight: Math.round(runnerUp * 1e6) / 1e6 };
      return { term, ...rounded, ...(isShared ? { collision: true } : {}) };
    });
}

test('evidence: a pair that stands only across punctuation is no reason, and what shares its bucket keeps its own share', () => {
  // four buckets: all pairs lie in two of them
  const hasher = new LexicalHasher({ ...defaultLexicalSettings, parts: null }, 4);
  const text = 'To: tax of the value added';
  const columns = hasher.count([text]).indices.filter((bucket) => bucket >= 2);
  const weights = { own: new Float64Array(columns.length).fill(6), runnerUp: new Float64Array(columns.length) };
  const found = reasonsOf(hasher, text, columns, weights, 8);
  const sharing = (term: string) => {
    const terms = tracedTerms(hasher, text);
    const { bucket } = terms.find((each) => each.term === term)!;
    return terms.filter((each) => each.bucket === bucket).length;
  };
  expect(found.map(({ term }) => term).sort()).toEqual(['tax of', 'the value', 'value added']);
  for (const { term, weight } of found) expect(weight).toBeCloseTo(6 / sharing(term), 6);
});

test('evidence: reasons are those found term by term, to the last bit, whatever shares buckets', () => {
  const pieces = fc.array(
    fc.oneof(
      fc.constantFrom(
        'tax',
        'Tax',
        'vat',
        'of',
        'the',
        ' ',
        ' ',
        ', ',
        '. ',
        '/',
        '\n',
        '\n\n',
        '税',
        'ß',
        'Erklärung',
      ),
      fc.string({ maxLength: 6 }),
    ),
    { maxLength: 80 },
  );
  const weight = fc.double({ min: -2, max: 2, noNaN: true });
  fc.assert(
    fc.property(
      pieces,
      fc.constantFrom(1, 2),
      fc.constantFrom(64, 2 ** 16),
      fc.array(fc.tuple(weight, weight), { minLength: 7, maxLength: 7 }),
      fc.integer({ min: 1, max: 9 }),
      (parts, version, width, drawn, top) => {
        const hasher = new LexicalHasher({ ...defaultLexicalSettings, version }, width);
        const text = parts.join('');
        // a model does not know every term of a text
        const columns = hasher.count([text]).indices.filter((bucket) => bucket % 5 !== 0);
        const weights = {
          own: Float64Array.from(columns, (_, i) => drawn[i % 7]![0]),
          runnerUp: Float64Array.from(columns, (_, i) => drawn[i % 7]![1]),
        };
        // as results keep them
        expect(JSON.stringify(reasonsOf(hasher, text, columns, weights, top))).toBe(
          JSON.stringify(byDefinition(hasher, text, columns, weights, top)),
        );
      },
    ),
    { numRuns: 300 },
  );
});
