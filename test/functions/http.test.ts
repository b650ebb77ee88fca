import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HttpResponseInit } from '@azure/functions';
import { HttpRequest, InvocationContext } from '@azure/functions';
import { beforeAll, expect, test, vi } from 'vitest';

let respond: typeof import('../../functions/http.ts')['respond'];
let queryOf: typeof import('../../functions/http.ts')['queryOf'];
let isFirstVersion: typeof import('../../functions/http.ts')['isFirstVersion'];
beforeAll(async () => {
  vi.stubEnv('LAKE', 'UseDevelopmentStorage=true');
  ({ respond, queryOf, isFirstVersion } = await import('../../functions/http.ts'));
});

const ask = (answer: HttpResponseInit, headers: Record<string, string> = {}, method = 'GET') =>
  respond(
    new InvocationContext(),
    new HttpRequest({ method, url: 'http://localhost/api/x', headers }),
    'reader',
    async () => answer,
  );
const etagOf = (answer: HttpResponseInit) => new Headers(answer.headers).get('etag') ?? '';

test('ETag: JSON that was asked for carries a strong tag of its content, and is kept by the caller alone', async () => {
  const answer = await ask({ jsonBody: { a: 1 }, headers: { 'x-more': '1' } });
  expect(answer).toMatchObject({
    body: '{"a":1}',
    headers: { 'content-type': 'application/json', 'cache-control': 'private, no-cache', 'x-more': '1' },
  });
  expect(etagOf(answer)).toMatch(/^"[\w-]{43}"$/);
  expect(etagOf(await ask({ jsonBody: { a: 1 } }))).toBe(etagOf(answer));
  expect(etagOf(await ask({ jsonBody: { a: 2 } }))).not.toBe(etagOf(answer));
});

test('ETag: who has the answer already gets 304 without a body, also where a proxy weakened the tag', async () => {
  const etag = etagOf(await ask({ jsonBody: [] }));
  for (const header of [etag, `"other", W/${etag}`]) {
    const answer = await ask({ jsonBody: [] }, { 'if-none-match': header });
    expect(answer).toMatchObject({ status: 304, headers: { etag } });
    expect(answer.body ?? answer.jsonBody).toBeUndefined();
  }
  expect((await ask({ jsonBody: [1] }, { 'if-none-match': etag })).status).toBeUndefined();
});

test('ETag: an answer as of a version is made only for who does not have it', async () => {
  let made = 0;
  const askAsOf = (asOf: string, known = '', path = 'x') =>
    respond(
      new InvocationContext(),
      new HttpRequest({ method: 'GET', url: `http://localhost/api/${path}`, headers: { 'if-none-match': known } }),
      'reader',
      async () => ({ asOf, make: async () => ({ made: ++made }) }),
    );
  const first = await askAsOf('results 1');
  expect(first).toMatchObject({ body: '{"made":1}', headers: { 'cache-control': 'private, no-cache' } });
  const etag = etagOf(first);
  expect(await askAsOf('results 1', `W/${etag}`)).toMatchObject({ status: 304, headers: { etag } });
  expect(made).toBe(1);
  for (const other of [await askAsOf('results 2', etag), await askAsOf('results 1', etag, 'x?days=2')])
    expect(other.status).toBeUndefined();
  expect(made).toBe(3);
});

test('api-version: one that is not answered is refused with those that are; none is the first', async () => {
  const asked = (query: string) => new HttpRequest({ method: 'GET', url: `http://localhost/api/x${query}` });
  const answerTo = (query: string) =>
    respond(new InvocationContext(), asked(query), 'reader', async () => ({ jsonBody: queryOf(asked(query)) }));
  const refused = await answerTo('?api-version=2020-01-01');
  expect([refused.status, JSON.parse(String(refused.body)).errors]).toEqual([
    400,
    [{ field: 'api-version', message: expect.stringContaining('2026-11-30') }],
  ]);
  expect((await answerTo('?limit=2&api-version=2026-11-30')).body).toBe('{"limit":"2"}');
  expect([isFirstVersion(asked('')), isFirstVersion(asked('?api-version=2025-01-01'))]).toEqual([true, true]);
  expect(isFirstVersion(asked('?api-version=2026-11-30'))).toBe(false);
});

test('api-version: every function leaves the version to http.ts, so none refuses it as an unknown field', () => {
  const folder = join(import.meta.dirname, '../../functions');
  const reading = readdirSync(folder).filter((file) =>
    /Object\.fromEntries\(request\.query\)/.test(readFileSync(join(folder, file), 'utf8')),
  );
  expect(reading).toEqual(['http.ts']);
});

test('ETag: answers to other methods, files and problems carry none', async () => {
  expect(await ask({ jsonBody: 1 }, {}, 'POST')).toEqual({ jsonBody: 1 });
  expect(await ask({ body: 'file' })).toEqual({ body: 'file' });
  const problem = await respond(
    new InvocationContext(),
    new HttpRequest({ method: 'GET', url: 'http://localhost/api/x' }),
    'reader',
    async () => Promise.reject(new Error('x')),
  );
  expect(problem.status).toBe(500);
  expect(etagOf(problem)).toBe('');
});

test('a page of another site may look, as any page may try, but changes nothing', async () => {
  for (const site of ['cross-site', 'same-site']) {
    expect(await ask({ jsonBody: 1 }, { 'sec-fetch-site': site }, 'POST')).toMatchObject({ status: 403 });
    expect(await ask({ jsonBody: 1 }, { 'sec-fetch-site': site }, 'DELETE')).toMatchObject({ status: 403 });
    expect((await ask({ jsonBody: 1 }, { 'sec-fetch-site': site })).body).toBe('1');
  }
  for (const site of ['same-origin', 'none'])
    expect(await ask({ jsonBody: 1 }, { 'sec-fetch-site': site }, 'POST')).toEqual({ jsonBody: 1 });
});
