import { expect, test } from 'vitest';
import { labelsWith } from '../../../../dashboard/src/views/review/find-label.ts';

test('labels are found by a part of their names, whatever its case, those that begin with it first', () => {
  const all = ['Wage tax', 'VAT', 'Taxes on land', 'Customs'];
  expect(labelsWith(all, ' TAX ')).toEqual(['Taxes on land', 'Wage tax']);
  expect(labelsWith(all, ' ')).toBe(all);
  expect(labelsWith(all, 'xyz')).toEqual([]);
});
