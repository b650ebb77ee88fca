import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { beginTelemetry, isSampled, runTraceIds, type Telemetry } from '../../shared/azure/telemetry.ts';
import { EVENTS, exportableFields, METRICS } from '../../shared/azure/telemetry-events.ts';
import type { Clock, Logger } from '../../shared/ports.ts';
import { silentLogger } from '../../shared/ports.ts';

const ROOT = join(import.meta.dirname, '../..');
const KEY = '00000000-0000-0000-0000-000000000001';
const clock: Clock = { now: () => Date.UTC(2026, 10, 23, 12), sleep: async () => {} };

interface Envelope {
  name: string;
  time: string;
  tags: Record<string, string>;
  data: {
    baseData: {
      message?: string;
      name?: string;
      id?: string;
      duration?: string;
      success?: boolean;
      severityLevel?: string;
      properties: Record<string, string>;
      metrics?: { name: string; value: number; count: number }[];
    };
  };
}

let server: Server;
let received: string[];
let status: number;
let telemetry: Telemetry;

const envelopes = (): Envelope[] => received.flatMap((body) => JSON.parse(body) as Envelope[]);
const ofKind = (kind: string): Envelope[] => envelopes().filter((one) => one.name.endsWith(`.${kind}`));
const metric = (name: string): { value: number; by: Record<string, string> }[] =>
  ofKind('Metric').flatMap(({ data }) =>
    (data.baseData.metrics ?? [])
      .filter((one) => one.name === name)
      .map(({ value }) => ({ value, by: data.baseData.properties })),
  );

function start(sampling = 1): Logger {
  telemetry = beginTelemetry({
    connectionString: `InstrumentationKey=${KEY};IngestionEndpoint=https://127.0.0.1/`,
    ingestionUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    version: '1.2.3',
    instanceId: 'instance-a',
    clock,
    sampling,
  });
  return telemetry.tee(silentLogger);
}

beforeAll(() => {
  vi.stubEnv('APPLICATION_INSIGHTS_NO_STATSBEAT', 'true');
  // As on the platform; elsewhere the package asks the metadata address of virtual machines where it is.
  vi.stubEnv('WEBSITE_SITE_NAME', 'func-test');
  vi.stubEnv('FUNCTIONS_EXTENSION_VERSION', '~4');
});

beforeEach(async () => {
  received = [];
  status = 200;
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      received.push((request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString());
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end('{"itemsReceived":1,"itemsAccepted":1,"errors":[]}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  await telemetry?.close();
  await new Promise((resolve) => server.close(resolve));
});

describe('telemetry: what arrives at the ingestion endpoint', () => {
  test('one trace per run: the run is the root, its steps are below it, on every instance', async () => {
    const first = start();
    first.info('step.done', { runId: 'run-1', batchId: 'b1', step: 'score', documents: 5, tookMs: 120, isFirst: true });
    await telemetry.close();
    const second = start(); // another instance, or a restart
    second.info('step.done', { runId: 'run-1', batchId: 'b2', step: 'score', documents: 5, tookMs: 80, isFirst: true });
    second.info('run.completed', {
      runId: 'run-1',
      documents: 10,
      labelled: 7,
      review: 2,
      failed: 1,
      costUsd: 0.25,
      tookMs: 900,
    });
    await telemetry.close();
    const { traceId, spanId } = runTraceIds('run-1');
    const [run, ...others] = ofKind('Request');
    expect(others).toEqual([]);
    expect(run?.tags['ai.operation.id']).toBe(traceId);
    expect(run?.tags['ai.operation.parentId']).toBeUndefined();
    expect(run?.data.baseData).toMatchObject({ id: spanId, name: 'run', duration: '00:00:00.900', success: true });
    const steps = ofKind('RemoteDependency');
    expect(steps.map((one) => one.data.baseData.name)).toEqual(['step score', 'step score']);
    for (const { tags } of steps) {
      expect(tags['ai.operation.id']).toBe(traceId);
      expect(tags['ai.operation.parentId']).toBe(spanId);
    }
    for (const { tags } of ofKind('Message')) expect(tags['ai.operation.id']).toBe(traceId);
  });

  test('metrics of documents, tokens, cost, throttling and steps', async () => {
    const log = start();
    log.info('run.completed', { runId: 'r', documents: 10, labelled: 7, review: 2, failed: 1, costUsd: 0.25 });
    log.info('llm.call', { call: 'c1', deployment: 'chat', status: 200, tokensIn: 900, tokensOut: 40, ms: 700 });
    log.info('llm.call', { call: 'c2', deployment: 'chat', status: 429, ms: 30 });
    log.info('step.waiting', { runId: 'r', batchId: 'b', step: 'classify', waitMs: 5000 });
    await telemetry.close();
    expect(metric('sluice.documents')).toEqual([
      { value: 7, by: { outcome: 'labelled' } },
      { value: 2, by: { outcome: 'review' } },
      { value: 1, by: { outcome: 'failed' } },
    ]);
    expect(metric('sluice.cost')).toEqual([{ value: 0.25, by: {} }]);
    expect(metric('sluice.llm.throttled')).toEqual([{ value: 1, by: { deployment: 'chat' } }]);
    expect(metric('sluice.llm.tokens')).toEqual([
      { value: 900, by: { deployment: 'chat', direction: 'in' } },
      { value: 40, by: { deployment: 'chat', direction: 'out' } },
    ]);
    expect(
      metric('sluice.llm.calls')
        .map(({ by }) => by.status)
        .sort(),
    ).toEqual(['200', '429']);
    expect(metric('sluice.step.wait')).toEqual([{ value: 5000, by: { step: 'classify' } }]);
  });

  test('sampling drops successes of whole runs, never failures, warnings or metrics', async () => {
    const log = start(0);
    log.info('step.done', { runId: 'r', batchId: 'b', step: 'score', documents: 5, tookMs: 10 });
    log.info('run.completed', { runId: 'r', documents: 5, labelled: 5, review: 0, failed: 0, costUsd: 0 });
    log.warn('activity.retry', { runId: 'r', batchId: 'b', code: 'lake.unavailable', attempt: 1, waitMs: 10 });
    log.error('activity.failed', { runId: 'r', batchId: 'b', code: 'internal', name: 'TypeError' });
    await telemetry.close();
    expect(ofKind('Message').map((one) => one.data.baseData.message)).toEqual(['activity.retry', 'activity.failed']);
    expect(ofKind('RemoteDependency').map((one) => one.data.baseData)).toMatchObject([{ success: false }]);
    expect(metric('sluice.step.duration')).toHaveLength(1);
    expect(metric('sluice.runs')).toEqual([{ value: 1, by: { state: 'completed' } }]);
  });

  test('fields outside the catalogue never leave the process', async () => {
    const marker = 'MARKER-8c1f';
    const log = start();
    log.info('step.done', {
      runId: 'r',
      batchId: 'b',
      step: 'extract',
      documents: 1,
      tookMs: 1,
      text: marker,
      path: `a/${marker}.pdf`,
    });
    log.warn('some.new-event', { note: marker, count: 3 });
    log.error('lake.checkpoint.failed', { table: 'tables/results', version: 3, error: marker });
    await telemetry.close();
    expect(received.join('\n')).not.toContain(marker);
    expect(ofKind('Message').map((one) => one.data.baseData.message)).toEqual([
      'step.done',
      'some.new-event',
      'lake.checkpoint.failed',
    ]);
    expect(ofKind('Message')[1]?.data.baseData.properties).toEqual({ count: '3' });
  });

  test('every event also reaches the logger it was given, unchanged', async () => {
    start();
    const lines: unknown[] = [];
    const keep = (event: string, fields?: unknown) => lines.push([event, fields]);
    const log = telemetry.tee({ debug: keep, info: keep, warn: keep, error: keep });
    log.debug('lake.commit.rebased', { table: 't', version: 1, attempt: 1 });
    log.info('upload.gone');
    expect(lines).toEqual([
      ['lake.commit.rebased', { table: 't', version: 1, attempt: 1 }],
      ['upload.gone', undefined],
    ]);
  });

  test('as a fallback the logger gets nothing that is exported', async () => {
    start();
    const lines: unknown[] = [];
    const keep = (event: string) => lines.push(event);
    telemetry.tee({ debug: keep, info: keep, warn: keep, error: keep }, true).warn('lake.checkpoint.failed');
    await telemetry.close();
    expect(lines).toEqual([]);
    expect(ofKind('Message')).toHaveLength(1);
  });

  test('nothing but our events is collected: no requests of the process, no counters, no hook on exceptions or the console', async () => {
    const hooks = ['uncaughtException', 'uncaughtExceptionMonitor', 'unhandledRejection'];
    const before = [hooks.map((name) => process.listenerCount(name)), globalThis.fetch, console.log];
    const log = start();
    log.info('upload.taken', { ageMs: 5 });
    await telemetry.flush();
    expect([hooks.map((name) => process.listenerCount(name)), globalThis.fetch, console.log]).toEqual(before);
    await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a-request-of-the-process`, {
      method: 'POST',
      body: '[]',
    });
    await telemetry.close();
    expect(new Set(envelopes().map(({ name }) => name.split('.').at(-1)))).toEqual(new Set(['Message', 'Metric']));
    const names = ofKind('Metric').flatMap(({ data }) => (data.baseData.metrics ?? []).map(({ name }) => name));
    expect(new Set(names)).toEqual(new Set(['sluice.upload.age']));
  });

  test('a burst of runs is sent whole: the package itself drops none', async () => {
    const log = start();
    const runs = Array.from({ length: 60 }, (_, index) => `run-${index}`);
    for (const runId of runs) log.info('run.completed', { runId, documents: 1, labelled: 1, tookMs: 1 });
    await telemetry.close();
    expect(ofKind('Request').map(({ data }) => data.baseData.id)).toEqual(runs.map((run) => runTraceIds(run).spanId));
  });

  test('an endpoint that refuses fails nothing but says so', async () => {
    status = 400;
    const log = start();
    log.info('run.completed', { runId: 'r', documents: 1, labelled: 1, review: 0, failed: 0, costUsd: 0 });
    expect(await telemetry.flush()).toBe(false);
  });

  test('events that come before the exporters are loaded arrive too, with their time', async () => {
    const log = start();
    for (let index = 0; index < 3; index++) log.info('upload.taken', { ageMs: index }); // nothing has been awaited since the start
    await telemetry.close();
    expect(ofKind('Message').map(({ data }) => data.baseData.properties.ageMs)).toEqual(['0', '1', '2']);
    expect(ofKind('Message').every(({ time }) => time.startsWith('2026-11-23T12:00:00'))).toBe(true);
  });

  test('says which version and instance it comes from', async () => {
    start().info('upload.gone');
    await telemetry.close();
    expect(ofKind('Message')[0]?.tags).toMatchObject({
      'ai.cloud.role': 'sluice',
      'ai.cloud.roleInstance': 'instance-a',
      'ai.application.ver': '1.2.3',
    });
  });
});

describe('telemetry: sampling', () => {
  test('the share of sampled runs is the one asked for, and the same everywhere', () => {
    const runs = Array.from({ length: 4000 }, (_, index) => `run-${index}`);
    const sampled = runs.filter((run) => isSampled(run, 0.25));
    expect(sampled.length).toBeGreaterThan(900);
    expect(sampled.length).toBeLessThan(1100);
    expect(runs.filter((run) => isSampled(run, 0.25))).toEqual(sampled);
    expect(runs.every((run) => isSampled(run, 1))).toBe(true);
    expect(runs.some((run) => isSampled(run, 0))).toBe(false);
  });
});

describe('telemetry: the event catalogue', () => {
  const sources = ['shared', 'functions'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.startsWith('telemetry'))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')),
  );

  test('holds every event that the code logs', () => {
    const logged = sources.flatMap((text) =>
      [...text.matchAll(/[lL]ogger\??\.(?:debug|info|warn|error)\(\s*'([a-z0-9.-]+)'/g)].map((m) => m[1] ?? ''),
    );
    expect(logged.length).toBeGreaterThan(10);
    const unknown = [...new Set(logged)].filter((event) => !Object.hasOwn(EVENTS, event));
    expect(unknown, 'describe them in shared/azure/telemetry-events.ts and docs/operations.md').toEqual([]);
  });

  test('metrics and spans use fields of their event, and every metric is fed', () => {
    const fed = new Set<string>();
    for (const [event, { fields, metrics = [], span }] of Object.entries(EVENTS)) {
      for (const { name, value, by = {}, when } of metrics) {
        fed.add(name);
        for (const field of [value, ...Object.values(by), when?.[0]])
          if (field !== undefined) expect(fields, event).toContain(field);
      }
      for (const [, field] of span?.name.matchAll(/\{(\w+)\}/g) ?? []) expect(fields, event).toContain(field);
    }
    expect([...fed].sort()).toEqual(Object.keys(METRICS).sort());
  });

  test('docs/operations.md describes every event and every metric', () => {
    const page = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
    for (const name of [...Object.keys(EVENTS), ...Object.keys(METRICS)]) expect(page).toContain(`\`${name}\``);
  });

  test('texts are cut, absent values left out', () => {
    const fields = exportableFields('llm.call', { deployment: 'x'.repeat(500), rule: null, status: undefined, ms: 0 });
    expect(fields).toEqual({ deployment: 'x'.repeat(200), ms: 0 });
  });
});
