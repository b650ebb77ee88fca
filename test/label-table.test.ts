import { expect, test } from 'vitest';
import { labelsOfTable } from '../shared/label-table.ts';
import fc from './fakes/property.ts';

test('any table of labels that was written as RFC 4180 is read as it was', () => {
  const cell = fc.string({ maxLength: 12 }).map((text) => `x${text}x`);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }),
      fc.constantFrom(',', ';', '\t'),
      fc.constantFrom('\n', '\r\n'),
      (rows, separator, end) => {
        const text = rows
          .map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(separator))
          .join(end);
        expect(labelsOfTable(text)).toEqual({ labels: rows.map(([name, description]) => ({ name, description })) });
      },
    ),
  );
});

test('the first record that cannot be read is told with its line, the others are labels', () => {
  const { labels, broken } = labelsOfTable('name;description\nRent;"letters" of landlords\nRepair;plumbers');
  expect(labels).toEqual([{ name: 'Repair', description: 'plumbers' }]);
  expect(broken).toMatchObject({ line: 2, problem: 'has text after a closing quote' });
});
