import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { seededRandom, silentLogger, systemClock } from '../../shared/ports.ts';
import { describeRun } from '../../shared/training/run-record.ts';
import { recordRun, type TrackedRun, trackingPath } from '../../shared/training/tracking.ts';
import { train } from '../../shared/training/train.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

const run: TrackedRun = {
  trainingId: 't1',
  modelVersion: 'v4',
  parameters: Object.fromEntries(Array.from({ length: 130 }, (_, i) => [`p${i}`, i])),
  metrics: { accuracy: 0.9, broken: Number.NaN },
  objectiveHistory: [1.5, 0.7, 0.5],
  dataFingerprint: 'abc',
  codeVersion: '0.1.0',
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:01:00.000Z',
  artifacts: { 'report.html': '<p>ä</p>' },
};

interface Seen {
  path: string;
  body: string;
  authorization: string | undefined;
}

let server: Server | undefined;

afterEach(() => new Promise<void>((done) => (server === undefined ? done() : server.close(() => done()))));

/** A tracking server that knows no experiment yet. */
async function startServer(answer: (path: string) => { status: number; body?: unknown }) {
  const seen: Seen[] = [];
  server = createServer((request, reply) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const path = request.url ?? '';
      seen.push({ path, body, authorization: request.headers.authorization });
      const { status, body: content = {} } = answer(path);
      reply
        .writeHead(status, { 'content-type': 'application/json' })
        .end(typeof content === 'string' ? content : JSON.stringify(content));
    });
  });
  await new Promise<void>((done) => server!.listen(0, '127.0.0.1', done));
  return { seen, uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const mlflow = (path: string) => {
  if (path.includes('get-by-name')) return { status: 404, body: { error_code: 'RESOURCE_DOES_NOT_EXIST' } };
  if (path.endsWith('experiments/create')) return { status: 200, body: { experiment_id: '7' } };
  if (path.endsWith('runs/create'))
    return { status: 200, body: { run: { info: { run_id: 'r1', artifact_uri: 'mlflow-artifacts:/7/r1/artifacts' } } } };
  return { status: 200 };
};

test('a run goes to the lake and to MLflow: experiment made, parameters in pages, objective by step, files uploaded', async () => {
  const { seen, uri } = await startServer(mlflow);
  const lake = new MemoryLake();
  const outcome = await recordRun(lake, run, {
    logger: silentLogger,
    mlflow: { uri, experiment: 'my docs', token: 's3' },
  });
  expect(outcome).toEqual({ status: 'sent', runId: 'r1' });
  expect(seen.map(({ path }) => path.replace('/api/2.0/', ''))).toEqual([
    'mlflow/experiments/get-by-name?experiment_name=my%20docs',
    'mlflow/experiments/create',
    'mlflow/runs/create',
    'mlflow/runs/log-batch',
    'mlflow/runs/log-batch',
    'mlflow/runs/log-batch',
    'mlflow-artifacts/artifacts/7/r1/artifacts/report.html',
    'mlflow/runs/update',
  ]);
  const batches = seen.filter(({ path }) => path.endsWith('log-batch')).map(({ body }) => JSON.parse(body));
  expect(batches.map(({ params }) => params?.length)).toEqual([100, 30, undefined]);
  expect(batches[2].metrics.map((m: { key: string; value: number; step: number }) => [m.key, m.value, m.step])).toEqual(
    [
      ['accuracy', 0.9, 0],
      ['objective', 1.5, 0],
      ['objective', 0.7, 1],
      ['objective', 0.5, 2],
    ],
  );
  expect(seen.at(-2)!.body).toBe('<p>ä</p>');
  expect(seen.every(({ authorization }) => authorization === 'Bearer s3')).toBe(true);
  const record = JSON.parse((await lake.read(trackingPath('t1'))).toString());
  expect(record).toMatchObject({ modelVersion: 'v4', dataFingerprint: 'abc', mlflow: outcome });
  expect((await lake.read('training-runs/t1/report.html')).toString()).toBe('<p>ä</p>');
});

test('a server that refuses is named in the record, and the training is not harmed', async () => {
  const { uri } = await startServer(() => ({ status: 500 }));
  const lake = new MemoryLake();
  const outcome = await recordRun(lake, run, { logger: silentLogger, mlflow: { uri, experiment: 'x' } });
  expect(outcome).toEqual({
    status: 'failed',
    problem: 'MLflow answered 500 to GET experiments/get-by-name. The training is kept in the lake; look at the server',
  });
  expect(JSON.parse((await lake.read(trackingPath('t1'))).toString()).mlflow).toEqual(outcome);
});

test.each([
  [
    403,
    '{"error_code":"PERMISSION_DENIED","message":"no write\\naccess"}',
    /403.*PERMISSION_DENIED: no write access\. .*MLFLOW_TOKEN/,
  ],
  [400, 'plain words', /400.*: plain words\. Check MLFLOW_EXPERIMENT/],
  [502, '<html><body>Bad gateway</body></html>', /502 to GET experiments\/get-by-name\. The training is kept/],
])('a refusal with %i is one line: its words and what to do', async (status, body, line) => {
  const { uri } = await startServer(() => ({ status, body }));
  const outcome = await recordRun(new MemoryLake(), run, { logger: silentLogger, mlflow: { uri, experiment: 'x' } });
  expect(outcome).toMatchObject({ status: 'failed', problem: expect.stringMatching(line) });
  expect((outcome as { problem: string }).problem).not.toMatch(/[\n<]/);
});

test('a deleted experiment is named with the command that restores it', async () => {
  const body = JSON.stringify({ experiment: { experiment_id: '7', name: 'x', lifecycle_stage: 'deleted' } });
  const { uri, seen } = await startServer(() => ({ status: 200, body }));
  const outcome = await recordRun(new MemoryLake(), run, { logger: silentLogger, mlflow: { uri, experiment: 'x' } });
  expect(outcome).toMatchObject({
    problem: expect.stringMatching(/x was deleted .*restore --experiment-id 7.*MLFLOW_EXPERIMENT/),
  });
  expect(seen).toHaveLength(1);
});

test('name and password in the address are sent as such', async () => {
  const { uri, seen } = await startServer(mlflow);
  const address = uri.replace('//', '//mla:p%40ss@');
  const sent = await recordRun(new MemoryLake(), run, {
    logger: silentLogger,
    mlflow: { uri: address, experiment: 'sluice' },
  });
  expect(sent.status).toBe('sent');
  expect(new Set(seen.map(({ authorization }) => authorization))).toEqual(
    new Set([`Basic ${Buffer.from('mla:p@ss').toString('base64')}`]),
  );
});

test('a page to sign in, which comes with status 200, is told as such', async () => {
  const { uri } = await startServer(() => ({ status: 200, body: '<html>sign in</html>' }));
  const outcome = await recordRun(new MemoryLake(), run, {
    logger: silentLogger,
    mlflow: { uri, experiment: 'sluice' },
  });
  expect(outcome).toMatchObject({ status: 'failed', problem: expect.stringMatching(/sign in.*MLFLOW_TRACKING_URI/) });
});

test('a server that is not there is named, too', async () => {
  const lake = new MemoryLake();
  const unreachable = () => Promise.reject(new TypeError('fetch failed'));
  const outcome = await recordRun(lake, run, {
    logger: silentLogger,
    mlflow: { uri: 'http://mlflow', experiment: 'x', fetch: unreachable as typeof fetch },
  });
  expect(outcome).toMatchObject({
    status: 'failed',
    problem: 'MLflow at mlflow cannot be reached. Check MLFLOW_TRACKING_URI and the network',
  });
});

test('without a server only the lake is written', async () => {
  const lake = new MemoryLake();
  expect(await recordRun(lake, run, { logger: silentLogger })).toEqual({ status: 'off' });
  expect(lake.paths()).toEqual(['training-runs/t1/report.html', 'training-runs/t1/run.json']);
});

test('a trained bundle becomes a run with its parameters, metrics and report', async () => {
  const examples = Array.from({ length: 40 }, (_, i) => ({
    text: `${i % 2 ? 'tax income' : 'party clause'} ${i}`,
    label: i % 2 ? 'Tax' : 'Contract',
  }));
  const clock = { ...systemClock, now: () => 0 };
  const bundle = await train({ examples, deps: { clock, random: seededRandom(1), logger: silentLogger } });
  const facts = { trainingId: 't2', modelVersion: 'v1', codeVersion: '1', startedAt: 0, endedAt: 1000 };
  const tracked = describeRun(bundle, facts);
  expect(tracked).toMatchObject({
    endedAt: '1970-01-01T00:00:01.000Z',
    metrics: { accuracy: 1 },
    parameters: { rows: 40, regParam: 1 / 40 }, // the usual strength: the texts are told apart by all that were tried
  });
  expect(tracked.objectiveHistory[0]).toBe(0);
  expect(tracked.objectiveHistory.at(-1)).toBeLessThan(0);
  expect(tracked.artifacts['report.html']).toContain('Model v1');
  const lake = new MemoryLake();
  await recordRun(lake, tracked, { logger: silentLogger });
  expect(lake.paths()).toContain('training-runs/t2/evaluation.json');
});
