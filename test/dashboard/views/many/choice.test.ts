import { expect, test } from 'vitest';
import {
  allOf,
  type Candidate,
  candidateOf,
  chosenOf,
  requestsOf,
  tileAfterKey,
  toggled,
  withMore,
  withRange,
} from '../../../../dashboard/src/views/many/choice.ts';
import type { Decision } from '../../../../shared/api/answers.ts';
import fc from '../../../fakes/property.ts';

const one = (documentId: string, isByPerson = false): Candidate => ({
  ...{ documentId, isByPerson, name: documentId, folder: '', archive: '' },
  ...{ label: null, status: 'review', confidence: null, similarity: null },
});
const row = (given: Partial<Decision>) =>
  ({ documentId: 'a', path: 'in/a.txt', originalPath: null, archivePath: '', code: null, ...given }) as Decision;
const shown = [one('a'), one('b', true), one('c'), one('d')];

test('a document of many rows stands once, and what a person said in any of them counts; an erased one does not stand', () => {
  const rows = [
    row({ decidedBy: 'model' }),
    row({ decidedBy: 'human' }),
    row({ documentId: 'b', code: 'document.erased' }),
  ];
  const all = withMore(
    [],
    rows.map((each) => candidateOf(each)),
  );
  expect(all.map(({ documentId, isByPerson }) => [documentId, isByPerson])).toEqual([['a', true]]);
  expect(withMore(all, [one('c')]).map(({ documentId }) => documentId)).toEqual(['a', 'c']);
});

test('all are those that no person has decided; one by one they are chosen too', () => {
  expect([...allOf(shown)]).toEqual(['a', 'c', 'd']);
  const chosen = toggled(allOf(shown), 'b');
  expect(chosenOf(shown, chosen).map(({ documentId }) => documentId)).toEqual(['a', 'b', 'c', 'd']);
  expect([...toggled(chosen, 'a')]).toEqual(['c', 'd', 'b']);
});

test('a range goes either way, leaves out what people decided between, and takes its end in', () => {
  expect([...withRange(new Set(), shown, 0, 2)]).toEqual(['a', 'c']);
  expect([...withRange(new Set(), shown, 3, 1)]).toEqual(['c', 'd', 'b']);
});

test('requests hold every chosen document once, no more than fit in one, and guard what nobody has decided', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(500), { maxLength: 60 }), fc.integer({ min: 1, max: 25 }), (ids, size) => {
      const candidates = ids.map((id) => one(String(id), id % 3 === 0));
      const requests = requestsOf(candidates, 'VAT', size);
      expect(requests.every(({ length }) => length > 0 && length <= size)).toBe(true);
      expect(requests.flat()).toEqual(
        ids.map((id) => ({ documentId: String(id), label: 'VAT', ...(id % 3 === 0 ? {} : { unlessPerson: true }) })),
      );
    }),
  );
});

test('arrows go from tile to tile and stop at the edges', () => {
  const keys = ['ArrowRight', 'ArrowLeft', 'ArrowDown', 'ArrowUp', 'Home', 'End', 'x'];
  expect(keys.map((key) => tileAfterKey(key, 1, 6, 3))).toEqual([2, 0, 4, undefined, 0, 5, undefined]);
  expect(tileAfterKey('ArrowDown', 4, 6, 3)).toBeUndefined();
});
