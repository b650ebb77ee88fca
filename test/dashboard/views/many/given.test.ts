import { beforeEach, expect, test } from 'vitest';
import { ApiError } from '../../../../dashboard/src/api.ts';
import type { Candidate } from '../../../../dashboard/src/views/many/choice.ts';
import { decideMany, given, underWay, undoGiven } from '../../../../dashboard/src/views/many/given.ts';
import type { BatchRequest } from '../../../../shared/api/decisions.ts';

const candidates = (count: number): Candidate[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ documentId: `d${i}`, name: `letter ${i}`, folder: '', archive: '', isByPerson: false },
    ...{ label: null, status: 'review', confidence: null, similarity: null },
  }));

/** A server of batches: refuses what it is told to, breaks down at a request. */
function server({ refuses = '', breaksAt = Number.POSITIVE_INFINITY } = {}) {
  const asked: string[] = [];
  const seen: string[] = [];
  const send = async <T>(_method: 'POST', path: string, body?: unknown): Promise<T> => {
    asked.push(path);
    if (underWay.value !== undefined) seen.push(`${underWay.value.done}/${underWay.value.total}`);
    if (asked.length >= breaksAt) throw new ApiError(503, { code: 'lake.unavailable', detail: 'busy' });
    const ids = (body as { decisions?: BatchRequest[] } | undefined)?.decisions?.map(({ documentId }) => documentId);
    const told = (ids ?? ['d0', 'd1']).map((documentId) => {
      const isRefused = documentId === refuses;
      const state = isRefused ? 'refused' : ids === undefined ? 'undone' : 'decided';
      return { documentId, state, code: isRefused ? 'review.decided-by-person' : null, message: null };
    });
    return { decisions: told, batchId: `batch ${asked.length}` } as T;
  };
  return { asked, seen, send };
}

beforeEach(() => {
  given.value = undefined;
});

test('given: many go in parts that are counted, what is refused is told by name, and all of it is one to take back', async () => {
  const { asked, seen, send } = server({ refuses: 'd7' });
  await decideMany('VAT', candidates(250), send);
  expect(seen).toEqual(['0/250', '100/250', '200/250']);
  expect(given.value).toMatchObject({
    label: 'VAT',
    decided: 249,
    unsent: 0,
    batches: ['batch 1', 'batch 2', 'batch 3'],
  });
  expect(given.value?.refused.map(({ name }) => name)).toEqual(['letter 7']);
  await undoGiven(send);
  expect(asked.slice(3)).toEqual([1, 2, 3].map((n) => `feedback/batch/batch%20${n}/undo`));
  expect(given.value).toMatchObject({ undone: 6, batches: [], refused: [] });
  expect(underWay.value).toBeUndefined();
});

test('given: a failure in the middle says what was not sent, and what was stored can be taken back', async () => {
  await decideMany('VAT', candidates(250), server({ breaksAt: 2 }).send);
  expect(given.value).toMatchObject({ decided: 100, unsent: 150, batches: ['batch 1'] });
  expect(given.value?.error?.code).toBe('lake.unavailable');
  await undoGiven(server({ breaksAt: 1 }).send);
  expect(given.value).toMatchObject({ undone: 0, batches: ['batch 1'] });
  await undoGiven(server().send);
  expect(given.value).toMatchObject({ undone: 2, batches: [], error: undefined });
});

test('given: one thing at a time', async () => {
  const { asked, send } = server();
  await Promise.all([decideMany('VAT', candidates(1), send), decideMany('VAT', candidates(2), send), undoGiven(send)]);
  expect(asked).toHaveLength(1);
});
