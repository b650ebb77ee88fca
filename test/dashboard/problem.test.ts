import { afterEach, expect, test } from 'vitest';
import { language, german as loaded } from '../../dashboard/src/language/language.ts';
import { problemOf } from '../../dashboard/src/problem.ts';
import { german } from '../../dashboard/src/words/german.ts';

afterEach(() => {
  language.value = 'en';
  loaded.catalogues = {};
});

test('beside a German reason stands what the API says of this one, but not the same advice once more in English', () => {
  loaded.catalogues = german;
  language.value = 'de';
  expect(problemOf('route.llm-off', 'The LLM is switched off.')).toMatchObject({
    message: 'Das LLM ist für diesen Host oder Lauf abgeschaltet',
    own: undefined,
  });
  expect(problemOf('lake.conflict', 'Version 7 is taken.').own).toBe('Version 7 is taken.');
  expect(problemOf('no.such', 'It broke.')).toEqual({ message: 'It broke.', remedy: '', own: undefined });
});
