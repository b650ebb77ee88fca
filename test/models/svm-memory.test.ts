import { expect, test } from 'vitest';
import type { Csr } from '../../shared/features/sparse.ts';
import { ACTIVE, BOUND, DRAWN, LEAST, MOST, OBJECTIVE } from '../../shared/models/svm-epoch.ts';
import { openSvmMemory, type SvmMemory } from '../../shared/models/svm-memory.ts';
import fc from '../fakes/property.ts';
import { csrOf } from './matrices.ts';

const value = fc.oneof(
  fc.constant(0),
  fc.integer({ min: -8, max: 8 }).map((each) => each / 4),
);
const matrix = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 9 }))
  .chain(([rows, width]) =>
    fc.array(fc.array(value, { minLength: width, maxLength: width }), { minLength: rows, maxLength: rows }),
  );

function begin(memory: SvmMemory, signs: readonly number[], slack: readonly number[]): void {
  const { count } = memory;
  for (let row = 0; row < count; row++) {
    memory.signs[row] = signs[row % signs.length]!;
    memory.slack[row] = slack[row % slack.length]!;
    memory.order[row] = row;
  }
  memory.multipliers.fill(0);
  memory.weights.fill(0);
  memory.state.fill(0);
  memory.state[BOUND] = Number.POSITIVE_INFINITY;
  memory.counters[ACTIVE] = count;
  memory.counters[DRAWN] = 1;
}

const seen = ({ state, counters, order, multipliers, weights }: SvmMemory) =>
  [state, counters, order, multipliers, weights].map((part) => [...part]);

test('an epoch is the same to the last bit in WebAssembly and without, rows that are left out and kept ones', () => {
  let leftOut = 0;
  fc.assert(
    fc.property(
      matrix,
      fc.array(fc.constantFrom(-1, 1), { minLength: 1, maxLength: 12 }),
      fc.array(fc.constantFrom(0, 0.01, 0.5, 3), { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      (rows, signs, slack, fitIntercept) => {
        const x: Csr = csrOf(rows, rows[0]?.length ?? 1);
        const [wasm, plain] = [false, true].map((isPlain) => openSvmMemory({ x }, fitIntercept, isPlain));
        for (const memory of [wasm!, plain!]) begin(memory, signs, slack);
        for (let epoch = 0; epoch < 6; epoch++) {
          for (const memory of [wasm!, plain!]) memory.runEpoch();
          expect(seen(wasm!)).toEqual(seen(plain!));
          if (plain!.counters[ACTIVE]! < plain!.count) leftOut++;
          for (const { state } of [wasm!, plain!])
            state[BOUND] = state[MOST]! <= 0 ? Number.POSITIVE_INFINITY : state[MOST]!;
        }
        wasm!.release();
      },
    ),
    { numRuns: 300 },
  );
  expect(leftOut).toBeGreaterThan(20);
});

test('columns lie by how many rows they are in, and a released memory says nothing of what it held', () => {
  const x = csrOf(
    [
      [0, 2, 1, 0],
      [0, 0, 4, 0],
      [3, 0, 5, 0],
    ],
    4,
  );
  const memory = openSvmMemory({ x }, true);
  expect([...memory.placeOf]).toEqual([1, 2, 0, 3]);
  expect([...memory.squares]).toEqual([6, 17, 35]);
  begin(memory, [1, -1], [0.5]);
  memory.runEpoch();
  const first = seen(memory);
  memory.release();
  const again = openSvmMemory({ x }, true);
  begin(again, [1, -1], [0.5]);
  again.runEpoch();
  expect(seen(again)).toEqual(first);
  expect(again.state[OBJECTIVE]).toBeLessThan(0);
  expect(again.state[LEAST]).toBeLessThanOrEqual(again.state[MOST] ?? 0);
});
