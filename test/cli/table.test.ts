import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { formatTable } from '../../cli/table.ts';

const columns = [
  { title: 'document', flexible: true },
  { title: 'label' },
  { title: 'conf.', align: 'right' as const },
];

test('table: lines fit the terminal when flexible columns can shrink', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.constant('VAT'), fc.constant('97 %'))),
      fc.integer({ min: 40, max: 120 }),
      (rows, width) => {
        for (const line of formatTable(columns, rows, width).split('\n'))
          expect(stringWidth(line)).toBeLessThanOrEqual(width);
      },
    ),
  );
});

test('table: escape sequences in names do not reach the terminal', () => {
  const text = formatTable(columns, [['evil\u001b[2J\u202e.txt', 'VAT', '1 %']], 80);
  expect(text).not.toContain('\u001b');
  expect(text).not.toContain('\u202e');
});

test('table: wide characters count as two columns', () => {
  const lines = formatTable(
    columns,
    [
      ['契約書', 'VAT', '9 %'],
      ['ab', 'VAT', '12 %'],
    ],
    80,
  ).split('\n');
  expect(lines.slice(2)).toEqual(['契約書    VAT      9 %', 'ab        VAT     12 %']);
});

test('table: a long path keeps its beginning and, more of it, its end', () => {
  const path = 'reports/2026/a very long folder name/benchmark.pdf';
  const text = formatTable([{ title: 'document', flexible: true, cut: 'middle' }], [[path]], 24);
  expect(text.split('\n')[2]).toBe('reports/…e/benchmark.pdf');
});

test('table: line breaks in a cell become spaces', () => {
  expect(formatTable(columns, [['a\nb', 'VAT', '1 %']], 80)).toContain('a b');
});
