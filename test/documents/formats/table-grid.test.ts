// Columns of tables whose rows tell where their cells end.
import { describe, expect, test } from 'vitest';
import { type RowEdges, TableGrid } from '../../../shared/documents/formats/table-grid.ts';
import fc from '../../fakes/property.ts';

/** Rows of numbered cells as text. */
function drawn(rows: readonly RowEdges[]): string[] {
  const out: string[] = [];
  const grid = new TableGrid((place, text) => {
    out[place] = text;
  });
  for (const row of rows) {
    for (const i of row.ends.keys()) {
      out.push(String(i));
      grid.endCell(out.push('\t') - 1);
    }
    grid.endRow(out.push('\n') - 1, row);
  }
  grid.endTable();
  return out.join('').split('\n').slice(0, rows.length);
}

describe('a grid', () => {
  test('gives every cell the column where it starts', () => {
    const spans = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(spans, { minLength: 1, maxLength: 6 }), fc.integer({ min: 0, max: 20 }), (rows, slack) => {
        const widest = Math.max(...rows.map((row) => row.reduce((sum, span) => sum + span, 0)));
        const full = { left: 0, ends: Array.from({ length: widest }, (_, i) => (i + 1) * 500) };
        const edges = rows.map((row, at) => {
          const ends = row.map((_, i) => row.slice(0, i + 1).reduce((sum, span) => sum + span, 0));
          return { left: 0, ends: ends.map((column) => column * 500 + (at % 2 === 0 ? slack : -slack)) };
        });
        const lines = drawn([full, ...edges]);
        for (const [at, row] of rows.entries()) {
          let column = 0;
          const cells = lines[at + 1]!.split('\t');
          for (const [i, span] of row.entries()) {
            expect(cells[column]).toBe(String(i));
            column += span;
          }
        }
      }),
    );
  });

  test('takes any edges, and never loses a cell', () => {
    const edges = fc.record({ left: fc.integer(), ends: fc.array(fc.integer(), { maxLength: 6 }) });
    fc.assert(
      fc.property(fc.array(edges, { maxLength: 6 }), (rows) => {
        for (const [at, line] of drawn(rows).entries())
          expect(line.split('\t').filter((cell) => cell !== '')).toEqual(rows[at]!.ends.map((_, i) => String(i)));
      }),
    );
  });
});
