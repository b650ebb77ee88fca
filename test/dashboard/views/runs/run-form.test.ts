import { describe, expect, test } from 'vitest';
import {
  budgetWarning,
  EMPTY_FORM,
  fieldErrors,
  quoteKey,
  quoteRequestOf,
  type RunForm,
  runRequestOf,
} from '../../../../dashboard/src/views/runs/run-form.ts';
import { quoteRequestSchema } from '../../../../shared/api/insights.ts';
import { parseRequest, RequestError } from '../../../../shared/api/problem.ts';
import { runRequestSchema } from '../../../../shared/api/runs.ts';

const form = (part: Partial<RunForm> = {}): RunForm => ({ ...EMPTY_FORM, ...part });

describe('dashboard: the form that starts a run', () => {
  test('fields left empty are left out, so that the settings of the host hold', () => {
    expect(runRequestOf(form({ prefix: ' letters/ ' }))).toEqual({
      source: { kind: 'prefix', container: 'imports', prefix: 'letters/' },
      mode: 'auto',
    });
  });

  test('every kind of source makes a request the API takes', () => {
    for (const one of [
      form({ prefix: '' }),
      form({ kind: 'paths', paths: 'a.pdf\n\n  b c.pdf \n', container: 'landing' }),
      form({ kind: 'dataset', dataset: 'rows.csv', idColumn: 'id' }),
    ]) {
      expect(runRequestSchema.safeParse(runRequestOf(one)).success).toBe(true);
      expect(quoteRequestSchema.safeParse(quoteRequestOf(one)).success).toBe(true);
    }
    expect(runRequestOf(form({ kind: 'paths', paths: 'a.pdf\n\n  b c.pdf \n' })).source).toEqual({
      kind: 'paths',
      container: 'imports',
      paths: ['a.pdf', 'b c.pdf'],
    });
  });

  test('without the LLM neither budget nor mode nor deadline are sent', () => {
    const request = runRequestOf(form({ useLlm: false, maxCostUsd: '5', deadlineHours: '2', mode: 'batch' }));
    expect(request).toEqual({ source: { kind: 'prefix', container: 'imports', prefix: '' }, llm: false });
  });

  test('the quote shown is sent along, its money only; decimal commas are numbers', () => {
    const quote = { usd: 1, usdLow: 0.5, usdHigh: 2, documents: 9 };
    const request = runRequestOf(form({ maxCostUsd: '1,5', acceptThreshold: '0.8', deadlineHours: '24' }), quote);
    expect(request).toMatchObject({ maxCostUsd: 1.5, acceptThreshold: 0.8, deadlineHours: 24 });
    expect(request.quote).toEqual({ usd: 1, usdLow: 0.5, usdHigh: 2 });
    expect(runRequestSchema.safeParse(request).success).toBe(true);
  });

  test('a request is a run of its own only when that is wanted', () => {
    expect(runRequestOf(form(), undefined, 'x')).not.toHaveProperty('requestId');
    expect(runRequestOf(form({ isAgain: true }), undefined, 'x')).toHaveProperty('requestId', 'x');
  });

  test('a quote is of another form when source, labels or mode change, not when the budget does', () => {
    expect(quoteKey(form({ maxCostUsd: '3' }))).toBe(quoteKey(form()));
    for (const part of [{ prefix: 'x' }, { taxonomyVersion: 't' }, { mode: 'live' }] as const)
      expect(quoteKey(form(part))).not.toBe(quoteKey(form()));
  });

  test('problems of the API are shown at the inputs they are about', () => {
    const wrong = form({ kind: 'paths', paths: 'ok.pdf\n../bad', maxCostUsd: 'much', modelVersion: 'latest' });
    let fields: RequestError['fields'] = [];
    try {
      parseRequest(runRequestSchema, runRequestOf(wrong));
    } catch (error) {
      if (error instanceof RequestError) fields = error.fields;
    }
    const { byInput, rest } = fieldErrors(fields);
    expect(Object.fromEntries(byInput)).toEqual({
      paths: 'line 2 must be relative to the container, without "." and ".."',
      maxCostUsd: 'must be a number',
      modelVersion: 'must look like v3',
    });
    expect(rest).toEqual([]);
  });

  test('a problem of no input is kept for all to see', () => {
    expect(fieldErrors([{ field: '(body)', message: 'is not JSON' }]).rest).toEqual([
      { field: '(body)', message: 'is not JSON' },
    ]);
  });

  test('a budget is warned of when it does not cover the whole range of the quote', () => {
    const quote = { usd: 2, usdLow: 1, usdHigh: 3 };
    expect([null, 3, 2, 0.5].map((budget) => budgetWarning(budget, quote))).toEqual([null, null, 'within', 'below']);
  });
});
