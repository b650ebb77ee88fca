// The Batch API lane against the simulator's files and jobs, over HTTP with the real SDK.
import { afterEach, expect, test } from 'vitest';
import { type OpenAiSimulator, type SimulatorOptions, startOpenAiSimulator } from '../../../local/emulators/openai.ts';
import { advanceBatchLane } from '../../../shared/llm/batch/lane.ts';
import { chooseLane, splitParts } from '../../../shared/llm/batch/parts.ts';
import { type BatchTransport, openAiBatchTransport } from '../../../shared/llm/batch/transport.ts';
import { classifyDocuments } from '../../../shared/llm/classify.ts';
import { defaultLlmSettings } from '../../../shared/llm/deployments/deployment.ts';
import { readLedger } from '../../../shared/llm/money/ledger.ts';
import type { LlmDeps } from '../../../shared/llm/runtime.ts';
import { seededRandom, silentLogger, systemClock } from '../../../shared/ports.ts';
import { MemoryLake } from '../../fakes/memory-lake.ts';
import { MemoryStateTable } from '../../fakes/memory-state-table.ts';
import { deployment, documents, taxonomy } from '../stage.ts';

let simulator: OpenAiSimulator | undefined;
afterEach(async () => {
  await simulator?.close();
  simulator = undefined;
});

async function lane(options: SimulatorOptions = {}) {
  simulator = await startOpenAiSimulator({
    banner: false,
    latencyMs: 1,
    msPerToken: 0,
    rpm: 60_000,
    tpm: 10_000_000,
    batch: { jobMs: 0 },
    ...options,
  });
  const config = deployment({
    baseUrl: simulator.baseUrl,
    tpm: 10_000_000,
    rpm: 60_000,
    batch: { model: 'sim-batch', priceShare: 0.5, enqueuedTokens: 1_000_000 },
  });
  const deps: LlmDeps = {
    store: new MemoryLake(),
    state: new MemoryStateTable(),
    clock: systemClock,
    random: seededRandom(1),
    logger: silentLogger,
    deployments: [config],
    settings: defaultLlmSettings,
    instanceId: 'i1',
  };
  const batches = ['b0', 'b1'].map((batchId, i) => ({ batchId, documents: documents(40, { from: i * 40 }) }));
  return { simulator, deps, transport: openAiBatchTransport(config), request: { runId: 'r', taxonomy, batches } };
}

const classify = (deps: LlmDeps, request: Awaited<ReturnType<typeof lane>>['request'], index: number) =>
  classifyDocuments({ runId: 'r', taxonomy, ...request.batches[index]!, deadlineMs: Date.now() + 300_000 }, deps);

test('batch lane: answers come from the job at half the price, and no live call is made', async () => {
  const { simulator, deps, transport, request } = await lane();
  let outcome = await advanceBatchLane(request, deps, transport);
  while (outcome.status === 'running') outcome = await advanceBatchLane(request, deps, transport);
  expect(outcome).toEqual({ status: 'collected', answered: 10, leftover: 0 });
  const billed = simulator.ledger().length;
  for (const index of [0, 1]) {
    const done = await classify(deps, request, index);
    expect(done.status).toBe('done');
    if (done.status === 'done') expect(done.answers.filter((a) => a.outcome === 'failed')).toEqual([]);
  }
  expect(simulator.ledger().length).toBe(billed);
  const rows = [...(await readLedger(deps.store, 'r', 'b0')), ...(await readLedger(deps.store, 'r', 'b1'))];
  expect(rows.every((row) => row.service_tier === 'batch' && row.price_id === 'test-1-batch')).toBe(true);
  const half = simulator
    .ledger()
    .reduce(
      (sum, b) => sum + (b.promptTokens - b.cachedTokens) * 200 + b.cachedTokens * 50 + b.completionTokens * 800,
      0,
    );
  expect(rows.reduce((sum, row) => sum + row.cost_nano_usd, 0)).toBe(half);
});

test('batch lane: a crash after submitting makes no second job', async () => {
  const { deps, transport, request } = await lane({ batch: { jobMs: 60_000 } });
  let created = 0;
  const counted: BatchTransport = {
    ...transport,
    create(...args) {
      created++;
      return transport.create(...args);
    },
  };
  const store = new Proxy(deps.store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (name === 'write' && String(args[0]).endsWith('-job.json')) throw new Error('killed');
        return Reflect.apply(member, target, args);
      };
    },
  });
  await expect(advanceBatchLane(request, { ...deps, store }, counted)).rejects.toThrow('killed');
  const outcome = await advanceBatchLane(request, deps, counted);
  expect(outcome).toMatchObject({ status: 'running', parts: 1, ended: 0 });
  if (outcome.status === 'running') expect(outcome.pollAt - Date.now()).toBeGreaterThan(50_000);
  expect(created).toBe(1);
});

test('batch lane: what a job leaves undone is asked live, and every document is answered', async () => {
  const { simulator, deps, transport, request } = await lane({ batch: { jobMs: 0, errorShare: 0.4 } });
  await advanceBatchLane(request, deps, transport);
  const outcome = await advanceBatchLane(request, deps, transport);
  expect(outcome).toEqual({ status: 'collected', answered: 6, leftover: 4 });
  const before = simulator.ledger().length;
  for (const index of [0, 1]) {
    const done = await classify(deps, request, index);
    if (done.status === 'done') expect(done.answers.filter((a) => a.outcome !== 'failed').length).toBe(40);
    expect(done.status).toBe('done');
  }
  expect(simulator.ledger().length - before).toBe(4);
});

test('batch lane: a job for which the queue has no room costs nothing and is tried again; when that never helps it goes live', async () => {
  const { simulator, deps, transport, request } = await lane({ batch: { jobMs: 0, enqueuedTokens: 100 } });
  let looks = 1;
  let outcome = await advanceBatchLane(request, deps, transport);
  for (; outcome.status === 'running' && looks < 100; looks++)
    outcome = await advanceBatchLane(request, deps, transport);
  expect(outcome).toEqual({ status: 'collected', answered: 0, leftover: 10 });
  expect(looks).toBe(31);
  expect(await transport.recent()).toHaveLength(31);
  expect(simulator.ledger()).toEqual([]);
  expect((await classify(deps, request, 0)).status).toBe('done');
});

test('batch lane: a job that found no room is made anew when there is some', async () => {
  const { deps, transport, request } = await lane();
  let isFull = true;
  const busy: BatchTransport = {
    ...transport,
    async get(id) {
      const job = await transport.get(id);
      return isFull ? { ...job, status: 'failed', outputFileId: null, problems: ['token_limit_exceeded'] } : job;
    },
  };
  for (let look = 0; look < 3; look++)
    expect(await advanceBatchLane(request, deps, busy)).toMatchObject({ status: 'running', ended: 0 });
  isFull = false;
  expect(await advanceBatchLane(request, deps, busy)).toEqual({ status: 'collected', answered: 10, leftover: 0 });
});

test('lane: batch for large runs with a day to spare, or when asked for', () => {
  const base = { mode: 'auto', documents: 10_000, deadlineMs: 25 * 3_600_000, nowMs: 0, canBatch: true } as const;
  expect(chooseLane(base)).toBe('batch');
  expect(chooseLane({ ...base, documents: 100 })).toBe('live');
  expect(chooseLane({ ...base, deadlineMs: undefined })).toBe('live');
  expect(chooseLane({ ...base, deadlineMs: 3_600_000 })).toBe('live');
  expect(chooseLane({ ...base, mode: 'batch', documents: 1 })).toBe('batch');
  expect(chooseLane({ ...base, mode: 'batch', canBatch: false })).toBe('live');
});

test('parts: lines, bytes and queued tokens are all limits', () => {
  const packs = Array.from({ length: 10 }, (_, i) => `pack-${i}`);
  const split = (change: Partial<Parameters<typeof splitParts>[3]>) =>
    splitParts(
      packs,
      (p) => p,
      () => 10,
      { linesPerPart: 100, bytesPerPart: 1e6, tokens: 1e6, ...change },
    ).map((part) => part.length);
  expect(split({})).toEqual([10]);
  expect(split({ linesPerPart: 4 })).toEqual([4, 4, 2]);
  expect(split({ bytesPerPart: 14 })).toEqual([2, 2, 2, 2, 2]);
  expect(split({ tokens: 30 })).toEqual([3, 3, 3, 1]);
});

/** The lane with each line of its job's answers changed. */
async function laneWith(
  change: (line: { response: { status_code: number; body: unknown } }, index: number) => unknown,
) {
  const opened = await lane();
  const { transport } = opened;
  const changed: BatchTransport = {
    ...transport,
    recent: () => transport.recent(),
    upload: (name, lines) => transport.upload(name, lines),
    create: (file, metadata) => transport.create(file, metadata),
    get: (id) => transport.get(id),
    cancel: (id) => transport.cancel(id),
    remove: (id) => transport.remove(id),
    download: async (id) => {
      const lines = (await transport.download(id)).split('\n').filter((line) => line !== '');
      return lines.map((line, i) => JSON.stringify(change(JSON.parse(line), i) ?? JSON.parse(line))).join('\n');
    },
  };
  let outcome = await advanceBatchLane(opened.request, opened.deps, changed);
  while (outcome.status === 'running') outcome = await advanceBatchLane(opened.request, opened.deps, changed);
  const rows = async () => {
    for (const index of [0, 1]) expect((await classify(opened.deps, opened.request, index)).status).toBe('done');
    return [...(await readLedger(opened.deps.store, 'r', 'b0')), ...(await readLedger(opened.deps.store, 'r', 'b1'))];
  };
  return { ...opened, outcome, rows };
}

const withBody = (line: { response: { status_code: number } }, body: unknown, status = 200) => ({
  ...line,
  response: { ...line.response, status_code: status, body },
});
const usage = { prompt_tokens: 2000, completion_tokens: 500, total_tokens: 2500 };

test('batch lane: a line that failed is asked live, and the ledger has the words of the service', async () => {
  const { outcome, rows } = await laneWith((line, i) =>
    i === 0 ? withBody(line, { error: { message: 'The worker went away' } }, 500) : undefined,
  );
  expect(outcome).toMatchObject({ answered: 9, leftover: 1 });
  const failed = (await rows()).filter((row) => row.service_words !== null);
  expect(failed.map((row) => [row.service_words, row.service_tier, row.outcome, row.cost_nano_usd])).toEqual([
    ['The worker went away', 'batch', 'wasted', 0],
  ]);
});

test('batch lane: thought that left no room is billed, teaches the allowance, and is asked live with room', async () => {
  const { outcome, deps, rows } = await laneWith((line, i) =>
    i === 0
      ? withBody(line, {
          choices: [{ finish_reason: 'length', message: { content: null } }],
          usage: { ...usage, completion_tokens_details: { reasoning_tokens: 500 } },
        })
      : undefined,
  );
  expect(outcome).toMatchObject({ answered: 9, leftover: 1 });
  const lessons = await deps.state.get(`llm-lessons-${deployment().name}`);
  expect((lessons?.value as { lessons: { reasoningTokens: number } } | undefined)?.lessons.reasoningTokens).toBe(1500);
  const wasted = (await rows()).filter((row) => row.outcome === 'wasted');
  expect(wasted.map((row) => [row.service_tier, row.tokens_reasoning])).toEqual([['batch', 500]]);
  expect(wasted[0]?.cost_nano_usd).toBeGreaterThan(0);
});

test('batch lane: an answer behind a thought counts, a draft inside it does not, and a prompt that was cut is asked again', async () => {
  const cut: number[] = [];
  const { rows, simulator } = await laneWith((line, i) => {
    const body = line.response.body as {
      choices: { message: { content: string } }[];
      usage: { prompt_tokens: number };
    };
    const [choice] = body.choices;
    if (i === 1) {
      cut.push(body.usage.prompt_tokens);
      return withBody(line, {
        ...body,
        usage: { ...body.usage, prompt_tokens: Math.floor(0.75 * body.usage.prompt_tokens) | 1 },
      });
    }
    const draft = '{"results":[{"id":1,"quote":null,"label":"UNSURE","confidence":1}]}';
    return withBody(line, {
      ...body,
      choices: [{ ...choice, message: { content: `<think>${draft}</think>${choice?.message.content}` } }],
    });
  });
  const billed = simulator.ledger().length;
  const found = await rows();
  expect(cut).toHaveLength(1);
  expect(simulator.ledger().length - billed).toBe(2); // the halves of the one that was cut
  expect(found.filter((row) => row.outcome === 'wasted')).toHaveLength(1);
  expect(found.filter((row) => row.outcome === 'ok' && row.service_tier === 'batch')).toHaveLength(9);
});
