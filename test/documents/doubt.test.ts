import { expect, test } from 'vitest';
import { isDoubtful, parseWarnings, warningKind } from '../../shared/documents/doubt.ts';

test('doubt: pages that were not read make a text doubtful; small pictures, formulas and pages that OCR has read do not', () => {
  expect(isDoubtful(['needs-ocr: 1 page(s) not read (2)'])).toBe(true);
  expect(isDoubtful(['pdf: 1 damaged page(s) were left out'])).toBe(true);
  expect(isDoubtful(['pictures: 1 picture(s) not read', 'formulas: 2', 'ocr: 3 page(s) read from images'])).toBe(false);
});

test('doubt: the kind of a warning is what stands before its colon', () => {
  expect(warningKind('needs-ocr: the image not read')).toBe('needs-ocr');
  expect(warningKind('a sentence: with blanks before')).toBe('other');
});

test('doubt: a column that holds no list of texts holds no warnings', () => {
  expect(parseWarnings('["a: b",3]')).toEqual(['a: b']);
  for (const json of [null, undefined, '', 'no json', '{}', '[]']) expect(parseWarnings(json)).toEqual([]);
});
