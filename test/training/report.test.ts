import { describe, expect, test } from 'vitest';
import { measure } from '../../shared/models/metrics.ts';
import { seededRandom } from '../../shared/ports.ts';
import { renderHtml, renderText } from '../../shared/training/report.ts';

const LABELS = ['Tax & <duty>', 'Contract'];

function makeEvaluation() {
  const random = seededRandom(1);
  const truth = Array.from({ length: 200 }, (_, row) => (row % 50 === 0 ? -1 : row % 2));
  const probabilities = Float64Array.from(
    truth.flatMap((k) => {
      const p = 0.5 + 0.5 * random.next();
      return k === 0 ? [p, 1 - p] : [1 - p, p];
    }),
  );
  return measure(probabilities, LABELS, truth);
}

const head = { title: 'Model v3 on test.jsonl', facts: [['rows', '200']] as const };

describe('evaluation report', () => {
  test('HTML is one page without requests or scripts, and label names cannot break out of it', () => {
    const html = renderHtml(makeEvaluation(), head);
    expect(html).not.toMatch(/<script|src=|href=|url\(|@import/i);
    expect(html).not.toContain('<duty>');
    expect(html).toContain('Tax &amp; &lt;duty&gt;');
    expect(html.match(/<svg/g)).toHaveLength(2);
  });

  test('the plots hold the numbers of the evaluation', () => {
    const evaluation = makeEvaluation();
    const html = renderHtml(evaluation, head);
    const filled = evaluation.reliability.filter(({ rows }) => rows > 0);
    expect(html.match(/<circle/g)).toHaveLength(filled.length);
    const points = /<polyline points="([^"]+)"/.exec(html)![1]!.split(' ');
    expect(points).toHaveLength(evaluation.coverage.length);
    expect(html).not.toMatch(/NaN|Infinity/);
  });

  test('text names every label and says how much can be accepted how precisely', () => {
    const text = renderText(makeEvaluation(), head);
    for (const label of LABELS) expect(text).toContain(label);
    expect(text).toMatch(/confidence ≥ 0\.\d+: +100\.0 % accepted/);
    expect(text).toContain('4 with a label the model does not know');
  });

  test('reliability bins add up to the rows and give the calibration error', () => {
    const { reliability, samples, ece } = makeEvaluation();
    expect(reliability.reduce((sum, { rows }) => sum + rows, 0)).toBe(samples);
    const error = reliability.reduce((sum, bin) => sum + bin.rows * Math.abs(bin.confidence - bin.accuracy), 0);
    expect(error / samples).toBeCloseTo(ece, 12);
  });
});
