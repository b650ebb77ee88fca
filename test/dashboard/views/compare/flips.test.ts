import { expect, test } from 'vitest';
import { chosenFlips, type Flip, outcomeOf } from '../../../../dashboard/src/views/compare/flips.ts';

const side = (status: string, label: string | null): Flip['before'] => ({
  ...{ status, label, confidence: null, decidedBy: null },
});
const flip = (documentId: string, before: Flip['before'], after: Flip['before'], reason: Flip['reason']): Flip => ({
  ...{ documentId, path: 'a', archivePath: '', before, after, reason },
});

test('compare: the outcome is the label of what is labelled, and the status of the rest, whatever its best guess was', () => {
  expect(outcomeOf(side('labelled', 'VAT'))).toBe('VAT');
  expect(outcomeOf(side('review', 'VAT'))).toBe('review');
  expect(outcomeOf(side('failed', null))).toBe('failed');
});

test('compare: flips are chosen by reason and by both outcomes', () => {
  const flips = [
    flip('1', side('labelled', 'VAT'), side('review', 'VAT'), 'route'),
    flip('2', side('labelled', 'VAT'), side('labelled', 'Customs'), 'model'),
    flip('3', side('review', null), side('labelled', 'Customs'), 'model'),
  ];
  const ids = (choice: Partial<Parameters<typeof chosenFlips>[1]>) =>
    chosenFlips(flips, { reason: '', from: '', to: '', ...choice }).map(({ documentId }) => documentId);
  expect(ids({})).toEqual(['1', '2', '3']);
  expect(ids({ reason: 'model' })).toEqual(['2', '3']);
  expect(ids({ from: 'VAT', to: 'Customs' })).toEqual(['2']);
  expect(ids({ from: 'VAT', reason: 'route' })).toEqual(['1']);
});
