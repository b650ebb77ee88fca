// Submitting and following a Spark batch, against a service of a few lines.
import { describe, expect, test } from 'vitest';
import type { SparkBatchDeps } from '../../../shared/training/xgboost/spark-batch.ts';
import { followSparkBatch, submitSparkBatch } from '../../../shared/training/xgboost/spark-batch.ts';

const pool = { endpoint: 'https://work.dev.azuresynapse.net/', pool: 'small pool' };
const job = { name: 'sluice-xgboost', file: 'abfss://lake@x.dfs.core.windows.net/train.py', args: ['--rounds', '10'] };

function service(answers: readonly (Response | Error)[]) {
  const calls: { url: string; method: string; body: unknown; token: string | null }[] = [];
  const sleeps: number[] = [];
  const states: string[] = [];
  const deps: SparkBatchDeps = {
    fetch: async (url, init) => {
      const headers = new Headers(init?.headers);
      const body = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined;
      calls.push({ url: String(url), method: init?.method ?? 'GET', body, token: headers.get('authorization') });
      const answer = answers[calls.length - 1];
      if (answer instanceof Response) return answer;
      throw answer ?? new Error('no more answers');
    },
    clock: { now: () => 0, sleep: async (ms) => void sleeps.push(ms) },
    token: async () => 'secret',
    onState: (state) => states.push(state),
  };
  return { deps, calls, sleeps, states };
}

const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });

describe('Spark batches', () => {
  test('submitting posts the job to the pool and gives its id', async () => {
    const { deps, calls } = service([json({ id: 7, state: 'not_started' })]);
    expect(await submitSparkBatch(pool, job, deps)).toBe(7);
    expect(calls[0]).toMatchObject({
      url: 'https://work.dev.azuresynapse.net/livyApi/versions/2019-11-01-preview/sparkPools/small%20pool/batches',
      method: 'POST',
      token: 'Bearer secret',
      body: { name: 'sluice-xgboost', args: ['--rounds', '10'], numExecutors: 2 },
    });
  });

  test('following asks until the end and tells each state once', async () => {
    const { deps, sleeps, states } = service(
      ['not_started', 'running', 'running', 'success'].map((state) => json({ id: 7, state, result: 'Uncertain' })),
    );
    await followSparkBatch(pool, 7, deps);
    expect(states).toEqual(['not_started', 'running', 'success']);
    expect(sleeps.length).toBe(3);
  });

  test.each([[{ state: 'dead', result: 'Failed' }], [{ state: 'running', result: 'Cancelled' }]])(
    'a failed batch ends with its id: %j',
    async (answer) => {
      const { deps } = service([json(answer)]);
      await expect(followSparkBatch(pool, 7, deps)).rejects.toMatchObject({
        code: 'request.invalid',
        ids: { batch: 7 },
      });
    },
  );

  test('a busy or absent service is retryable, a refusal is not', async () => {
    for (const answer of [json({}, 503), json({}, 429), new TypeError('fetch failed')])
      await expect(submitSparkBatch(pool, job, service([answer]).deps)).rejects.toMatchObject({
        name: 'RetryableError',
        code: 'lake.unavailable',
      });
    await expect(submitSparkBatch(pool, job, service([json({}, 403)]).deps)).rejects.toMatchObject({
      name: 'TerminalError',
      code: 'config.invalid',
    });
  });
});
