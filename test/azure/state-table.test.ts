import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../local/emulators/azurite.ts';
import { openStateTable } from '../../shared/azure/state-table.ts';
import { codeOf } from '../../shared/errors.ts';
import type { StateTable } from '../../shared/ports.ts';
import fc from '../fakes/property.ts';

let azurite: Azurite;
let table: StateTable;
beforeAll(async () => {
  azurite = await startAzurite({ folder: null, ports: { blob: 0, queue: 0, table: 0 } });
  table = open();
});
afterAll(() => azurite.close());
const open = () => openStateTable({ kind: 'connection-string', connectionString: azurite.connectionString }, 'state');

test('state table: a record is created once, swapped by ETag, deleted', async () => {
  expect(await table.get('k')).toBeUndefined();
  const first = await table.compareAndSwap('k', null, { units: 1 });
  expect(first).toBeDefined();
  expect(await table.compareAndSwap('k', null, { units: 9 })).toBeUndefined();
  expect(await table.get('k')).toEqual({ value: { units: 1 }, etag: first });
  const second = await table.compareAndSwap('k', first!, { units: 2 });
  expect(await table.compareAndSwap('k', first!, { units: 3 })).toBeUndefined();
  expect(await table.get('k')).toEqual({ value: { units: 2 }, etag: second });
  await table.delete('k');
  await table.delete('k');
  expect(await table.compareAndSwap('k', second!, { units: 4 })).toBeUndefined();
});

test('state table: eight writers that count lose nothing', async () => {
  const tables = Array.from({ length: 8 }, open);
  await Promise.all(
    tables.map(async (mine) => {
      for (let done = 0; done < 10; ) {
        const seen = await mine.get('counter');
        const value = ((seen?.value as number | undefined) ?? 0) + 1;
        if ((await mine.compareAndSwap('counter', seen?.etag ?? null, value)) !== undefined) done++;
      }
    }),
  );
  expect((await table.get('counter'))?.value).toBe(80);
});

test('state table: any key and any JSON value come back; different keys never meet', async () => {
  const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }).filter((text) => text.isWellFormed());
  await fc.assert(
    fc.asyncProperty(key, key, fc.jsonValue(), async (a, b, value) => {
      fc.pre(a !== b);
      const expected = JSON.parse(JSON.stringify(value));
      await Promise.all([table.delete(`p/${a}`), table.delete(`p/${b}`)]);
      await table.compareAndSwap(`p/${a}`, null, expected);
      expect((await table.get(`p/${a}`))?.value).toEqual(expected);
      expect(await table.get(`p/${b}`)).toBeUndefined();
    }),
    { numRuns: 50, seed: 7 },
  );
});

test('state table: a value that does not fit is refused', async () => {
  expect(await table.compareAndSwap('big', null, 'x'.repeat(40_000)).catch(codeOf)).toBe('internal');
});
