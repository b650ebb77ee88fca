// Commands that ask an app: what they send and what they show, against a server that answers as the API does.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { quoteCommand } from '../../cli/commands/quote.ts';
import { type TrainCommandOptions, trainCommand } from '../../cli/commands/train.ts';

interface Asked {
  method: string;
  path: string;
  body: string;
}

let server: Server;
let url: string;
let folder: string;
let asked: Asked[];
/** Answers by method and path; the first that fits, used up where it is a list. */
let answers: Record<string, unknown>;
let shown: string;

beforeEach(async () => {
  asked = [];
  answers = {};
  shown = '';
  server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    asked.push({ method: request.method ?? '', path: request.url ?? '', body });
    const found = answers[`${request.method} ${request.url}`];
    const answer = Array.isArray(found) ? found.shift() : found;
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { detail: 'not here' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = mkdtempSync(join(tmpdir(), 'sluice-at-url-'));
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    shown += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(async () => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
  await new Promise((resolve) => server.close(resolve));
});

const QUOTE = {
  ...{ files: 9, sampledFiles: 9, documents: 12, llm: 'fake', asked: 3, calls: 1, tokensIn: 10, tokensOut: 2 },
  ...{ usd: 0.5, usdLow: 0.4, usdHigh: 0.6, minutes: 0.1, lane: 'live' },
};

test('quote: a folder of the app as the list of runs shows it is quoted by the app', async () => {
  answers['POST /api/quotes'] = QUOTE;
  const options = { data: join(folder, 'none'), json: false, url, sample: 9000, mode: 'batch' as const };
  await quoteCommand('imports/letters', options);
  expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
    source: { kind: 'prefix', container: 'imports', prefix: 'letters' },
    sampleSize: 500,
    mode: 'batch',
  });
  expect(shown).toContain('3 documents asked in 1 calls');
  await expect(quoteCommand('./letters', options)).rejects.toThrow('./letters is a path of this machine');
  await expect(quoteCommand('letters', { ...options, taxonomy: 'x.json' })).rejects.toThrow('sluice taxonomy set');
  expect(asked).toHaveLength(1);
});

const model = {
  ...{ version: 'v4', champion: true, labels: ['A', 'B'], metrics: null, training: { rows: 2 }, stage: null },
  accept: { basis: 'default', missing: 18, precision: 0.95, samples: 2 },
};
const options = (): TrainCommandOptions => ({
  ...{ data: join(folder, 'none'), json: true, url, textColumn: 'body', labelColumn: 'label', promote: true },
  ...{ algorithm: 'logistic-regression', python: 'python3', useSimulated: false, precision: 0.9 },
});

test('train: texts of this machine are put into the app once by their content, and the model is shown when it is there', async () => {
  const file = join(folder, 'rows.csv');
  writeFileSync(file, 'body,label\none,A\ntwo,B\n');
  const status = { trainingId: 'train-1', fit: null, iteration: 0, objective: null, result: null, error: null };
  const path = 'trainings/5e7c51f1b5b5e3a7c0c5.jsonl';
  answers['POST /api/models/train'] = { ...status, state: 'completed', result: { version: 'v4' } };
  answers['GET /api/models'] = { models: [model], broken: [], history: [] };
  const put = () => asked.find(({ method }) => method === 'PUT');
  await expect(trainCommand([file, 'decisions', 'delta:old'], options())).rejects.toThrow('not here');
  answers[`PUT ${put()?.path}`] = { container: 'imports', path };
  await trainCommand([file, 'decisions', 'delta:old'], options());
  expect(new Set(asked.filter(({ method }) => method === 'PUT').map((one) => one.path))).toEqual(
    new Set([put()?.path]),
  );
  expect(put()?.path).toMatch(/^\/api\/uploads\/imports\/trainings\/[0-9a-f]{20}\.jsonl$/);
  expect(put()?.body).toBe('{"body":"one","label":"A"}\n{"body":"two","label":"B"}');
  const request = JSON.parse(asked.find(({ method }) => method === 'POST')?.body ?? '');
  expect(request).toEqual({
    ...{ container: 'imports', sources: ['delta:old', path], decisions: true, promote: true, precision: 0.9 },
    ...{ textColumn: 'body', labelColumn: 'label' },
  });
  expect(JSON.parse(shown)).toMatchObject({ version: 'v4' });
});

test('train: what only this machine knows is refused before anything is sent, and a training that failed says why', async () => {
  const xgboost = { ...options(), algorithm: 'xgboost' as const };
  await expect(trainCommand(['decisions'], xgboost)).rejects.toThrow('leave out --algorithm');
  await expect(trainCommand(['decisions'], { ...options(), useSimulated: true })).rejects.toThrow('--use-simulated');
  expect(asked).toEqual([]);
  answers['POST /api/models/train'] = {
    ...{ trainingId: 'train-1', state: 'failed', fit: null, objective: null, result: null },
    error: { code: 'train.one-class', message: 'one label only' },
  };
  await expect(trainCommand(['decisions'], options())).rejects.toThrow('training train-1 failed: one label only');
});
