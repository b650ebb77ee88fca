import { expect, test } from 'vitest';
import { drawAlike } from '../../shared/training/splits.ts';
import fc from '../fakes/property.ts';

test('a draw has every label, each by the same share, and the rows in their order; nearly all rows stay all', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(4), { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 1, max: 300 }),
      (classes, most) => {
        const rows = classes.map((_, row) => 3 * row);
        const classOf = Int32Array.from({ length: 3 * rows.length }, (_, row) => classes[Math.floor(row / 3)]!);
        const drawn = drawAlike(rows, classOf, most);
        if (3 * most > 2 * rows.length) {
          expect(drawn).toBe(rows);
          return;
        }
        expect(drawn).toEqual(rows.filter((row) => drawn.includes(row)));
        for (const label of new Set(classes)) {
          const [all, some] = [rows, drawn].map((list) => list.filter((row) => classOf[row] === label).length) as [
            number,
            number,
          ];
          expect(Math.abs(some - (all * most) / rows.length)).toBeLessThan(1);
          expect(some).toBeGreaterThan(0);
        }
      },
    ),
  );
});
