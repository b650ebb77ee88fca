import { describe, expect, test } from 'vitest';
import { type Decision, decisionsOn, follow, pauseMs } from '../../../dashboard/src/drop/follow.ts';

const decision = (part: Partial<Decision>): Decision => ({
  ...{ document_id: '1', run_id: 'r', source_path: 'a.pdf', archive_path: '', source_etag: '"new"' },
  ...{ status: 'labelled', label: 'VAT', confidence: 0.9, decided_by: 'model', evidence_json: null },
  ...{ failure_code: null, failure_message: null },
  ...part,
});

describe('dashboard: following an uploaded file', () => {
  test('a decision on the bytes that were there before is none on these', () => {
    const rows = [decision({ source_etag: '"old"' }), decision({ run_id: 'r2' })];
    expect(decisionsOn(rows, 'a.pdf', 'new').map(({ run_id }) => run_id)).toEqual(['r2']);
    expect(decisionsOn(rows.slice(0, 1), 'a.pdf', 'new')).toEqual([]);
  });

  test('a longer path with the same beginning is another file', () => {
    expect(decisionsOn([decision({ source_path: 'a.pdf.zip' })], 'a.pdf', '"new"')).toEqual([]);
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
