// Equations: fields of Word whose code is what the page shows.
import { describe, expect, test } from 'vitest';
import { equationText } from '../../../shared/documents/formats/field-code.ts';

describe('equations', () => {
  test.each([
    [
      'a phonetic guide gives its letters',
      String.raw` EQ \* jc3 \* "Font:Mincho" \* hps12 \o\ad(\s\up 10(かんじ),漢字)`,
      '漢字',
    ],
    ['a fraction', String.raw`EQ \f(2,3)`, '2/3'],
    ['a root', String.raw`EQ \r(3,x)`, '3 x'],
    ['signs that are escaped', String.raw`EQ \b(a\,b)`, 'a,b'],
    ['another field', 'PAGE', undefined],
    ['a word that begins alike', 'EQUAL 4', undefined],
  ])('%s', (_name, code, expected) => {
    expect(equationText(code)).toBe(expected);
  });
});
