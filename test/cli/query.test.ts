import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { describeRows } from '../../cli/commands/query.ts';

const rowOf = (columns: readonly string[], value: string | null) =>
  Object.fromEntries(columns.map((name) => [name, value]));

test('few columns are a table, cut to the screen', () => {
  const columns = ['label', 'n'];
  const said = describeRows({ columns, rows: [{ label: 'Customs '.repeat(20), n: 12 }] }, 60).split('\n');
  expect(said).toHaveLength(4);
  for (const line of said) expect(stringWidth(line)).toBeLessThanOrEqual(60);
});

test('more columns than fit side by side stand one below the other, a row after the other', () => {
  const columns = Array.from({ length: 38 }, (_, i) => `column_${i}`);
  const rows = [
    rowOf(columns, 'a value that is longer than the screen is wide, by far and more'),
    rowOf(columns, null),
  ];
  const said = describeRows({ columns, rows }, 60).split('\n');
  for (const line of said) expect(stringWidth(line)).toBeLessThanOrEqual(60);
  expect(said[0]).toBe('row 1');
  expect(said.filter((line) => line.startsWith('column_37'))).toHaveLength(2);
  expect(said.find((line) => line.startsWith('row 2'))).toBeDefined();
  expect(said.at(-1)).toBe('2 row(s)');
});

test('without rows their columns are told, however many', () => {
  const columns = Array.from({ length: 38 }, (_, i) => `column_${i}`);
  expect(describeRows({ columns, rows: [] }, 60)).toContain('0 row(s)');
});
