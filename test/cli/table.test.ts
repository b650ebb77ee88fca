import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { formatTable } from '../../cli/table.ts';
import fc from '../fakes/property.ts';

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

test('table: names that differ only where they would be cut stay different', () => {
  const names = [
    'letters/2025/a very long folder of one customer/first letter about a thing/page.txt',
    'letters/2025/a very long folder of one customer/other letter about a thing/page.txt',
    'letters/2025/short.txt',
  ];
  const lines = formatTable(
    [{ title: 'document', flexible: true, cut: 'middle' }],
    names.map((name) => [name]),
    30,
  )
    .split('\n')
    .slice(2);
  expect(new Set(lines).size).toBe(3);
  for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(30);
  expect([lines[0], lines[1]].map((line) => /(first|other)/.exec(String(line))?.[1])).toEqual(['first', 'other']);
});
