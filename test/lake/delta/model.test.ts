// Any sequence of operations by two processes leaves the table as a list of rows would be, and every version as it was when it was made.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkpoint, cleanLog, compact, vacuum } from '../../../shared/lake/delta/maintenance.ts';
import { rewriteRows } from '../../../shared/lake/delta/rewrite.ts';
import { DeltaTable } from '../../../shared/lake/delta/table.ts';
import { FileCache } from '../../../shared/lake/file-cache.ts';
import type { Row, TableSchema } from '../../../shared/lake/tables.ts';
import { seededRandom, silentLogger } from '../../../shared/ports.ts';
import fc from '../../fakes/property.ts';
import { EPOCH, stillClock } from '../emulated-lake.ts';
import { MemoryLakeStore } from '../memory-store.ts';

let folder: string;
let caches = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-model-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const schema: TableSchema = {
  name: 'things',
  columns: [
    { name: 'id', type: 'long' },
    { name: 'text', type: 'string' },
    { name: 'day', type: 'date' },
  ],
  partitionColumns: ['day'],
};

type Operation =
  | { op: 'append'; run: number; version: number; rows: Row[] }
  | { op: 'overwrite'; day: string; ids: number[] }
  | { op: 'deleteFrom'; id: number }
  | { op: 'blank'; id: number }
  | { op: 'compact' }
  | { op: 'checkpoint' }
  | { op: 'cleanLog' }
  | { op: 'vacuum' }
  | { op: 'wait' };

const day = fc.constantFrom('2026-11-22', '2026-11-23');
const id = fc.integer({ min: 0, max: 9 });
const text = fc.option(
  fc.string({ unit: 'binary', maxLength: 40 }).filter((value) => value.isWellFormed()),
  { nil: null },
);
const row = fc.record({ id, text, day });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('append' as const),
      run: fc.integer({ min: 0, max: 2 }),
      version: fc.integer({ min: 0, max: 4 }),
      rows: fc.array(row, { maxLength: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('overwrite' as const), day, ids: fc.array(id, { maxLength: 2 }) }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('deleteFrom' as const), id }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('blank' as const), id }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('compact' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('checkpoint' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('cleanLog' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('vacuum' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('wait' as const) }) },
);

class Model {
  rows: Row[] = [];
  readonly #applied = new Map<number, number>();

  apply(next: Operation): void {
    if (next.op === 'append' && next.version > (this.#applied.get(next.run) ?? -1)) {
      this.#applied.set(next.run, next.version);
      this.rows = [...this.rows, ...next.rows];
    } else if (next.op === 'overwrite') {
      const written = next.ids.map((value) => ({ id: value, text: 'new', day: next.day }));
      this.rows = [...this.rows.filter((one) => one.day !== next.day), ...written];
    } else if (next.op === 'deleteFrom') this.rows = this.rows.filter((one) => Number(one.id) < next.id);
    else if (next.op === 'blank')
      this.rows = this.rows.map((one) => (one.id === next.id ? { ...one, text: null } : one));
  }
}

async function run(table: DeltaTable, next: Operation): Promise<void> {
  if (next.op === 'append') await table.append(next.rows, { appId: `run-${next.run}`, appVersion: next.version });
  else if (next.op === 'overwrite') {
    await table.overwrite(
      next.ids.map((value) => ({ id: value, text: 'new', day: next.day })),
      { day: next.day },
    );
  } else if (next.op === 'deleteFrom') {
    await rewriteRows(table, [{ column: 'id', op: '>=', value: next.id }], { kind: 'delete' });
  } else if (next.op === 'blank') {
    await rewriteRows(table, [{ column: 'id', op: '=', value: next.id }], { kind: 'set', values: { text: null } });
  } else if (next.op === 'compact') await compact(table);
  else if (next.op === 'checkpoint') await checkpoint(table);
  else if (next.op === 'cleanLog') await cleanLog(table);
  else if (next.op === 'vacuum') await vacuum(table);
}

const sorted = (rows: readonly Row[]) =>
  rows.map(({ id: one, text: two, day: three }) => JSON.stringify([one, two, three])).sort();

test('model: any operations by two processes leave the rows a list would have, in every version still kept', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { minLength: 1, maxLength: 14 }),
      fc.infiniteStream(fc.boolean()),
      async (operations, whose) => {
        const store = new MemoryLakeStore();
        const clock = stillClock();
        store.now = EPOCH;
        const open = () => {
          const cache = new FileCache(join(folder, String(++caches)));
          return DeltaTable.open(store, 'tables/things', schema, {
            clock,
            random: seededRandom(1),
            logger: silentLogger,
            cache,
          });
        };
        const tables = [open(), open()] as const;
        const model = new Model();
        const versions = new Map<number, { rows: string[]; at: number }>();
        for (const next of operations) {
          const table = tables[whose.next().value ? 1 : 0];
          if (next.op === 'wait') clock.move(20 * 24 * 3_600_000);
          store.now = clock.now();
          await run(table, next);
          model.apply(next);
          expect(sorted(await tables[0].scan())).toEqual(sorted(model.rows));
          const version = (await tables[0].snapshot())?.version;
          if (version !== undefined) versions.set(version, { rows: sorted(model.rows), at: clock.now() });
        }
        const fresh = open();
        expect(sorted(await fresh.scan())).toEqual(sorted(model.rows));
        for (const [version, { rows, at }] of versions) {
          // Older than a week, vacuum and log clean-up may have made it unreadable, by design.
          if (at < clock.now()) continue;
          expect(sorted(await fresh.scan({ version }))).toEqual(rows);
        }
      },
    ),
    { numRuns: 40, seed: 23 },
  );
});
