import { expect, test } from 'vitest';
import { parseTable } from '../shared/label-table.ts';
import fc from './fakes/property.ts';

test('any table that was written as RFC 4180 is read as it was', () => {
  const cell = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
      fc.constantFrom(',', ';', '\t'),
      fc.constantFrom('\n', '\r\n'),
      (rows, separator, end) => {
        const text = rows
          .map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(separator))
          .join(end);
        expect(parseTable(text)).toEqual(rows);
      },
    ),
  );
});
