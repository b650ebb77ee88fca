import { expect, test } from 'vitest';
import { createLeftBehind } from '../../../../dashboard/src/views/review/left-behind.ts';
import type { Decision } from '../../../../dashboard/src/views/review/queue.ts';
import type { BatchAnswer, BatchDecision } from '../../../../shared/api/answers.ts';
import type { BatchRequest } from '../../../../shared/api/decisions.ts';

const decision = (id: string, part: { note?: string; storedLabel?: string } = {}) =>
  ({
    ...{ item: { documentId: id, storedLabel: part.storedLabel ?? null }, label: 'Rent', note: part.note ?? '' },
  }) as Decision; // all that is kept

/** A tab's storage, and the API with what it refuses by document. */
function tab(refusals: Readonly<Record<string, string>> = {}) {
  const kept = new Map<string, string>();
  const sent: BatchRequest[][] = [];
  const storage = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  };
  const send = async (decisions: BatchRequest[]): Promise<BatchAnswer> => {
    sent.push(decisions);
    return {
      batchId: null,
      decisions: decisions.map(
        ({ documentId, label }): BatchDecision => ({
          ...{ documentId, label, previousLabel: null, message: null },
          ...{ state: refusals[documentId] === undefined ? 'decided' : 'refused', code: refusals[documentId] ?? null },
        }),
      ),
    };
  };
  return { kept, sent, send, page: () => createLeftBehind(storage) };
}

test('what was not answered when the page went is sent by the next page of the tab, once, and overrules nobody', async () => {
  const { page, send, sent, kept } = tab();
  page().keep([decision('a', { note: 'why' }), decision('b'), decision('c', { storedLabel: 'Repairs' })]);
  expect(await page().resend(send)).toEqual({ stored: 3, refused: 0 });
  expect(sent).toEqual([
    [
      { documentId: 'a', label: 'Rent', note: 'why', unlessPerson: true },
      { documentId: 'b', label: 'Rent', unlessPerson: true },
      { documentId: 'c', label: 'Rent' }, // a correction is meant to replace
    ],
  ]);
  expect(await page().resend(send)).toEqual({ stored: 0, refused: 0 });
  expect(kept.size).toBe(0);
});

test('an answer that still comes, or a page that lives on, leaves nothing to send again', async () => {
  const { page, send, sent } = tab();
  const first = page();
  first.keep([decision('a'), decision('b')]);
  first.answered('a');
  await page().resend(send);
  expect(sent.flat().map(({ documentId }) => documentId)).toEqual(['b']);
  first.keep([decision('c')]);
  first.clear();
  await page().resend(send);
  expect(sent).toHaveLength(1);
});

test('what arrived the first time is no failure; what can be stored no more is counted', async () => {
  const { page, send } = tab({ a: 'review.decided-by-person', b: 'document.erased' });
  page().keep(['a', 'b', 'c'].map((id) => decision(id)));
  expect(await page().resend(send)).toEqual({ stored: 1, refused: 1 });
});

test('many go in pieces, and those that cannot be sent wait for the next load', async () => {
  const { page, send, sent } = tab();
  page().keep(Array.from({ length: 450 }, (_, n) => decision(`d${n}`)));
  const broken = async (decisions: BatchRequest[]) => {
    if (sent.length === 1) throw new Error('no answer');
    return await send(decisions);
  };
  await expect(page().resend(broken)).rejects.toThrow('no answer');
  expect(await page().resend(send)).toEqual({ stored: 250, refused: 0 });
  expect(new Set(sent.flat().map(({ documentId }) => documentId)).size).toBe(450);
});
