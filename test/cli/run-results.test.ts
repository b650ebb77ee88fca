import { expect, test } from 'vitest';
import { ApiError } from '../../cli/api-client.ts';
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

test('a host that does not answer just now is asked again; what it refuses is not', async () => {
  let tries = 0;
  const failing = (error: Error) => ({
    ask: async <T>() => {
      if (++tries < 3) throw error;
      return { columns: ['n'], rows: [], isCut: false } as T;
    },
  });
  const problem = (status: number) => new ApiError(status, 'not now');
  for (const error of [problem(503), new TypeError('fetch failed')]) {
    tries = 0;
    expect(await tablesOf(failing(error)).query('select 1')).toEqual({ columns: ['n'], rows: [] });
    expect(tries).toBe(3);
  }
  tries = 0;
  await expect(tablesOf(failing(problem(400))).query('select 1')).rejects.toThrow('not now');
  expect(tries).toBe(1);
});

test('who stops the command does not wait for a host that has ended', async () => {
  const stop = new AbortController();
  const api = {
    ask: async () => {
      stop.abort();
      throw new TypeError('fetch failed');
    },
  };
  await expect(tablesOf(api, stop.signal).query('select 1')).rejects.toThrow('abort');
});
