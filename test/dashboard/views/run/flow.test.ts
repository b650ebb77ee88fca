import { describe, expect, test } from 'vitest';
import { bandPath, layOut, missing, NODE_WIDTH, outcomesOf } from '../../../../dashboard/src/views/run/flow.ts';
import type { RunReport } from '../../../../shared/api/insights.ts';

import { aRun } from '../runs/a-run.ts';

const label = (byModel: number, byLlm: number, byDuplicate = 0, byHuman = 0): RunReport['labels'][number] => ({
  label: 'A',
  byEncoder: 0,
  documents: byModel + byLlm + byDuplicate + byHuman,
  byModel,
  byLlm,
  byDuplicate,
  byHuman,
});
const code = (status: 'review' | 'failed', documents: number): RunReport['codes'][number] => ({
  ...{ status, documents, code: 'x', advice: '', examples: [] },
});
/** The parts that are read. */
const report = (labels: RunReport['labels'], codes: RunReport['codes']) => ({ labels, codes }) as RunReport;

describe('dashboard: where the documents of a run went', () => {
  test('the report tells who decided, and counts what people decided since', () => {
    const outcomes = outcomesOf(aRun(), report([label(70, 20, 2, 3)], [code('failed', 5)]));
    expect(outcomes).toEqual({
      ...{ documents: 100, labelled: 95, review: 0, failed: 5, open: 0 },
      by: { model: 70, encoder: 0, llm: 20, duplicate: 2, human: 3 },
    });
    expect(missing(outcomes)).toBe(0);
  });

  test('while a run works, what is not decided is in work and the law holds', () => {
    const outcomes = outcomesOf(aRun({ state: 'running', labelled: 10, review: 1, failed: 2 }), undefined);
    expect(outcomes).toMatchObject({ open: 87, by: null });
    expect(missing(outcomes)).toBe(0);
  });

  test('a completed run that lost documents shows as many as are missing', () => {
    expect(missing(outcomesOf(aRun({ labelled: 90 }), undefined))).toBe(2);
    expect(missing(outcomesOf(aRun(), report([label(92, 0)], [code('review', 3), code('failed', 4)])))).toBe(1);
    expect(missing(outcomesOf(aRun({ labelled: 95 }), undefined))).toBe(-3);
  });

  test('bands leave a node one below the other and are together as high as it', () => {
    const outcomes = outcomesOf(aRun(), report([label(60, 20, 12)], [code('review', 3), code('failed', 5)]));
    const { nodes, bands } = layOut(outcomes, 600);
    for (const from of ['in', 'labelled']) {
      const node = nodes.find(({ key }) => key === from);
      const leaving = bands.filter((band) => band.from === from);
      expect(leaving.reduce((sum, { height }) => sum + height, 0)).toBeCloseTo(node?.height ?? 0);
      let y = node?.y ?? 0;
      for (const band of leaving) {
        expect(band.start).toEqual({ x: (node?.x ?? 0) + NODE_WIDTH, y });
        y += band.height;
      }
    }
    expect(nodes.map(({ key }) => key)).toEqual(['in', 'labelled', 'review', 'failed', 'model', 'llm', 'duplicate']);
  });

  test('one document of many is still seen, none is not drawn, and nodes never touch', () => {
    const { nodes, height } = layOut(
      { documents: 100_000, labelled: 99_999, review: 0, failed: 1, open: 0, by: null },
      400,
    );
    expect(nodes.find(({ key }) => key === 'failed')?.height).toBe(2);
    expect(nodes.some(({ key }) => key === 'review')).toBe(false);
    const [, first, second] = nodes;
    expect(second?.y).toBeGreaterThan((first?.y ?? 0) + (first?.height ?? 0));
    expect(height).toBeGreaterThan((second?.y ?? 0) + (second?.height ?? 0));
  });

  test('a run without documents is an empty picture', () => {
    const { nodes, bands } = layOut({ documents: 0, labelled: 0, review: 0, failed: 0, open: 0, by: null }, 400);
    expect(bands).toEqual([]);
    expect(nodes).toMatchObject([{ key: 'in', height: 0 }]);
  });

  test('a band is a closed path from one side to the other', () => {
    const path = bandPath({
      from: 'in',
      to: 'failed',
      tone: 1,
      documents: 1,
      start: { x: 0, y: 0 },
      end: { x: 10, y: 4 },
      height: 2,
    });
    expect(path).toBe('M0,0C5,0 5,4 10,4V6C5,6 5,2 0,2Z');
  });
});
