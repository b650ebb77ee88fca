import { beforeEach, expect, test } from 'vitest';
import { ApiError } from '../../../../dashboard/src/api.ts';
import type { Candidate } from '../../../../dashboard/src/views/many/choice.ts';
import { decideMany, given, recallGiven, underWay, undoGiven } from '../../../../dashboard/src/views/many/given.ts';
import type { BatchRequest } from '../../../../shared/api/decisions.ts';

const candidates = (count: number): Candidate[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ documentId: `d${i}`, name: `letter ${i}`, folder: '', archive: '', isByPerson: false },
    ...{ label: null, status: 'review', confidence: null, similarity: null },
  }));

/** A server of batches: refuses what it is told to, breaks down from one request on, until another. */
function server({ refuses = '', breaksAt = Number.POSITIVE_INFINITY, until = Number.POSITIVE_INFINITY } = {}) {
  const asked: string[] = [];
  const seen: string[] = [];
  const ids: (string | undefined)[] = [];
  const send = async <T>(_method: 'POST', path: string, body?: unknown): Promise<T> => {
    asked.push(path);
    if (underWay.value !== undefined) seen.push(`${underWay.value.done}/${underWay.value.total}`);
    const { decisions, batchId } = (body ?? {}) as { decisions?: BatchRequest[]; batchId?: string };
    ids.push(batchId);
    if (asked.length >= breaksAt && asked.length < until)
      throw new ApiError(503, { code: 'lake.unavailable', detail: 'busy' });
    const sent = decisions?.map(({ documentId }) => documentId);
    const told = (sent ?? ['d0', 'd1']).map((documentId) => {
      const isRefused = documentId === refuses;
      const state = isRefused ? 'refused' : sent === undefined ? 'undone' : 'decided';
      return { documentId, state, code: isRefused ? 'review.decided-by-person' : null, message: null };
    });
    return { decisions: told, batchId } as T;
  };
  return { asked, seen, ids, send };
}

beforeEach(() => {
  given.value = undefined;
});

test('given: many go in parts that are counted, what is refused is told by name, and all of it is one to take back', async () => {
  const { asked, seen, ids, send } = server({ refuses: 'd7' });
  await decideMany('VAT', candidates(250), send);
  expect(seen).toEqual(['0/250', '100/250', '200/250']);
  expect(given.value).toMatchObject({
    label: 'VAT',
    decided: 249,
    unsent: 0,
    batches: ids.slice(0, 3),
  });
  expect(given.value?.refused.map(({ name }) => name)).toEqual(['letter 7']);
  await undoGiven(send);
  expect(asked.slice(3)).toEqual(ids.slice(0, 3).map((id) => `feedback/batch/${id}/undo`));
  expect(given.value).toMatchObject({ undone: 6, batches: [], refused: [] });
  expect(underWay.value).toBeUndefined();
});

test('given: a part without an answer is sent once more under its id; one that gets none is said, and taken back by that id', async () => {
  const once = server({ breaksAt: 2, until: 3 });
  await decideMany('VAT', candidates(150), once.send);
  expect(once.ids[2]).toBe(once.ids[1]);
  expect(given.value).toMatchObject({ decided: 150, unsure: 0, unsent: 0, error: undefined });
  const gone = server({ breaksAt: 2 });
  await decideMany('VAT', candidates(250), gone.send);
  expect(given.value).toMatchObject({ decided: 100, unsure: 100, unsent: 50, batches: gone.ids.slice(0, 2) });
  expect(given.value?.error?.code).toBe('lake.unavailable');
  await undoGiven(server({ breaksAt: 1 }).send);
  expect(given.value).toMatchObject({ undone: 0, batches: gone.ids.slice(0, 2) });
  await undoGiven(async (method, path) => {
    if (path.includes(gone.ids[1] ?? '')) throw new ApiError(404, { code: 'review.no-batch' });
    return await server().send(method, path);
  });
  expect(given.value).toMatchObject({ undone: 2, batches: [], error: undefined });
});

test('given: what is refused as a whole was not stored', async () => {
  const refuse = async (): Promise<never> => {
    throw new ApiError(400, { code: 'request.invalid' });
  };
  await decideMany('VAT', candidates(150), refuse);
  expect(given.value).toMatchObject({ decided: 0, unsure: 0, unsent: 150, batches: [] });
});

test('given: a tab that is loaded again, in the middle too, can take back what it sent', async () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const { ids, send } = server();
  let inTheMiddle = new Map<string, string>();
  const watched = async <T>(...sent: Parameters<typeof send>): Promise<T> => {
    if (ids.length === 1) inTheMiddle = new Map(kept);
    return await send<T>(...sent);
  };
  await decideMany('VAT', candidates(250), watched, storage);
  given.value = undefined;
  recallGiven({ getItem: (key) => inTheMiddle.get(key) ?? null });
  expect(given.value).toMatchObject({ decided: 100, unsure: 100, unsent: 50, batches: ids.slice(0, 2) });
  recallGiven(storage);
  expect(given.value).toMatchObject({ label: 'VAT', decided: 250, unsure: 0, unsent: 0, batches: ids });
  await undoGiven(send, storage);
  expect(kept.size).toBe(0);
});

test('given: one thing at a time', async () => {
  const { asked, send } = server();
  await Promise.all([decideMany('VAT', candidates(1), send), decideMany('VAT', candidates(2), send), undoGiven(send)]);
  expect(asked).toHaveLength(1);
});
