import { describe, expect, test } from 'vitest';
import { withoutAdvice } from '../../../../dashboard/src/views/run/advice.ts';
import {
  firstStepFor,
  onlyFor,
  quoted,
  type RerunForm,
  rerunCommand,
  rerunRequestOf,
} from '../../../../dashboard/src/views/run/rerun-form.ts';
import { rerunRequestSchema } from '../../../../shared/api/runs.ts';

const form = (part: Partial<RerunForm> = {}): RerunForm => ({
  only: 'all',
  from: 'extract',
  label: '',
  code: '',
  mediaType: '',
  modelVersion: '',
  acceptThreshold: '',
  ...part,
});

describe('dashboard: repeating a run', () => {
  test('conditions left open are left out', () => {
    expect(rerunRequestOf(form(), 'x')).toEqual({ only: 'all', from: 'extract', requestId: 'x' });
  });

  test('all conditions make a request the API takes', () => {
    const all = form({
      ...{ only: 'review', from: 'score', label: 'Contracts', code: 'llm.unsure', mediaType: 'application/pdf' },
      ...{ modelVersion: 'v3', acceptThreshold: '0,9' },
    });
    const request = rerunRequestOf(all, 'x');
    expect(rerunRequestSchema.safeParse(request).success).toBe(true);
    expect(request.acceptThreshold).toBe(0.9);
  });

  test('the command says what differs from its defaults, with words a shell takes as they are', () => {
    expect(rerunCommand('run-1', form())).toBe('npx sluice rerun run-1');
    expect(
      rerunCommand('run-1', form({ only: 'failed', from: 'score', label: "Owner's VAT", acceptThreshold: '0,9' })),
    ).toBe("npx sluice rerun run-1 --only failed --from score --label 'Owner'\\''s VAT' --accept 0.9");
  });

  test('a run begins where something changes: at the reading of what failed, at the score with another model, else at the question', () => {
    expect([firstStepFor('failed', true), firstStepFor('review', true), firstStepFor('all', true)]).toEqual([
      'extract',
      'score',
      'score',
    ]);
    expect([firstStepFor('failed', false), firstStepFor('review', false), firstStepFor('all', false)]).toEqual([
      'extract',
      'classify',
      'extract',
    ]);
  });

  test('words with anything a shell reads otherwise are quoted', () => {
    expect(['v3', 'a b', '$HOME', '', '`x`'].map(quoted)).toEqual(['v3', "'a b'", "'$HOME'", "''", "'`x`'"]);
  });

  test('advice that is said already is not said again', () => {
    expect(withoutAdvice('pdf: it needs a password. Remove it.', 'Remove it.')).toBe('pdf: it needs a password.');
    expect(withoutAdvice('Remove it.', 'Remove it.')).toBe('');
    expect(withoutAdvice('other', '')).toBe('other');
  });
});

test('with another model everything of the run is repeated, else what failed, what waits, or all', () => {
  const both = { failed: 2, review: 3 };
  expect(onlyFor(both, true)).toBe('all');
  expect(onlyFor(both, false)).toBe('failed');
  expect(onlyFor({ failed: 0, review: 3 }, false)).toBe('review');
  expect(onlyFor({ failed: 0, review: 0 }, false)).toBe('all');
});
