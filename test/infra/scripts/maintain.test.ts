import { expect, test } from 'vitest';
import { maintainTables } from '../../../infra/scripts/maintain.ts';
import { createTables } from '../../../infra/scripts/postprovision.ts';
import { lakeTables } from '../../../shared/lake/tables.ts';
import { MemoryLake } from '../../fakes/memory-lake.ts';

test('maintain: passes over tables that do not exist and reports those that do', async () => {
  const lake = new MemoryLake();
  expect(await maintainTables(lake)).toEqual([]);
  await createTables(lake);
  const reports = await maintainTables(lake);
  expect(reports.map(({ table }) => table)).toEqual(lakeTables.map(({ name }) => `tables/${name}`));
  expect(reports.every(({ merged, filesDeleted }) => merged === 0 && filesDeleted === 0)).toBe(true);
});
