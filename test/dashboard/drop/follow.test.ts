import { describe, expect, test } from 'vitest';
import { decisionsOn, follow, pauseMs } from '../../../dashboard/src/drop/follow.ts';
import type { Decision } from '../../../shared/api/answers.ts';

const decision = (part: Partial<Decision>): Decision =>
  ({
    ...{ documentId: '1', runId: 'r', path: 'a.pdf', archivePath: '', sourceEtag: '"new"' },
    ...{ status: 'labelled', label: 'VAT', confidence: 0.9, decidedBy: 'model', evidence: [] },
    ...{ code: null, message: null },
    ...part,
  }) as Decision; // what these functions read

describe('dashboard: following an uploaded file', () => {
  test('a decision on the bytes that were there before is none on these', () => {
    const rows = [decision({ sourceEtag: '"old"' }), decision({ runId: 'r2' })];
    expect(decisionsOn(rows, 'a.pdf', 'new').map(({ runId }) => runId)).toEqual(['r2']);
    expect(decisionsOn(rows.slice(0, 1), 'a.pdf', 'new')).toEqual([]);
  });

  test('a longer path with the same beginning is another file', () => {
    expect(decisionsOn([decision({ path: 'a.pdf.zip' })], 'a.pdf', '"new"')).toEqual([]);
  });

  test('it is asked again, at a longer and longer pace, until there is an answer', async () => {
    const waits: number[] = [];
    let asked = 0;
    const answer = await follow(
      async () => (++asked < 12 ? undefined : 'decided'),
      async (ms) => void waits.push(ms),
      new AbortController().signal,
    );
    expect(answer).toBe('decided');
    expect(waits).toHaveLength(12);
    expect(waits[0]).toBe(1000);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(pauseMs(1000)).toBe(8000);
  });

  test('who stops following asks nothing more', async () => {
    const abort = new AbortController();
    let asked = 0;
    const following = follow(
      async () => void asked++,
      async () => abort.abort(),
      abort.signal,
    );
    await expect(following).rejects.toThrow();
    expect(asked).toBe(0);
  });
});
