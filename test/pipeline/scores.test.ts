import { expect, test } from 'vitest';
import { topLabels } from '../../shared/pipeline/scores.ts';
import fc from '../fakes/property.ts';

test('scores: the five most probable labels, the first of equals before the others', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 0.1, 0.2, 0.25, 0.3, 1), { minLength: 1, maxLength: 12 }), (drawn) => {
      const labels = drawn.map((_, k) => `l${k}`);
      const sorted = [...drawn.keys()].sort((a, b) => drawn[b]! - drawn[a]!);
      const { best, second, confidence, json } = topLabels(Float64Array.from(drawn), labels);
      expect([best, second, confidence]).toEqual([sorted[0], sorted[1] ?? 0, drawn[best]]);
      expect(JSON.parse(json)).toEqual(sorted.slice(0, 5).map((k) => ({ label: `l${k}`, probability: drawn[k] })));
    }),
  );
});
