import { expect, test } from 'vitest';
import { tablesOf } from '../../cli/run-results.ts';

test('the tables are asked through the host, in the words of its API', async () => {
  const asked: unknown[] = [];
  const api = {
    ask: async <T>(...of: unknown[]) => {
      asked.push(of);
      return { columns: ['n'], rows: [{ n: 1 }], isCut: false } as T;
    },
  };
  expect(await tablesOf(api).query('select 1 as n')).toEqual({ columns: ['n'], rows: [{ n: 1 }] });
  expect(asked).toEqual([
    ['POST', '/api/query', { sql: 'select 1 as n', timeoutSeconds: 200, maxRows: 100_000 }, 200_000],
  ]);
});

test('rows that are missing from an answer are no answer', async () => {
  const api = { ask: async <T>() => ({ columns: [], rows: [], isCut: true }) as T };
  await expect(tablesOf(api).query('select 1')).rejects.toThrow('more than 100000 rows answer select 1');
});
