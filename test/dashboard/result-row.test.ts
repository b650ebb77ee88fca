import { describe, expect, test } from 'vitest';
import { evidenceOf, leadingTerms, warningsOf } from '../../dashboard/src/result-row.ts';

describe('evidence of a row', () => {
  test('the leading terms are those that spoke more for the label than for its runner-up, the strongest first as they are stored', () => {
    const evidence_json = JSON.stringify([
      { term: 'lease', weight: 0.7, runner_up_weight: 0.1 },
      { term: 'but', weight: -0.1 },
      { term: 'year', weight: 0.3, runner_up_weight: 0.4 },
      { term: 'rent', weight: 0.2 },
    ]);
    expect(leadingTerms({ evidence_json }, 5)).toEqual(['lease', 'rent']);
    expect(leadingTerms({ evidence_json }, 1)).toEqual(['lease']);
  });

  test('what is no list of terms is no reason, and the row is shown all the same', () => {
    for (const evidence_json of [null, '', 'no json', '{}']) expect(evidenceOf({ evidence_json })).toEqual([]);
  });
});

test('warnings of a row are a list of texts; anything else is none', () => {
  expect(warningsOf({ warnings_json: '["needs-ocr: 1 page(s) not read (2)",1]' })).toEqual([
    'needs-ocr: 1 page(s) not read (2)',
  ]);
  for (const warnings_json of [null, '', 'no json', '{}']) expect(warningsOf({ warnings_json })).toEqual([]);
});
