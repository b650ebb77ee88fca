import { expect, test } from 'vitest';
import { feedbackSchema } from '../shared/api/decisions.ts';
import { parseRequest } from '../shared/api/problem.ts';
import { runRequestSchema } from '../shared/api/runs.ts';
import { promoteRequestSchema } from '../shared/api/training.ts';
import { lineSchema, linesSchema } from '../shared/plain-text.ts';
import { parseStoredTaxonomy, parseTaxonomy } from '../shared/taxonomy.ts';

// NUL, bell, line end, delete, C1, turn to the right, isolate, half of a character, no character.
const UNFIT = [
  '\0',
  '\u0007',
  '\n',
  '\u007F',
  '\u0085',
  '\u202E',
  '\u2066',
  '\u200F',
  '\uD83D',
  '\uFFFF',
  '\u2028',
  '\uFEFF',
];

test('plain text: one line holds no control, no direction mark and no half of a character; joiners and emoji stay', () => {
  for (const mark of UNFIT) expect(lineSchema(9).safeParse(`a${mark}b`).success, JSON.stringify(mark)).toBe(false);
  for (const text of ['Umsatzsteuer', 'می‌خواهم', '👩‍👧', '税', 'a\u00A0b'])
    expect(lineSchema(99).parse(text)).toBe(text);
  for (const unseen of ['\u200B', '\u200D\u2060', '\u0301', '\u3164', '\u2800', '\u00AD'])
    expect(lineSchema(9).safeParse(unseen).success, JSON.stringify(unseen)).toBe(false);
  expect(linesSchema(9).parse('a\tb\r\nc')).toBe('a\tb\r\nc');
  expect(linesSchema(9).safeParse('a\u202Eb').success).toBe(false);
  expect(linesSchema(9).safeParse('').success).toBe(false);
  expect(linesSchema(9, 0).parse(' ')).toBe('');
});

test('labels whose names could not be told apart or stored are refused when published, each named; old ones are still read', () => {
  for (const mark of UNFIT) {
    const named = (name: string) => ({
      name: 't',
      labels: [
        { name, description: 'one' },
        { name: 'Other', description: 'two' },
      ],
    });
    expect(() => parseTaxonomy(named(`V${mark}AT`)), JSON.stringify(mark)).toThrow(/labels\.0\.name: must not hold/);
    expect(parseStoredTaxonomy(named(`V${mark}AT`)).labels).toHaveLength(2);
  }
  const described = (description: string) => ({ name: 't', labels: ['A', 'B'].map((name) => ({ name, description })) });
  expect(parseTaxonomy(described('first line\n\tsecond')).labels).toHaveLength(2);
  expect(() => parseTaxonomy(described('a\0b'))).toThrow(/labels\.0\.description/);
});

test('paths with control characters, backslashes or halves of characters are refused: a run over them would wait for a file that cannot be', () => {
  const over = (source: object) => () => parseRequest(runRequestSchema, { source });
  for (const name of [
    'a\0.txt',
    'a\u0007.txt',
    'a\n.txt',
    'a\u0085.txt',
    'a\\..\\b.txt',
    'a\uD83D.txt',
    './a',
    'a/./b',
    '../a',
    '/a',
  ]) {
    const label = JSON.stringify(name);
    expect(over({ kind: 'paths', paths: ['good.txt', name] }), label).toThrow(/source\.paths\.1/);
    expect(over({ kind: 'prefix', prefix: name }), label).toThrow(/source\.prefix/);
    expect(over({ kind: 'dataset', path: `${name}.csv` }), label).toThrow(/source\.path/);
  }
  for (const name of ['a b.txt', 'Ärger/100%.txt', 'x/..y', '.hidden', 'a:b', 'in/'])
    expect(over({ kind: 'prefix', prefix: name })()).toBeDefined();
});

test('notes and reasons hold lines of text only', () => {
  const feedback = { documentId: '0'.repeat(64), label: 'VAT' };
  expect(parseRequest(feedbackSchema, { ...feedback, note: 'seen\nwith Ada' }).note).toBe('seen\nwith Ada');
  expect(() => parseRequest(feedbackSchema, { ...feedback, note: 'a\0b' })).toThrow(/note/);
  expect(() => parseRequest(promoteRequestSchema, { reason: 'a\u202Eb' })).toThrow(/reason/);
});
