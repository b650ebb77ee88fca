import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { NgramTable } from '../../shared/documents/ngram-table.ts';

const file = new URL('../ngrams/extrasmall.js', import.meta.resolve('eld/extrasmall'));
const source = await readFile(file, 'utf8');

test('n-grams: every one of the database has the scores that its module holds, and no other has any', async () => {
  const { ngramsData } = (await import(file.href)) as {
    ngramsData: { languages: Record<number, string>; ngrams: Record<string, Record<number, number>> };
  };
  const table = new NgramTable(source);
  const wanted = Object.entries(ngramsData.ngrams);
  expect(table.size).toBe(wanted.length);
  expect(table.languages).toEqual(Object.values(ngramsData.languages));
  const wrong = wanted.filter(
    ([ngram, scores]) => table.scoresOf(ngram)?.join() !== Object.entries(scores).flat().join(),
  );
  expect(wrong).toEqual([]);
  const others = wanted.map(([ngram]) => `${ngram}.`).filter((other) => !Object.hasOwn(ngramsData.ngrams, other));
  expect(others.filter((other) => table.scoresOf(other) !== undefined)).toEqual([]);
  expect(table.scoresOf('')).toBeUndefined();
});

test.each(['export const ngramsData = [];', "export const ngramsData = {languages:{0:'am'},ngrams:{'ab"])(
  'n-grams: a database of another form is refused: %s',
  (text) => {
    expect(() => new NgramTable(text)).toThrow('the database of n-grams');
  },
);
