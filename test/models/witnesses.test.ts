import { expect, test } from 'vitest';
import { type HeldOut, THRESHOLD_GRID } from '../../shared/models/held-out.ts';
import { countWitnesses, witnessesOf } from '../../shared/models/witnesses.ts';
import fc from '../fakes/property.ts';

const heldOf = (rows: readonly { confidence?: number; right: number; group: number }[]): HeldOut => ({
  confidence: Float64Array.from(rows, ({ confidence }) => confidence ?? 0.9),
  predicted: new Int32Array(rows.length),
  isRight: Uint8Array.from(rows, ({ right }) => right),
  groups: rows.map(({ group }) => group),
});
const groupsOf = (groups: number, size: number, right: (group: number, copy: number) => number) =>
  Array.from({ length: groups * size }, (_, row) => {
    const group = Math.floor(row / size);
    return { group, right: right(group, row % size) };
  });
const last = (held: HeldOut) => countWitnesses(held).at(-1)!;

test('witnesses: near copies that are right or wrong together are one, by the share of the rows that is right', () => {
  const held = heldOf(groupsOf(100, 5, (group) => (group % 10 === 0 ? 0 : 1)));
  expect(last(held).accepted).toBeCloseTo(100, 6);
  expect(last(held).correct).toBeCloseTo(90, 6);
});

test('witnesses: near copies that are wrong by themselves count nearly as different rows', () => {
  const held = heldOf(groupsOf(200, 5, (group, copy) => (copy === group % 10 ? 0 : 1)));
  const { accepted, correct } = last(held);
  expect(accepted).toBeGreaterThan(800);
  expect(correct / accepted).toBeCloseTo(0.9, 6);
});

test('witnesses: while no wrong row with copies was seen they are believed to go together; a large group weighs more than small ones', () => {
  expect(last(heldOf(groupsOf(30, 4, () => 1)))).toEqual({ accepted: 30, correct: 30 });
  const uneven = heldOf([
    ...groupsOf(1, 50, () => 1),
    ...groupsOf(50, 1, () => 1).map((row) => ({ ...row, group: row.group + 1 })),
  ]);
  expect(witnessesOf(uneven)).toBeCloseTo(100 ** 2 / (50 ** 2 + 50), 6);
});

test('witnesses: rows that stand for themselves are counted as they are, at each threshold', () => {
  const rows = [0.9, 0.8, 0.7, 0.6].map((confidence, group) => ({ confidence, group, right: group === 1 ? 0 : 1 }));
  const at = (threshold: number) => countWitnesses(heldOf(rows))[THRESHOLD_GRID.indexOf(threshold)];
  expect([at(0.95), at(0.85), at(0.8), at(0)]).toEqual([
    { accepted: 0, correct: 0 },
    { accepted: 1, correct: 1 },
    { accepted: 2, correct: 1 },
    { accepted: 4, correct: 3 },
  ]);
});

test('witnesses: never more than rows, never fewer than the largest group leaves, never more right than there are', () => {
  const row = fc.record({ confidence: fc.double({ min: 0, max: 1, noNaN: true }), right: fc.nat(1), group: fc.nat(5) });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), (rows) => {
      const { accepted, correct } = last(heldOf(rows));
      const sizes = [...Map.groupBy(rows, ({ group }) => group).values()].map(({ length }) => length);
      const fewest = rows.length ** 2 / sizes.reduce((sum, size) => sum + size ** 2, 0);
      expect(accepted).toBeLessThanOrEqual(rows.length + 1e-9);
      expect(accepted).toBeGreaterThanOrEqual(fewest - 1e-9);
      expect(correct).toBeLessThanOrEqual(accepted);
      expect(correct).toBeGreaterThanOrEqual(0);
    }),
  );
});
