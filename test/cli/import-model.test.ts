// What an import says that it had to assume.
import { describe, expect, test } from 'vitest';
import { type ImportModelOptions, noticesOf } from '../../cli/commands/import-model.ts';
import { defaultFeatureSpec } from '../../shared/features/spec.ts';
import { defaultRegexTokenizer } from '../../shared/features/tokenizer.ts';
import type { ModelBundle } from '../../shared/models/bundle.ts';

type Description = ModelBundle['description'];

const spark = (pattern: string): Description['features'] => ({
  ...defaultFeatureSpec,
  regexTokenizer: { ...defaultRegexTokenizer, pattern },
});

const of = (
  kind: Description['kind'],
  training: Description['training'],
  scorer: Description['scorer'] = {},
  options: Partial<ImportModelOptions> = {},
  features: Description['features'] = null,
): string[] =>
  noticesOf(
    { kind, training, scorer, labels: ['a', 'b'], features },
    {
      data: '',
      json: false,
      textColumn: '',
      labelColumn: '',
      ...options,
    },
  );

describe('import: notices', () => {
  test.each<[string, string[], RegExp[]]>([
    [
      'rounds of early stopping',
      of('xgboost', { roundsUsed: 12, roundsInFile: 20, origin: 'spark' }),
      [/rounds 1 to 12 of 20/],
    ],
    ['all rounds', of('xgboost', { roundsUsed: 20, roundsInFile: 20, origin: 'spark' }), []],
    ['what an absent term means', of('xgboost', {}), [/--absent zero/]],
    ['what an absent term means, said', of('xgboost', {}, {}, { absent: 'zero' }), []],
    [
      'classes without names',
      of('logistic-regression', { namesClasses: false }),
      [/called by their numbers; --labels/],
    ],
    [
      'numbers that were given names',
      of('xgboost', { classNumbers: '1, 2' }, {}, { absent: 'zero' }),
      [/1 is a, 2 is b/],
    ],
    ['rows with strange labels', of('logistic-regression', { unknownLabelRows: 3 }), [/3 of the rows.*count as wrong/]],
    ['a threshold of Spark', of('logistic-regression', {}, { threshold: 0.7 }), [/threshold 0\.7/]],
    ['thresholds of Spark', of('logistic-regression', {}, { thresholds: '0.2,0.8' }), [/threshold 0\.2,0\.8/]],
    [
      'a word boundary, which Java versions see differently',
      of('logistic-regression', {}, {}, {}, spark('x|\\b')),
      [/\\b of its RegexTokenizer.*Java 19/],
    ],
    ['a backslash before a b', of('logistic-regression', {}, {}, {}, spark('\\\\b')), []],
    ['the usual threshold', of('logistic-regression', {}, { threshold: 0.5 }), []],
  ])('%s', (_name, notices, expected) => {
    expect(notices).toEqual(expected.map((words) => expect.stringMatching(words)));
  });
});
